import { randomUUID } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { writeBencode } from '../../lib/ng/bencode';
import { NgDictionary } from '../../lib/ng/value';

/** An ng client over UDP that repeats nothing: what gets no reply within a second has failed. */
export class Client {
  /** rtpengine goes by the cookie alone: those of two clients must differ. */
  readonly #id = randomUUID();
  readonly #socket: Socket;
  readonly #waiting = new Map<string, { reply: (bytes: Buffer) => void; timer: NodeJS.Timeout }>();
  #count = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (bytes) => {
      const cookie = bytes.toString('latin1', 0, bytes.indexOf(' '));
      const waiting = this.#waiting.get(cookie);
      clearTimeout(waiting?.timer);
      this.#waiting.delete(cookie);
      waiting?.reply(bytes);
    });
  }

  static async open(port: number): Promise<Client> {
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    socket.connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.on('error', () => undefined);
    return new Client(socket);
  }

  /** How long the reply took, ms. Rejects if there is none, or it is an error. */
  ask(command: Readonly<Record<string, string | NgDictionary>>): Promise<number> {
    const cookie = `${this.#id}_${(this.#count += 1)}`;
    const message = Buffer.concat([Buffer.from(`${cookie} `), writeBencode(NgDictionary.of(command))]);
    const start = performance.now();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(cookie);
        reject(new Error('A command has no reply.'));
      }, 1000);
      const reply = (bytes: Buffer) => {
        if (bytes.includes('6:result5:error')) reject(new Error(bytes.toString('latin1')));
        else resolve(performance.now() - start);
      };
      this.#waiting.set(cookie, { reply, timer });
      this.#socket.send(message);
    });
  }

  close(): void {
    this.#socket.close();
  }
}
