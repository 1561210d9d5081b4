import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Asked {
  request: IncomingMessage;
  response: ServerResponse;
  body: string;
}

/** What stands behind a path, and remembers what it was asked. */
export class BackendServer extends EventEmitter<{ asked: [Asked] }> {
  readonly asked: Asked[] = [];
  readonly #server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += String(chunk)));
    request.on('end', () => {
      const asked = { request, response, body };
      this.asked.push(asked);
      this.answer(asked);
      this.emit('asked', asked);
    });
  });
  answer: (asked: Asked) => void;

  private constructor(answer: BackendServer['answer']) {
    super();
    this.answer = answer;
  }

  static async start(answer: BackendServer['answer'] = answerWith(200, 'app')): Promise<BackendServer> {
    const backend = new BackendServer(answer);
    backend.#server.listen(0, '127.0.0.1');
    await once(backend.#server, 'listening');
    return backend;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The request with this number, once it is there. */
  async request(number: number): Promise<Asked> {
    while (this.asked.length < number) await once(this, 'asked');
    return this.asked[number - 1]!;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
  }
}

export function answerWith(status: number, text: string): BackendServer['answer'] {
  return ({ response }) => void response.writeHead(status, { 'X-App': 'yes' }).end(text);
}
