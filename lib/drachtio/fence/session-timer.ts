import type { SipMessage } from '../../wire/sip-message';

/** Seconds: no interval is shorter (RFC 4028 §4); drachtio-server answers 422 as well, to re-INVITE and UPDATE [18c]. */
export const shortestInterval = 90;

/**
 * Takes Session-Expires out of a response where it is shorter than it may be, or cannot be read. drachtio-server, where
 * it is the one to refresh [18a, 18d], sets a timer to half of the interval less up to 5 s, and its process ends for a negative
 * one.
 */
export function dropShortSessionTimer(response: SipMessage): void {
  const isFit = (line: string) => Number(/^(\d{1,9})\s*(;|$)/.exec(line)?.[1] ?? 0) >= shortestInterval;
  const lines = response.lines('session-expires');
  if (lines.length > 1 || !lines.every(isFit)) response.remove('session-expires');
}
