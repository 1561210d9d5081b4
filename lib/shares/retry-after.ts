/** s within which those that were refused come again. */
const retryWithin = 20;

/** Of an emergency call, s. */
const retrySosWithin = 3;

/**
 * Seconds for a Retry-After (RFC 3261 §20.33). At random, so that those that were refused together come one by one.
 */
export function retryAfter(isEmergency = false): number {
  return 1 + Math.floor(Math.random() * (isEmergency ? retrySosWithin : retryWithin));
}
