import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Deframer, framed } from '../../../lib/ice/deframer';
import { buildBindingRequest } from '../../../lib/ice/binding';
import { parseStun, type StunMessage } from '../../../lib/ice/stun-message';
import { Arrivals } from './arrivals';

/** One TCP connection of a UE. */
export class TestUe {
  readonly frames = new Arrivals<Buffer>();
  /** Settles when the connection has ended, whoever ended it. */
  readonly closed: Promise<unknown>;
  readonly port: number;

  private constructor(readonly socket: Socket) {
    this.port = socket.localPort!;
    const deframer = Deframer.ofAnyLength((frame) => this.frames.push(Buffer.from(frame)));
    socket.on('data', (chunk) => deframer.push(chunk));
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => socket.on('close', resolve));
  }

  static async connect(port: number, localAddress = '127.0.0.1', host = '127.0.0.1'): Promise<TestUe> {
    const socket = connect({ port, host, localAddress, noDelay: true });
    await once(socket, 'connect');
    return new TestUe(socket);
  }

  send(...packets: Buffer[]): void {
    this.socket.write(Buffer.concat(packets.map(framed)));
  }

  check(username: string, password: string, useCandidate = false, priority = 1): Buffer {
    return buildBindingRequest({
      transactionId: randomBytes(12),
      username,
      password,
      priority,
      tieBreaker: 1n,
      useCandidate,
    });
  }

  /** Sends a check and gives the answer to it. */
  async ask(username: string, password: string, useCandidate = false): Promise<StunMessage> {
    this.send(this.check(username, password, useCandidate));
    return this.nextMessage();
  }

  async nextMessage(): Promise<StunMessage> {
    const message = parseStun(await this.frames.next());
    if ('fault' in message) throw new Error(`Not STUN: ${message.fault}.`);
    return message;
  }

  close(): void {
    this.socket.destroy();
  }
}
