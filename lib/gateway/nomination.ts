import { randomBytes } from 'node:crypto';
import { buildBindingRequest, xorMappedAddress } from '../ice/binding';
import { parseStun, verifyFingerprint, verifyIntegrity } from '../ice/stun-message';
import type { TransportAddress } from '../ice/transport-address';
import type { GatewayLimits } from './limits';
import type { MediaStream } from './stream';

/** What a nomination does with the world. */
export interface NominationEvents {
  send: (request: Buffer, attempt: number) => void;
  /** rtpengine answered: the pair is nominated on its side too; `mapped` is our socket's address as it sees it. */
  succeeded: (mapped: TransportAddress | undefined) => void;
  /** Never answered. */
  failed: () => void;
}

/** No pause between repetitions is longer (ms). */
const maxRetryMs = 1000;

/**
 * Tells rtpengine, an ICE-lite agent, that the UE nominated a connection: one Binding request in the name
 * of the UE from that connection's UDP socket, repeated until it is answered. rtpengine takes the socket
 * for a peer-reflexive candidate and uses, of the nominated ones, that of the highest priority.
 */
export class Nomination {
  readonly #stream: MediaStream;
  readonly #transactionId = randomBytes(12);
  readonly #request: Buffer;
  readonly #limits: GatewayLimits;
  readonly #events: NominationEvents;
  #attempts = 0;
  #timer: NodeJS.Timeout | undefined;
  #ended = false;

  /** @param priority higher than those of the stream's nominations before */
  constructor(
    stream: MediaStream,
    remoteUfrag: string,
    priority: number,
    limits: GatewayLimits,
    events: NominationEvents,
  ) {
    this.#stream = stream;
    this.#limits = limits;
    this.#events = events;
    this.#request = buildBindingRequest({
      transactionId: this.#transactionId,
      username: `${stream.ufrag}:${remoteUfrag}`,
      password: stream.pwd,
      priority,
      useCandidate: true,
      tieBreaker: randomBytes(8).readBigUInt64BE(),
    });
  }

  start(): void {
    this.#attempt();
  }

  /** A STUN message from rtpengine; anything but the authenticated answer to this request is left alone. */
  received(datagram: Buffer): void {
    if (this.#ended) return;
    const message = parseStun(datagram);
    if ('fault' in message || !message.transactionId.equals(this.#transactionId)) return;
    // An error is not final: rtpengine signs some with the wrong key, so that they prove nothing.
    if (message.class !== 'success') return;
    if (!verifyFingerprint(message) || !verifyIntegrity(message, this.#stream.pwd)) return;
    this.stop();
    this.#events.succeeded(xorMappedAddress(message));
  }

  /** Ends it without a result; may be called twice. */
  stop(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
  }

  #attempt(): void {
    if (this.#attempts >= this.#limits.nominationAttempts) {
      this.stop();
      this.#events.failed();
      return;
    }
    const pause = Math.min(this.#limits.nominationRetryMs * 2 ** this.#attempts, maxRetryMs);
    this.#attempts += 1;
    this.#timer = setTimeout(() => this.#attempt(), pause);
    this.#events.send(this.#request, this.#attempts);
  }
}
