import { EdgeError } from '../errors';

/** s; what is stopped in order is mostly soon back. */
const backIn = 30;

/** Whether the P-CSCF takes what is new. */
export class Intake {
  #state: 'ready' | 'draining' | 'closed' = 'ready';

  get isClosed(): boolean {
    return this.#state === 'closed';
  }

  drain(): void {
    if (this.#state === 'ready') this.#state = 'draining';
  }

  /** Takes what is new again. */
  resume(): void {
    if (this.#state === 'draining') this.#state = 'ready';
  }

  close(): void {
    this.#state = 'closed';
  }

  /** Throws `shutting-down` (503) where no new calls and registrations are taken. */
  mustTakeNew(): void {
    if (this.#state !== 'ready') throw goingAway();
  }

  /** Throws `shutting-down` (503) where nothing is taken any more. */
  mustBeOpen(): void {
    if (this.isClosed) throw goingAway();
  }
}

function goingAway(): EdgeError {
  return new EdgeError('shutting-down', 'The edge is shutting down.', { retryAfter: backIn });
}
