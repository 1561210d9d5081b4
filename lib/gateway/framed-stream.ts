import { Duplex } from 'node:stream';
import { streamFrames } from '../ice/stream-frames';
import type { ConnectionId, ForwardingPlane } from './forwarding-plane';

/** Bytes that may wait for a reader of ours before the UE is no longer read from. */
const readableBytes = 64 * 1024;

/**
 * The bytes that a connection carries, as a stream: out of frames, into frames (H2, RFC 6544 §10). Slow
 * readers on either end slow the other down, and no byte is dropped. The connection may be another one until bytes have passed.
 */
export class FramedStream extends Duplex {
  readonly #plane: ForwardingPlane;
  /** None once it was lost before bytes passed. */
  #connection: ConnectionId | undefined;
  #hasCarried = false;
  /** Frames that came in this go. */
  #arrived: Buffer[] = [];
  /** Written while there is no connection. */
  #waiting: Buffer | undefined;
  #isPaused = false;
  /** Settles the write under way. */
  #written: (() => void) | undefined;
  #isGone = false;

  constructor(connection: ConnectionId, plane: ForwardingPlane) {
    super({ readableHighWaterMark: readableBytes, writableHighWaterMark: readableBytes });
    this.#connection = connection;
    this.#plane = plane;
  }

  get hasCarried(): boolean {
    return this.#hasCarried;
  }

  moveTo(connection: ConnectionId | undefined): void {
    this.#connection = connection;
    const frames = this.#waiting;
    if (connection === undefined || frames === undefined) return;
    this.#waiting = undefined;
    this.#write(connection, frames);
  }

  /** A frame that is no STUN. Those that come in one go are read as one: a UE may send a byte in each. */
  received(frame: Buffer): void {
    this.#hasCarried = true;
    if (this.#isGone) return;
    if (this.#arrived.push(frame) === 1) process.nextTick(() => this.#pass());
  }

  /** The plane took all that was written. */
  drained(): void {
    const written = this.#written;
    this.#written = undefined;
    written?.();
  }

  /** The connection is gone: what came from it can still be read. */
  gone(): void {
    if (this.#isGone) return;
    this.#pass();
    this.#isGone = true;
    this.push(null);
    this.drained();
  }

  override _read(): void {
    if (!this.#isPaused || this.#connection === undefined) return;
    this.#isPaused = false;
    this.#plane.resume(this.#connection);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, written: () => void): void {
    this.#send([chunk], written);
  }

  override _writev(chunks: { chunk: Buffer }[], written: () => void): void {
    this.#send(
      chunks.map(({ chunk }) => chunk),
      written,
    );
  }

  override _final(done: () => void): void {
    if (this.#connection !== undefined) this.#plane.finish(this.#connection, 'stream-ended');
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#isGone = true;
    this.#arrived = [];
    this.#waiting = undefined;
    if (this.#connection !== undefined) this.#plane.closeConnection(this.#connection, 'stream-ended');
    this.drained();
    done(error);
  }

  #pass(): void {
    const [first, ...others] = this.#arrived;
    if (first === undefined) return;
    this.#arrived = [];
    const accepts = this.push(others.length === 0 ? first : Buffer.concat([first, ...others]));
    if (accepts || this.#isPaused || this.#connection === undefined) return;
    this.#isPaused = true;
    this.#plane.pause(this.#connection);
  }

  #send(pieces: readonly Buffer[], written: () => void): void {
    const frames = streamFrames(...pieces);
    if (this.#isGone || frames.length === 0) {
      written();
      return;
    }
    // Before writing: the plane may have taken all before it returns.
    this.#written = written;
    if (this.#connection === undefined) this.#waiting = frames;
    else this.#write(this.#connection, frames);
  }

  #write(connection: ConnectionId, frames: Buffer): void {
    this.#hasCarried = true;
    this.#plane.write(connection, frames);
  }
}
