import { once } from 'node:events';
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { WebSocketServer, type WebSocket } from 'ws';
import { StreamFramer } from '../../../lib/wire/stream-framer';
import type { Certificate } from '../../../lib/access/tls';

/** A server of a test on loopback; all its connections end with it. */
export class Listening {
  readonly #server: Server | HttpServer;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server | HttpServer) {
    this.#server = server;
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  static async start(server: Server | HttpServer, port = 0): Promise<Listening> {
    const listening = new Listening(server);
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return listening;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    const closed = new Promise((done) => this.#server.close(done));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

/** TCP that does with each connection what the test says. */
export async function tcpServer(accepted: (socket: Socket) => void): Promise<Listening> {
  return await Listening.start(createServer(accepted));
}

/** TLS before a SIP server on TCP. */
export async function tlsFront(certificate: Certificate, to: number, port = 0): Promise<Listening> {
  return await Listening.start(
    createTlsServer(certificate, (secure) => {
      secure.on('error', () => undefined);
      const server = connect(to, '127.0.0.1');
      server.on('error', () => undefined);
      secure.pipe(server).pipe(secure);
    }),
    port,
  );
}

/** SIP over WebSocket before a SIP server on TCP; each message of the UE is told. */
export async function webSocketFront(port: number, told: (message: string) => void): Promise<Listening> {
  const http = createHttpServer();
  new WebSocketServer({ server: http }).on('connection', (webSocket: WebSocket) => {
    const server = connect(port, '127.0.0.1');
    const framer = new StreamFramer();
    webSocket.on('message', (message: Buffer) => {
      told(message.toString());
      server.write(message);
    });
    server.on('data', (chunk) => {
      for (const unit of framer.push(chunk)) if (unit.kind === 'message') webSocket.send(unit.text);
    });
    webSocket.on('close', () => server.destroy());
  });
  return await Listening.start(http);
}

/** An HTTP proxy that does CONNECT; it tells whom it was asked for, by whom. */
export async function connectProxy(
  told: (target: string, credentials: string | undefined) => void,
): Promise<Listening> {
  const http = createHttpServer();
  http.on('connect', (request, socket, first) => {
    told(request.url ?? '', request.headers['proxy-authorization']);
    const [, port = ''] = /:(\d+)$/.exec(request.url ?? '') ?? [];
    // Names are the proxy's to look up: to this one, all are loopback.
    const target = connect(Number(port), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      target.write(first);
      socket.pipe(target).pipe(socket);
    });
    for (const side of [socket, target]) side.on('error', () => undefined);
    socket.on('close', () => target.destroy());
  });
  return await Listening.start(http);
}
