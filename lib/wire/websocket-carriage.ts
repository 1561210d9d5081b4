import { isUtf8 } from 'node:buffer';
import type { WebSocket } from 'ws';
import type { Carriage, CarriageReader } from './carriage';
import { contentLengthOf } from './sip-message';
import { StreamFramer, type StreamUnit } from './stream-framer';

const headEnd = '\r\n\r\n';

const nothing = Buffer.alloc(0);

/**
 * SIP over a WebSocket that is open, of either end (RFC 7118 §5): one message, or one keep-alive, in each WebSocket
 * message. Content-Length may be missing (it is added), and nobody waits for a rest.
 */
export class WebSocketCarriage implements Carriage {
  /** The next message says by itself where it begins. */
  readonly isInside = false;
  readonly #socket: WebSocket;
  readonly #body: number | undefined;
  #broken = false;

  /** @param body longest that is read of a message, bytes; default: what `messageLimits` allows */
  constructor(socket: WebSocket, body?: number) {
    this.#socket = socket;
    this.#body = body;
  }

  open(reader: CarriageReader): void {
    const socket = this.#socket;
    socket.binaryType = 'nodebuffer';
    socket.on('message', (message: Buffer) => reader.arrived(message));
    // A sign of life, as a CRLF is; ws answers a ping by itself.
    for (const event of ['ping', 'pong']) socket.on(event, () => reader.arrived(nothing));
    for (const event of ['error', 'close']) socket.on(event, () => reader.ended());
  }

  units(message: Buffer): StreamUnit[] {
    const received = message.toString('latin1');
    const text = received.replace(/^[\r\n]+/, '');
    if (text === '') return received.includes('\r\n\r\n') ? [{ kind: 'ping' }] : [];
    const unit = this.#unit(text);
    this.#broken ||= unit.kind === 'broken' || (unit.kind === 'message' && unit.cut === 'endless');
    return [unit];
  }

  get isBroken(): boolean {
    return this.#broken;
  }

  get unsent(): number {
    return this.#socket.bufferedAmount;
  }

  write(text: string): void {
    const bytes = Buffer.from(text, 'latin1');
    this.#socket.send(bytes, { binary: !isUtf8(bytes) }, () => undefined);
  }

  end(done: () => void): void {
    this.#socket.once('close', done);
    this.#socket.close(1000);
  }

  destroy(): void {
    this.#socket.terminate();
  }

  /** What stands behind the body belongs to nothing (RFC 3261 §18.3). */
  #unit(text: string): StreamUnit {
    const end = text.indexOf(headEnd);
    if (end < 0) return { kind: 'broken' };
    const [head, body] = [text.slice(0, end), text.slice(end + headEnd.length)];
    const length = contentLengthOf(head) === undefined ? `\r\nContent-Length: ${body.length}` : '';
    const framer = new StreamFramer(this.#body);
    const [unit] = framer.push(Buffer.from(`${head}${length}${headEnd}${body}`, 'latin1'));
    // A body that is shorter than its Content-Length has nothing to come.
    return unit ?? { kind: 'message', text: `${head}${headEnd}`, cut: 'endless' };
  }
}
