import { isUtf8 } from 'node:buffer';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { Carriage, CarriageReader } from './carriage';
import { contentLengthOf, StreamFramer, type StreamUnit } from './stream-framer';
import { WebSocketFrames } from './websocket-frames';

const headEnd = '\r\n\r\n';

const nothing = Buffer.alloc(0);

/** Bytes that may wait for a peer that does not read before its pings get no more answers. */
const mostUnsentPongs = 16_384;

/** Close codes (RFC 6455 §7.4.1). */
const normalClosure = 1000;
const policyViolation = 1008;

/**
 * SIP over a WebSocket that is open, of either end (RFC 7118 §5): one message, or one keep-alive, in each WebSocket
 * message. Content-Length may be missing (it is added). A message with less or more than its body ends the connection.
 */
export class WebSocketCarriage implements Carriage {
  readonly #socket: WebSocket;
  readonly #stream: Duplex | undefined;
  readonly #frames = new WebSocketFrames();
  readonly #complete: StreamUnit[] = [];
  #broken = false;
  #ending = false;

  /**
   * @param stream the connection that the WebSocket is on, of a peer that is not trusted: its bytes count as they come,
   * and one that does not end its message is known. Unset: whole messages count.
   */
  constructor(socket: WebSocket, stream?: Duplex) {
    this.#socket = socket;
    this.#stream = stream;
  }

  open(reader: CarriageReader): void {
    const socket = this.#socket;
    const stream = this.#stream;
    socket.binaryType = 'nodebuffer';
    socket.on('message', (message: Buffer) => {
      this.#complete.push(...this.#unitsOf(message.toString('latin1')));
      if (!stream) reader.arrived(message);
    });
    for (const event of ['error', 'close']) socket.on(event, () => reader.ended());
    if (stream) this.#follow(stream, reader);
    // A sign of life, as a CRLF is; ws answers a ping by itself.
    else for (const event of ['ping', 'pong']) socket.on(event, () => reader.arrived(nothing));
  }

  #follow(stream: Duplex, reader: CarriageReader): void {
    const socket = this.#socket;
    let ping: Buffer | undefined;
    socket.on('ping', (mark: Buffer) => (ping = mark));
    // ws has read them before, since it came first.
    stream.on('data', (chunk: Buffer) => {
      reader.arrived(chunk, Math.max(1, this.#frames.push(chunk)));
      // Of pings that came at once, the last is enough (RFC 6455 §5.5.3).
      if (ping && socket.readyState === socket.OPEN && this.unsent < mostUnsentPongs) socket.pong(ping);
      ping = undefined;
      // It was a close frame, or what cannot be read: nothing behind it counts.
      if (!this.#ending && socket.readyState !== socket.OPEN) reader.ended();
    });
  }

  units(): StreamUnit[] {
    return this.#complete.splice(0);
  }

  get isInside(): boolean {
    return this.#frames.isInside;
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
    this.#ending = true;
    this.#socket.once('close', done);
    this.#socket.close(this.#broken ? policyViolation : normalClosure);
  }

  destroy(): void {
    this.#socket.terminate();
  }

  #unitsOf(received: string): StreamUnit[] {
    if (this.#broken) return [];
    const text = received.replace(/^[\r\n]+/, '');
    // Of keep-alives that come at once, one is answered, as on TCP.
    if (text === '')
      return received.includes(headEnd) && this.#complete.at(-1)?.kind !== 'ping' ? [{ kind: 'ping' }] : [];
    const unit = this.#unit(text);
    this.#broken = unit.kind === 'broken' || (unit.kind === 'message' && unit.cut === 'endless');
    return [unit];
  }

  #unit(text: string): StreamUnit {
    const end = text.indexOf(headEnd);
    if (end < 0) return { kind: 'broken' };
    const [head, body] = [text.slice(0, end), text.slice(end + headEnd.length)];
    const length = contentLengthOf(head) === undefined ? `\r\nContent-Length: ${body.length}` : '';
    const framer = new StreamFramer();
    const [unit, ...others] = framer.push(Buffer.from(`${head}${length}${headEnd}${body}`, 'latin1'));
    const isAlone = !framer.isInside && others.every(({ kind }) => kind === 'ping');
    // Of what is less or more than one message, nobody can tell where the first one was meant to end.
    return unit && isAlone ? unit : { kind: 'message', text: `${head}${headEnd}`, cut: 'endless' };
  }
}
