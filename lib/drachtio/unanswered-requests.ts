import type { SentRequest } from './messages';

/** ms until the server must have answered a request of ours: longer than its own timer F (RFC 3261 §17.1.2.2). */
const answerMs = 40_000;

/** The same for an INVITE, which may ring: longer than timer C (RFC 3261 §16.6), and than a call may ring here. */
const inviteMs = 240_000;

/**
 * The requests of ours that have no final response yet. drachtio-server 0.9.10 gives none, ever, to an INVITE whose CANCEL
 * nobody answers [06h3], nor to a request in a dialog that has ended or is refused meanwhile [08t]: what waits for it, a whole call
 * perhaps, would be held for as long as the process lives.
 */
export class UnansweredRequests {
  readonly #deadlines = new Map<SentRequest, NodeJS.Timeout>();
  readonly #giveUp: (request: SentRequest) => void;

  /** @param giveUp told of a request that has no final response in time; one that comes then is too late. */
  constructor(giveUp: (request: SentRequest) => void) {
    this.#giveUp = giveUp;
  }

  /** Takes note of a request that the server has sent. */
  sent(request: SentRequest): void {
    this.#wait(request, request.method === 'INVITE' ? inviteMs : answerMs);
    request.on('response', ({ status }) => {
      if (status >= 200) this.#forget(request);
    });
  }

  /** A CANCEL of this INVITE was sent: the server waits no longer for an answer than to any other request. */
  cancelled(request: SentRequest): void {
    if (this.#deadlines.has(request)) this.#wait(request, answerMs);
  }

  /** Forgets all. */
  close(): void {
    for (const request of this.#deadlines.keys()) this.#forget(request);
  }

  #wait(request: SentRequest, ms: number): void {
    this.#forget(request);
    const overdue = () => {
      this.#deadlines.delete(request);
      this.#giveUp(request);
    };
    this.#deadlines.set(request, setTimeout(overdue, ms));
  }

  #forget(request: SentRequest): void {
    clearTimeout(this.#deadlines.get(request));
    this.#deadlines.delete(request);
  }
}
