import { randomUUID } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { jsonOf, ngOfJson } from '../../../lib/ng/json';
import { readBencode, writeBencode } from '../../../lib/ng/bencode';

/** What ng says, as plain objects. */
export type Plain = Record<string, unknown>;

/** A plain client of ng over UDP: one command at a time, and no repeats but those that are asked for. */
export class NgPeer {
  readonly #socket: Socket;
  readonly #to: { address: string; port: number };

  private constructor(socket: Socket, to: { address: string; port: number }) {
    this.#socket = socket;
    this.#to = to;
  }

  static async open(to: { address: string; port: number }, from = '127.0.0.1'): Promise<NgPeer> {
    const socket = createSocket('udp4').bind(0, from);
    await once(socket, 'listening');
    return new NgPeer(socket, to);
  }

  /** The reply to a command, both bencoded on the way. */
  async ask(command: Plain, cookie: string = randomUUID()): Promise<Plain> {
    const reply = await this.raw(Buffer.concat([Buffer.from(`${cookie} `), writeBencode(ngOfJson(command))]));
    const at = reply.indexOf(' ');
    expect(reply.toString('latin1', 0, at)).toBe(cookie);
    return JSON.parse(jsonOf(readBencode(reply.subarray(at + 1)).value)) as Plain;
  }

  /** The same in JSON. */
  async askJson(command: Plain): Promise<Plain> {
    const cookie = randomUUID();
    const reply = (await this.raw(Buffer.from(`${cookie} ${JSON.stringify(command)}`))).toString();
    return JSON.parse(reply.slice(cookie.length + 1)) as Plain;
  }

  async raw(message: Buffer): Promise<Buffer> {
    this.send(message);
    const [reply] = (await once(this.#socket, 'message')) as [Buffer];
    return reply;
  }

  send(message: Buffer): void {
    this.#socket.send(message, this.#to.port, this.#to.address);
  }

  close(): void {
    this.#socket.close();
  }
}
