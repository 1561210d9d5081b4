/*
 * Who refreshes a session (RFC 4028): on each leg its far end, never this edge.
 *
 * drachtio-server sees every Session-Expires. Where it holds itself to be the refresher, it sends re-INVITEs of its own with
 * the SDP of the last INVITE or its answer [18a, 18d]: what an UPDATE has changed meanwhile they would undo. Where it does
 * not, it hangs up at the expiry [18b].
 */

/** In a request of ours: who gets it. */
export const refresherAsked = 'uas';

/** In a 2xx of ours: who gets it. */
export const refresherGranted = 'uac';

/**
 * The method that passes a change on. By an UPDATE of ours its receiver lengthens its session, but the server, which would
 * hang up, does not: so an offer goes as a re-INVITE on a leg with a session timer.
 */
export function methodForChange(change: {
  isInvite: boolean;
  isOffer: boolean;
  hasTimer: boolean;
}): 'INVITE' | 'UPDATE' {
  return change.isInvite || (change.isOffer && change.hasTimer) ? 'INVITE' : 'UPDATE';
}
