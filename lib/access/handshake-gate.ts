import type { Socket } from 'node:net';
import { networkOf } from '../ip-address';
import { monotonicNow } from '../ops/clock';
import type { OccasionalLog } from '../ops/occasional-log';
import { Tally } from '../ops/tally';
import type { ShareLimits } from '../shares/limits';
import { TokenBuckets } from '../shares/token-buckets';

/** The share that a connection had to wait for, or that it waited in vain. */
export type HandshakeRefusal = 'source-handshakes' | 'strangers-handshakes' | 'too-late';

export interface HandshakeSurroundings {
  /** Whether a UE has registered from this place, as `networkOf` names it. */
  isKnown(source: string): boolean;
  /** How long a connection is held at most, ms. */
  readonly patience: number;
  readonly log: OccasionalLog;
}

/** How often a connection that is held is tried again, ms. */
const retryMs = 250;

const everybody = 'all';

/**
 * Who may begin a TLS handshake now: each costs us a signature, and who asks for it next to nothing. A connection that
 * is beyond the share of its source, or of all strangers, is held: UEs behind the NAT of who floods get in a little
 * later. Those that are held try by themselves, without a queue: in a flood that lasts, a queue would be as long as
 * anybody's patience, and all who come would wait so long.
 */
export class HandshakeGate {
  readonly #around: HandshakeSurroundings;
  readonly #now: () => number;
  readonly #source: TokenBuckets;
  readonly #strangers: TokenBuckets;
  /** Kept of the strangers' handshakes for places that are known. */
  readonly #reserve: number;
  readonly #refused = new Tally<HandshakeRefusal>();

  /** @param now time in ms that only rises */
  constructor({ source, strangers }: ShareLimits, around: HandshakeSurroundings, now: () => number = monotonicNow) {
    this.#around = around;
    this.#now = now;
    this.#source = new TokenBuckets(source.handshakes, now);
    this.#strangers = new TokenBuckets(strangers.handshakes, now);
    this.#reserve = strangers.handshakes.burst / 2;
  }

  /** Calls `begin` once the connection, of which nobody reads, may have its handshake; one that may not is closed. */
  enter(socket: Socket, address: string, begin: () => void): void {
    const source = networkOf(address);
    const refusal = this.#refusal(source);
    if (refusal === undefined) {
      begin();
      return;
    }
    this.#refused.add(refusal);
    this.#around.log.warn(
      { address, reason: refusal },
      'too many TLS handshakes: a connection has to wait for its own',
    );
    this.#hold(socket, source, begin);
  }

  /** Connections that had to wait, by the share they waited for; `too-late`: those of them that were closed for it. */
  counts(): Readonly<Partial<Record<HandshakeRefusal, number>>> {
    return this.#refused.counts();
  }

  #hold(socket: Socket, source: string, begin: () => void): void {
    const { patience } = this.#around;
    const giveUpAt = this.#now() + patience;
    const retry = setInterval(
      () => {
        // It has not told yet that it was closed.
        if (socket.destroyed) return;
        if (this.#refusal(source) === undefined) {
          clearInterval(retry);
          begin();
        } else if (this.#now() >= giveUpAt) {
          this.#refused.add('too-late');
          socket.destroy();
        }
      },
      Math.min(retryMs, patience),
    );
    socket.once('close', () => clearInterval(retry));
  }

  #refusal(source: string): HandshakeRefusal | undefined {
    if (!this.#source.take(source)) return 'source-handshakes';
    const reserve = this.#around.isKnown(source) ? 0 : this.#reserve;
    return this.#strangers.take(everybody, reserve) ? undefined : 'strangers-handshakes';
  }
}
