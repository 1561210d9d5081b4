import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

/** How long a program may take to open its port, in ms. */
const startMs = 20_000;

/** JSON with its length in bytes in front of each value, over a TCP connection on loopback: `14:{"quit":false}`. */
export class PrefixedJson {
  readonly #socket: Socket;
  readonly #receive: (value: unknown) => void;
  readonly #end: string;
  #input = Buffer.alloc(0);

  private constructor(socket: Socket, receive: (value: unknown) => void, end: string) {
    this.#socket = socket;
    this.#receive = receive;
    this.#end = end;
    socket.on('data', (chunk) => this.#read(chunk));
    socket.on('error', () => undefined);
  }

  /**
   * Connects as soon as the program listens.
   * @param end what follows each value: `,` for netstrings
   */
  static async open(port: number, receive: (value: unknown) => void, end = ''): Promise<PrefixedJson> {
    const limit = performance.now() + startMs;
    for (;;) {
      const socket = connect({ host: '127.0.0.1', port });
      const opened = await new Promise<boolean>((resolve) => {
        socket.once('connect', () => resolve(true));
        socket.once('error', () => resolve(false));
      });
      if (opened) return new PrefixedJson(socket, receive, end);
      if (performance.now() > limit) throw new Error(`Nobody listens at port ${port}`);
      await wait(25);
    }
  }

  send(value: unknown): void {
    const bytes = Buffer.from(JSON.stringify(value));
    this.#socket.write(Buffer.concat([Buffer.from(`${bytes.length}:`), bytes, Buffer.from(this.#end)]));
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    this.#input = Buffer.concat([this.#input, chunk]);
    for (;;) {
      const colon = this.#input.indexOf(':');
      const length = Number(this.#input.subarray(0, Math.max(colon, 0)).toString());
      const end = colon + 1 + length;
      if (colon < 0 || this.#input.length < end + this.#end.length) return;
      const value: unknown = JSON.parse(this.#input.subarray(colon + 1, end).toString());
      this.#input = this.#input.subarray(end + this.#end.length);
      this.#receive(value);
    }
  }
}
