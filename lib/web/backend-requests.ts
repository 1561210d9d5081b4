import type { FastifyReply } from 'fastify';
import { Admission } from '../admission/admission';
import { monotonicNow } from '../ops/clock';
import type { WebLimits } from './limits';

/** Why a request ended that had to make room for another one. */
export class NoRoomAtBackend extends Error {
  constructor() {
    super('Too many requests from where you are wait for an answer.');
  }
}

/**
 * The requests under way at a backend. A newcomer always has room: a source that has its share loses its own oldest
 * request, and where there are too many in all, the source that has the most does (see {@link Admission}).
 */
export class BackendRequests {
  readonly #admission: Admission<AbortController>;

  constructor({ backendRequests: most, backendRequestsOfSource: unauthenticatedPerAddress }: WebLimits) {
    // None is spared for being young: else one that has been slow would go in place of those of who floods.
    const bounds = { connections: most, unauthenticated: most, unauthenticatedPerAddress, graceMs: 0 };
    const displace = (oldest: AbortController) => oldest.abort(new NoRoomAtBackend());
    this.#admission = new Admission(bounds, displace, monotonicNow);
  }

  /** @returns the end of the request: its client has the response, or has left, or it had to make room */
  begin({ raw, request }: FastifyReply, address: string): AbortSignal {
    const end = new AbortController();
    const connection = request.raw.socket;
    const place = this.#admission.enter(end, address);
    const over = () => {
      connection.off('close', over);
      this.#admission.leave(place);
      end.abort();
    };
    raw.once('close', over);
    // A response that waits for others on its connection (pipelining) does not close with it.
    connection.setMaxListeners(0).once('close', over);
    return end.signal;
  }
}
