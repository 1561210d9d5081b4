import { Duplex } from 'node:stream';

/** Bytes of a slice: a frame of 6 bytes, the least that a client sends (RFC 6455 §5.2), is in it 170 times. */
const sliceBytes = 1024;

/**
 * A connection that is read in slices. The kernel hands over 64 KiB at once, which may be ten thousand WebSocket frames:
 * ws would have read them all before anybody could count the first. When it is destroyed, what is left is not read.
 */
export class Slices extends Duplex {
  readonly #connection: Duplex;
  /** What the connection brought, without the slices that were read. */
  #left: Buffer = Buffer.alloc(0);

  constructor(connection: Duplex) {
    super({ readableHighWaterMark: sliceBytes });
    this.#connection = connection;
    connection.on('data', (chunk: Buffer) => {
      connection.pause();
      this.#left = chunk;
      this._read();
    });
    connection.pause();
    // A failure is followed by the close; what came before both is read first.
    connection.on('error', () => undefined);
    for (const event of ['end', 'close']) connection.on(event, () => this._read());
  }

  override _read(): void {
    const slice = this.#left.subarray(0, sliceBytes);
    this.#left = this.#left.subarray(slice.length);
    if (slice.length > 0) this.push(slice);
    else if (this.#connection.destroyed) this.destroy();
    else if (this.#connection.readableEnded) this.push(null);
    else this.#connection.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#connection.write(chunk, done);
  }

  /** A frame's head and its payload, in one segment. */
  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.#connection.write(Buffer.concat(chunks.map(({ chunk }) => chunk)), done);
  }

  override _final(done: () => void): void {
    this.#connection.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#connection.destroy();
    done(error);
  }
}
