/**
 * The one base of every error that edge80 raises on purpose.
 *
 * `code` is stable and may be matched on; `message` is one sentence in the user's terms.
 * Where a SIP request caused the error, `sipStatus` is the verdict it deserves and `retryAfter`
 * the seconds to put in Retry-After (RFC 3261 §20.33), where there is a reason for just as many.
 */
export class EdgeError extends Error {
  readonly code: string;
  readonly sipStatus: number | undefined;
  readonly retryAfter: number | undefined;

  constructor(
    code: string,
    message: string,
    options: { sipStatus?: number; retryAfter?: number; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'EdgeError';
    this.code = code;
    this.sipStatus = options.sipStatus;
    this.retryAfter = options.retryAfter;
  }
}
