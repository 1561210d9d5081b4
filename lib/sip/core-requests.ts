import type { ShareLimits } from '../shares/limits';
import { TokenBuckets } from '../shares/token-buckets';

/**
 * How many requests the core may have delivered to each UE (N3). A far end that floods takes the time of all, so each
 * dialog has a rate by itself: the UE's other calls and its messages go on beside it.
 */
export class CoreRequests {
  readonly #inDialog: TokenBuckets;
  readonly #toUe: TokenBuckets;

  constructor(limits: ShareLimits) {
    this.#inDialog = new TokenBuckets(limits.deliveredInDialog);
    this.#toUe = new TokenBuckets(limits.ue.delivered);
  }

  /** Whether there is room for one outside of dialogs. */
  takes(ue: string): boolean {
    return this.#toUe.take(ue);
  }

  /** Whether there is room for one in a dialog, by its name. */
  takesInDialog(dialog: string, ue: string): boolean {
    return this.#inDialog.take(dialog) && this.#toUe.take(ue);
  }
}
