import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { Deframer, framed } from '../../lib/ice/deframer';
import { buildBindingRequest } from '../../lib/ice/binding';
import { parseStun } from '../../lib/ice/stun-message';
import { ufrag } from './relay';

/** Per stream, packets/s: 20 ms of G.711 each, 12 + 160 bytes. */
export const packetRate = 50;
const packetBytes = 172;

/** Payload types tell what is measured from what only warms the relay up (PCMU, PCMA). */
const payloadTypes = { warmUp: 0, measured: 8 } as const;
const frames = { warmUp: rtpFrame(payloadTypes.warmUp), measured: rtpFrame(payloadTypes.measured) };

/** A packet for a stream of which more bytes wait here is not sent, and so is lost. */
const maxUnsent = 64 * 1024;

/** The drain ends after this long (ms) without a packet. */
const silence = 500;

/** Streams that authenticate at a time: below what the gateway allows of one address. */
const opening = 16;

/** What came of a run; times in ms. */
export interface LoadResult {
  sent: number;
  returned: number;
  /** How long after its time a packet was sent: half of all, 99 of 100, the latest. */
  lateness: { p50: number; p99: number; max: number };
}

/** The UEs: a TCP connection for each stream, and packets on them at an even pace. */
export class Load {
  readonly #sockets: Socket[] = [];
  /** One for all: what is read is looked at before the next read. */
  readonly #readBuffer = Buffer.alloc(64 * 1024);
  #returned = 0;
  #lastReturn = 0;

  /** @param pwd the streams' ICE password; undefined: the relay asks for none */
  static async open(port: number, streams: number, pwd: string | undefined): Promise<Load> {
    const load = new Load();
    for (let first = 0; first < streams; first += opening) {
      const group = Array.from({ length: Math.min(opening, streams - first) }, (_, i) => first + i);
      load.#sockets.push(...(await Promise.all(group.map((stream) => load.#open(port, stream, pwd)))));
    }
    return load;
  }

  /** Sends for so many seconds, calls `sentAll`, and waits, if measured, for what is still under way. */
  async run(seconds: number, kind: 'warmUp' | 'measured', sentAll: () => Promise<void>): Promise<LoadResult> {
    this.#returned = 0;
    const frame = frames[kind];
    const total = Math.round(seconds * packetRate * this.#sockets.length);
    const spacing = 1000 / packetRate / this.#sockets.length;
    const lateness: number[] = [];
    const start = performance.now();
    for (let sent = 0; sent < total;) {
      const now = performance.now() - start;
      for (; sent < total && sent * spacing <= now; sent++) {
        lateness.push(now - sent * spacing);
        const socket = this.#sockets[sent % this.#sockets.length];
        if (socket !== undefined && socket.writableLength <= maxUnsent) socket.write(frame);
      }
      await pause(1);
    }
    await sentAll();
    if (kind === 'measured') await this.#drain(total);
    return { sent: total, returned: this.#returned, lateness: distribution(lateness) };
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async #drain(total: number): Promise<void> {
    this.#lastReturn = performance.now();
    while (this.#returned < total && performance.now() - this.#lastReturn < silence) await pause(20);
  }

  async #open(port: number, stream: number, pwd: string | undefined): Promise<Socket> {
    let answered = (): void => undefined;
    const answer = new Promise<void>((resolve) => (answered = resolve));
    const deframer = Deframer.ofAnyLength((frame) => {
      if (frame[1] === payloadTypes.measured) this.#count();
      else if ((frame[0] ?? 0) <= 3) answered = checkAnswered(frame, answered);
    });
    const onread = {
      buffer: this.#readBuffer,
      callback: (length: number) => {
        deframer.push(this.#readBuffer.subarray(0, length));
        return true;
      },
    };
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, onread });
    await once(socket, 'connect');
    const closed = once(socket, 'close').then(() => Promise.reject(new Error(`Stream ${stream} was closed.`)));
    // Of no interest once the stream is open.
    closed.catch(() => undefined);
    socket.on('error', () => undefined);
    if (pwd === undefined) return socket;
    socket.write(framed(nominatingCheck(stream, pwd)));
    await Promise.race([answer, closed]);
    return socket;
  }

  #count(): void {
    this.#returned += 1;
    this.#lastReturn = performance.now();
  }
}

function checkAnswered(frame: Buffer, answered: () => void): () => void {
  const message = parseStun(frame);
  if (!('fault' in message) && message.class === 'success') answered();
  return answered;
}

function nominatingCheck(stream: number, pwd: string): Buffer {
  return buildBindingRequest({
    transactionId: randomBytes(12),
    username: `${ufrag(stream)}:ue${stream}`,
    password: pwd,
    priority: 1,
    tieBreaker: 1n,
    useCandidate: true,
  });
}

/** The relays look at the first two bytes alone, so that one frame does for all. */
function rtpFrame(payloadType: number): Buffer {
  const packet = Buffer.alloc(packetBytes, 0xd5);
  packet.writeUInt8(0x80, 0);
  packet.writeUInt8(payloadType, 1);
  return framed(packet);
}

function distribution(times: number[]): LoadResult['lateness'] {
  const sorted = Float64Array.from(times).sort();
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}
