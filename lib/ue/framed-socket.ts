import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { Deframer } from '../ice/deframer';
import { isStun, streamFrames } from '../ice/stream-frames';

/**
 * The bytes that an ICE-TCP connection carries as a stream (RFC 6544 §10), with the STUN between them taken
 * out; the socket is destroyed with it. Reading, writing and closing wait for the socket.
 */
export class FramedSocket extends Duplex {
  readonly #socket: Socket;

  /** @param stun takes STUN messages; an answer is a frame on the socket */
  constructor(socket: Socket, stun: (message: Buffer) => void) {
    super({ allowHalfOpen: false });
    this.#socket = socket;
    const deframer = Deframer.ofAnyLength((packet) => {
      if (isStun(packet)) stun(packet);
      else if (!this.push(packet)) socket.pause();
    });
    socket.on('data', (chunk: Buffer) => deframer.push(chunk));
    // What came before can still be read; the end of that ends this.
    socket.on('error', () => undefined);
    socket.on('close', () => this.push(null));
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, written: (error?: Error | null) => void): void {
    this.#socket.write(streamFrames(chunk), written);
  }

  override _final(done: () => void): void {
    this.#socket.end(() => done());
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }
}
