import { Newest } from '../newest';
import { headBytes, lastingPart } from '../wire/lasting-part';
import { detached, type SipMessage } from '../wire/sip-message';

interface Pending {
  deadline: NodeJS.Timeout;
  /** What it holds in memory. */
  bytes: number;
  /** Called once, when it is over. */
  over: () => void;
}

export interface PendingRequestsOptions {
  /** ms that the SIP server has for an answer; to an INVITE a provisional one is enough. */
  within: number;
  /** Requests at once that are remembered. */
  most: number;
  /** The server has not answered this request: there is of it, as it was sent there, what an answer needs. */
  silent(request: SipMessage): void;
}

/** The requests of one UE that are on their way to the SIP server and that it has not answered. */
export class PendingRequests {
  readonly #options: PendingRequestsOptions;
  /** By the branch of our Via and the method. */
  readonly #pending = new Map<string, Pending>();
  /** What the UE was told that the server did not answer: an answer that comes all the same is too late. */
  readonly #late: Newest<string>;
  #bytes = 0;

  constructor(options: PendingRequestsOptions) {
    this.#options = options;
    this.#late = new Newest(options.most);
  }

  get size(): number {
    return this.#pending.size;
  }

  /** What is held of them in memory. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes note of a request as it goes to the server; `over` runs once it is answered, given up or forgotten. */
  sent(request: SipMessage, over: () => void): void {
    const key = keyOf(request.topVia?.branch, request.method);
    if (request.method === 'ACK' || this.#pending.has(key) || this.#pending.size >= this.#options.most) {
      over();
      return;
    }
    this.#late.delete(key);
    const held = lastingPart(request);
    const bytes = headBytes(held);
    const deadline = setTimeout(() => this.#giveUp(key, held), this.#options.within);
    this.#pending.set(key, { deadline, bytes, over });
    this.#bytes += bytes;
  }

  /** Takes note of a response of the server. False: the UE has got another one already. */
  answered(response: SipMessage): boolean {
    const { status, cseq } = response;
    const key = keyOf(response.topVia?.branch, cseq?.method ?? '');
    if (this.#late.has(key)) return false;
    if (status >= 200 || cseq?.method === 'INVITE') this.#remove(key);
    return true;
  }

  /** Forgets all. */
  close(): void {
    for (const key of this.#pending.keys()) this.#remove(key);
  }

  #giveUp(key: string, request: SipMessage): void {
    this.#remove(key);
    this.#late.set(key, true);
    this.#options.silent(request);
  }

  #remove(key: string): void {
    const pending = this.#pending.get(key);
    if (!pending) return;
    clearTimeout(pending.deadline);
    this.#pending.delete(key);
    this.#bytes -= pending.bytes;
    pending.over();
  }
}

function keyOf(branch = '', method: string): string {
  return detached(`${branch} ${method}`);
}
