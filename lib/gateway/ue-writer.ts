import type { Socket } from 'node:net';
import { countPacket, type DropReason, type Traffic } from './counters';
import { framed } from '../ice/deframer';
import { packetIn } from '../ice/turn-frames';
import { packetKind } from './first-byte';
import type { GatewayLimits } from './limits';
import { MediaQueue } from './media-queue';

/** Whose connection it is; may close the writer whenever it is called. */
export interface UeWriterOwner {
  drop(reason: DropReason, frames: number): void;
  /** All of `stream` was taken. */
  drained(): void;
}

/**
 * What goes to a UE over its connection, as in native/ue-writer.h: STUN first, then a stream's bytes or media, of which
 * each waits in a bounded queue of its own while the kernel takes no more, and media until the connection is selected.
 * The socket is given a frame at a time, and the next only when the kernel has taken the last: what is in Node's own
 * buffer can no longer be dropped when it grows old.
 */
export class UeWriter {
  readonly #socket: Socket;
  readonly #owner: UeWriterOwner;
  readonly #toUe: Traffic;
  readonly #limits: GatewayLimits;
  /** ms, rising. */
  readonly #now: () => number;
  readonly #media: MediaQueue;
  /** Media of rtpengine waits: it has accepted the connection, and control does not know yet. */
  #isHolding = true;
  /** STUN goes without a frame, and media as TURN has it. */
  #isTurn = false;
  #stun: Buffer[] = [];
  #stunBytes = 0;
  #stream: Buffer[] = [];
  #isDrained = true;
  #isFinishing = false;
  #isClosed = false;
  readonly #written = () => this.#flush();

  constructor(socket: Socket, owner: UeWriterOwner, toUe: Traffic, limits: GatewayLimits, now: () => number) {
    this.#socket = socket;
    this.#owner = owner;
    this.#toUe = toUe;
    this.#limits = limits;
    this.#now = now;
    this.#media = new MediaQueue(limits.heldMs, limits.queueBytes, (reason, frames) => owner.drop(reason, frames));
  }

  get isFinishing(): boolean {
    return this.#isFinishing;
  }

  /** Media waits until `release`, as from the beginning. */
  hold(): void {
    this.#isHolding = true;
    this.#media.maxAge = this.#limits.heldMs;
  }

  /** @param maxAge how long media may wait from now on, ms */
  release(maxAge: number): void {
    this.#isHolding = false;
    this.#flush();
    this.#media.maxAge = maxAge;
  }

  /** Of a connection that carries TURN. */
  carryTurn(): void {
    this.#isTurn = true;
    // What it is to be is unknown: as for the kind that may wait longest.
    this.release(this.#limits.videoQueueMs);
  }

  /** False if more waits than may. */
  stun(message: Buffer): boolean {
    if (this.#isClosed || this.#isFinishing) return true;
    const frame = this.#isTurn ? message : framed(message);
    this.#stun.push(frame);
    this.#stunBytes += frame.length;
    countPacket(this.#toUe, 'stun', message.length);
    this.#flush();
    return this.#stunBytes <= this.#limits.stunQueueBytes;
  }

  /** Bytes that go as they are, whatever the kernel has room for. */
  stream(bytes: Buffer): void {
    if (this.#isClosed || this.#isFinishing) return;
    this.#stream.push(bytes);
    this.#isDrained = false;
    this.#flush();
  }

  /** A packet in its frame. */
  media(frame: Buffer): void {
    if (this.#isIdle()) {
      this.#count(frame);
      this.#socket.write(frame, this.#written);
    } else {
      this.#media.push(frame, this.#now());
      this.#flush();
    }
  }

  /** Ends our side of the connection behind what waits; nothing more is taken. */
  finish(): void {
    this.#isFinishing = true;
    this.#flush();
  }

  /** Forgets what waits, and writes nothing any more. */
  close(): void {
    this.#isClosed = true;
    this.#owner.drop('connection-ended', this.#media.length);
    this.#media.clear();
    this.#stun = [];
    this.#stream = [];
  }

  /** Nothing waits for the UE: what comes now needs neither queue nor clock. */
  #isIdle(): boolean {
    const isWaiting = this.#media.length > 0 || this.#stun.length > 0 || this.#socket.writableLength > 0;
    return !this.#isHolding && !isWaiting;
  }

  #flush(): void {
    while (!this.#isClosed && this.#socket.writableLength === 0) {
      const frame = this.#nextFrame();
      if (frame === undefined) {
        if (this.#isFinishing) this.#socket.end();
        else if (!this.#isDrained) {
          this.#isDrained = true;
          this.#owner.drained();
        }
        return;
      }
      this.#socket.write(frame, this.#written);
    }
  }

  #nextFrame(): Buffer | undefined {
    const message = this.#stun.shift();
    if (message !== undefined) {
      this.#stunBytes -= message.length;
      return message;
    }
    if (this.#stream.length > 0) return this.#stream.shift();
    if (this.#isHolding || this.#media.length === 0) return undefined;
    const frame = this.#media.shift(this.#now());
    if (frame !== undefined) this.#count(frame);
    return frame;
  }

  #count(frame: Buffer): void {
    if (this.#isTurn) {
      const packet = packetIn(frame);
      countPacket(this.#toUe, packetKind(packet), packet.length);
    } else {
      countPacket(this.#toUe, packetKind(frame, 2), frame.length - 2);
    }
  }
}
