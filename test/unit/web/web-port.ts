import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { createLogger } from '../../../lib/ops/logger';
import { shareLimits } from '../../../lib/shares/limits';
import { WebFront, type WebFrontOptions } from '../../../lib/web/web-front';
import { Wire } from '../access/wire';

export interface Answer {
  status: number;
  head: string;
  body: string;
}

/** A port whose connections are all handed to a web front. */
export class WebPort {
  readonly #web: WebFront;
  readonly #sockets: Socket[] = [];
  readonly #server = createServer({ pauseOnConnect: true }, (socket) => {
    this.#sockets.push(socket);
    const remote = { address: this.visitor, port: 4711 };
    this.#web.take({ socket, remote, local: { address: '192.0.2.1', port: 80 } }, false, () => socket.destroy());
  });
  /** Whose the connections are that come from now on. */
  visitor = '203.0.113.5';

  private constructor(options: Partial<WebFrontOptions>) {
    this.#web = new WebFront({ sites: {}, shares: shareLimits(), logger: createLogger('silent'), ...options });
  }

  static async start(options: Partial<WebFrontOptions> = {}): Promise<WebPort> {
    const port = new WebPort(options);
    await port.#web.start();
    port.#server.listen(0, '127.0.0.1');
    await once(port.#server, 'listening');
    return port;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await this.#web.close();
    await new Promise((closed) => this.#server.close(closed));
  }

  open(): Wire {
    return new Wire(connect({ host: '127.0.0.1', port: (this.#server.address() as AddressInfo).port }));
  }

  /** Sends bytes as they are, and reads to the end of the connection. */
  async exchange(...pieces: string[]): Promise<Answer> {
    const wire = this.open();
    for (const piece of pieces) wire.send(piece);
    return await answerOn(wire);
  }

  async get(path: string, more = '', method = 'GET', body = ''): Promise<Answer> {
    return await this.exchange(
      `${method} ${path} HTTP/1.1\r\nHost: edge.test\r\nConnection: close\r\n${more}\r\n${body}`,
    );
  }
}

/** What has come on a connection when it has ended. */
export async function answerOn(wire: Wire): Promise<Answer> {
  await wire.closed;
  const [head = '', ...rest] = wire.text.split('\r\n\r\n');
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1] ?? 0), head, body: rest.join('\r\n\r\n') };
}
