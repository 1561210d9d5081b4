import { responseTo, type OwnResponse } from '../../wire/own-response';
import { detached, type SipMessage } from '../../wire/sip-message';

/**
 * ms that an end has for the final answer to a request of the server other than INVITE, before it is answered in its place.
 *
 * The server itself would give up after 32 s (RFC 3261 §17.1.2.2) [10g]. drachtio-server 0.9.10 then frees a request that went
 * over TCP, and reads its method from there if the app has set the CSeq, as it does in a REGISTER and in the early dialog
 * of a caller: whoever stays silent could end the server by it (measured).
 */
export const silenceMs = 25_000;

export const timedOut: OwnResponse = { status: 408, reason: 'Request Timeout' };

/** The relay's, where the next hop takes no connections: the app tells it from a 503 of the core by the reason. */
export const hopUnreachable = { status: 503, reason: 'Next Hop Unreachable' } as const;

export interface SilentUeOptions {
  /** ms: `silenceMs`. */
  within: number;
  /** Over this many, the oldest counts as unanswered. */
  most: number;
  /** Sends to the SIP server. */
  send(answer: string): void;
}

/** What the SIP server has asked a UE, with anything but INVITE, and has no final answer to. As the server sees it. */
export class SilentUe {
  readonly #options: SilentUeOptions;
  /** By the server's branch, the oldest first. */
  readonly #asked = new Map<string, { answer: string; deadline: NodeJS.Timeout }>();

  constructor(options: SilentUeOptions) {
    this.#options = options;
  }

  /** Takes note of a request of the server. */
  request(request: SipMessage): void {
    const branch = request.topVia?.branch;
    if (branch === undefined || ['INVITE', 'ACK', 'CANCEL'].includes(request.method) || this.#asked.has(branch)) return;
    const answer = detached(responseTo(request, timedOut).toString());
    const deadline = setTimeout(() => this.#giveUp(branch), this.#options.within);
    this.#asked.set(detached(branch), { answer, deadline });
    const [oldest] = this.#asked.keys();
    if (this.#asked.size > this.#options.most && oldest !== undefined) this.#giveUp(oldest);
  }

  /** Takes note of a response of the UE. */
  response(response: SipMessage): void {
    const branch = response.topVia?.branch ?? '';
    if (response.status < 200 || response.cseq?.method === 'CANCEL') return;
    clearTimeout(this.#asked.get(branch)?.deadline);
    this.#asked.delete(branch);
  }

  /** The UE is gone. */
  close(): void {
    for (const branch of this.#asked.keys()) this.#giveUp(branch);
  }

  #giveUp(branch: string): void {
    const asked = this.#asked.get(branch);
    if (!asked) return;
    clearTimeout(asked.deadline);
    this.#asked.delete(branch);
    this.#options.send(asked.answer);
  }
}
