import { createHmac, randomBytes } from 'node:crypto';
import { headBytes, lastingPart } from '../wire/lasting-part';
import type { SipMessage } from '../wire/sip-message';
import type { Limits } from './limits';
import type { Destination, Link } from '../wire/link';

/** A request as it was sent on. */
export interface Sent {
  /** Without the relay's Via; its lasting part, but for one that may have to be sent over UDP all the same. */
  request: SipMessage;
  /** To be repeated over UDP; empty for a connection, which loses nothing. */
  readonly text: string;
  readonly onward: Link;
  /** Where it goes over UDP, if the next hop takes no connection for a request of this size. */
  readonly overUdp: Destination | undefined;
}

/** One request that went through, with its CANCEL and the ACK to its non-2xx response. */
export interface Branch {
  readonly method: string;
  /** The lasting part of what came. */
  readonly request: SipMessage;
  /** To its sender. */
  readonly back: Link;
  /** Whose share the bodies of its responses take on their way past the server. */
  readonly holder: string;
  /** Whether the core sent it to the server. */
  readonly isForServer: boolean;
  /** As it was sent on, and the way that it went; `undefined` while the next hop is looked up. */
  sent: Sent | undefined;
  /** The answer that the relay gave itself, in place of who is behind it. */
  answer: string | undefined;
  isFinal: boolean;
  /** When it came, by the relay's clock. */
  readonly since: number;
  /** Time by the relay's clock. */
  until: number;
  /** What it holds in memory. */
  bytes: number;
}

/** What would hold more is not taken, or not kept, while all hold what they may: most branches hold less. */
const fewBytes = 4096;

type BranchLimits = Pick<Limits, 'branches' | 'branchBytes' | 'unanswered' | 'ringing' | 'afterInvite' | 'afterOther'>;

/** The branches on their way, by the branch parameter that the relay's own Via has. */
export class Branches {
  readonly #entries = new Map<string, Branch>();
  readonly #now: () => number;
  readonly #limits: BranchLimits;
  readonly #key = randomBytes(16);
  #bytes = 0;

  /** @param now a clock in ms. */
  constructor(now: () => number, limits: BranchLimits) {
    this.#now = now;
    this.#limits = limits;
  }

  get size(): number {
    return this.#entries.size;
  }

  /**
   * The branch parameter of the relay's Via for a request of the server (RFC 3261 §16.11): the same for an INVITE,
   * its repetitions, its CANCEL and the ACK of its non-2xx response. `undefined` if the request has no usable Via.
   */
  idFor(request: SipMessage): string | undefined {
    const via = request.topVia;
    // Only such branches are unique (RFC 3261 §8.1.1.7).
    if (!via || !/^z9hG4bK./i.test(via.branch)) return undefined;
    // Keyed, so that nobody who sees one branch can make up responses to others.
    const digest = createHmac('sha256', this.#key).update(`${via.sentBy} ${via.branch}`).digest('hex');
    return `z9hG4bK${digest.slice(0, 32)}`;
  }

  get(id: string): Branch | undefined {
    const branch = this.#entries.get(id);
    return branch && branch.until > this.#now() ? branch : undefined;
  }

  /** `undefined` if there are too many. */
  open(id: string, parts: Pick<Branch, 'request' | 'back' | 'isForServer' | 'holder'>): Branch | undefined {
    const request = lastingPart(parts.request);
    const bytes = headBytes(request);
    if (this.#isTooMuch(bytes) || this.#entries.size >= this.#limits.branches) return undefined;
    const since = this.#now();
    const until = since + this.#limits.unanswered;
    const { method } = request;
    const state = { sent: undefined, answer: undefined, isFinal: false };
    const branch: Branch = { ...parts, request, method, ...state, since, until, bytes };
    this.#bytes += bytes;
    this.#entries.set(id, branch);
    return branch;
  }

  /** The request was sent on. One that is too much to be kept now is not sent again. */
  sent(branch: Branch, sent: Sent): void {
    const request = sent.overUdp ? sent.request : lastingPart(sent.request);
    const bytes = headBytes(request) + request.body.length + sent.text.length;
    if (this.#isTooMuch(bytes)) {
      branch.sent = { ...sent, request: lastingPart(sent.request), text: '', overUdp: undefined };
      return;
    }
    branch.bytes += bytes;
    this.#bytes += bytes;
    branch.sent = { ...sent, request };
  }

  /** A response with this status was passed to the server, or made for it. */
  answered(branch: Branch, status: number): void {
    const { ringing, afterInvite, afterOther, unanswered } = this.#limits;
    const isInvite = branch.method === 'INVITE';
    if (branch.isFinal) return;
    // Whoever answers has it.
    if (branch.sent?.overUdp) branch.sent.request = lastingPart(branch.sent.request);
    branch.isFinal = status >= 200;
    const wait = branch.isFinal ? (isInvite ? afterInvite : afterOther) : isInvite ? ringing : unanswered;
    branch.until = this.#now() + wait;
  }

  /** The Call-IDs, as their senders have them, of the branches of a method. */
  callIds(method: string): Set<string> {
    const branches = [...this.#entries.values()].filter((branch) => branch.method === method);
    return new Set(branches.map(({ request }) => request.callId));
  }

  /** Those whose responses go back over a link, and that have no final one. */
  of(back: Link): Branch[] {
    return [...this.#entries.values()].filter((branch) => branch.back === back && !branch.isFinal);
  }

  /** Those that wait for a final response over a link, by their branch parameters. */
  waitingFor(link: Link): [id: string, branch: Branch][] {
    return [...this.#entries].filter(([, { sent, isFinal }]) => sent?.onward === link && !isFinal);
  }

  /** INVITEs that were sent on and have no final response. */
  unansweredInvites(): [id: string, branch: Branch][] {
    return [...this.#entries].filter(([, { method, sent, isFinal }]) => method === 'INVITE' && sent && !isFinal);
  }

  /** Requests of the server other than INVITE that have had no final response for so long, ms. */
  silent(ms: number): Branch[] {
    const isSilent = ({ method, isForServer, isFinal, since }: Branch) =>
      method !== 'INVITE' && !isForServer && !isFinal && this.#now() - since >= ms;
    return [...this.#entries.values()].filter(isSilent);
  }

  /** Throws away those that are over. */
  sweep(): void {
    for (const [id, { until, bytes }] of this.#entries) {
      if (until > this.#now()) continue;
      this.#entries.delete(id);
      this.#bytes -= bytes;
    }
  }

  #isTooMuch(bytes: number): boolean {
    return this.#bytes >= this.#limits.branchBytes && bytes > fewBytes;
  }
}
