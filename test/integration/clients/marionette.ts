import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

type Reply = [type: 1, id: number, error: { message: string } | null, result: Record<string, unknown> | null];

/** How long Firefox may take to open its port, in ms. */
const startMs = 20_000;

/** Firefox's own remote protocol: JSON with its length in front, `123:[0,1,"WebDriver:NewSession",{}]`. */
export class Marionette {
  readonly #socket: Socket;
  readonly #pending = new Map<number, (reply: Reply) => void>();
  #input = Buffer.alloc(0);
  #commands = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('error', () => undefined);
  }

  /** Connects as soon as Firefox listens there, on loopback. */
  static async open(port: number): Promise<Marionette> {
    const end = performance.now() + startMs;
    for (;;) {
      const socket = connect({ host: '127.0.0.1', port });
      const opened = await new Promise<boolean>((resolve) => {
        socket.once('connect', () => resolve(true));
        socket.once('error', () => resolve(false));
      });
      if (opened) return new Marionette(socket);
      if (performance.now() > end) throw new Error('Firefox does not listen');
      await wait(25);
    }
  }

  async command(name: string, parameters: object = {}): Promise<Record<string, unknown>> {
    const id = ++this.#commands;
    const bytes = Buffer.from(JSON.stringify([0, id, name, parameters]));
    this.#socket.write(Buffer.concat([Buffer.from(`${bytes.length}:`), bytes]));
    const [, , error, result] = await new Promise<Reply>((resolve) => this.#pending.set(id, resolve));
    if (error !== null) throw new Error(`${name}: ${error.message}`);
    return result ?? {};
  }

  #receive(chunk: Buffer): void {
    this.#input = Buffer.concat([this.#input, chunk]);
    for (;;) {
      const colon = this.#input.indexOf(':');
      const length = Number(this.#input.subarray(0, Math.max(colon, 0)).toString());
      const end = colon + 1 + length;
      if (colon < 0 || this.#input.length < end) return;
      const message = JSON.parse(this.#input.subarray(colon + 1, end).toString()) as Reply | object;
      this.#input = this.#input.subarray(end);
      // The first one is no reply: it says who speaks.
      if (Array.isArray(message)) this.#answered(message as Reply);
    }
  }

  #answered(reply: Reply): void {
    this.#pending.get(reply[1])?.(reply);
    this.#pending.delete(reply[1]);
  }
}
