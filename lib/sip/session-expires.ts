import { shortestInterval } from '../drachtio/fence/session-timer';
import type { Headers, ParsedMessage } from '../drachtio/messages';
import { refresherAsked, refresherGranted } from '../drachtio/refreshers';
import { hasOption } from './header-policy';

/* Session timers (RFC 4028), each leg for itself, and on each its far end is the one that refreshes. */

export interface SessionExpires {
  /** In seconds. */
  interval: number;
  refresher: 'uac' | 'uas' | undefined;
}

/** Session-Expires of a message, if it has one that can be read. */
export function sessionExpires(message: ParsedMessage): SessionExpires | undefined {
  const [, interval, params = ''] = /^\s*(\d{1,9})\s*(;.*)?$/.exec(message.get('session-expires') ?? '') ?? [];
  if (interval === undefined) return undefined;
  const refresher = /;\s*refresher\s*=\s*(uac|uas)\b/i.exec(params)?.[1]?.toLowerCase();
  return { interval: Number(interval), refresher: refresher as SessionExpires['refresher'] };
}

/** Whether its sender asks for a session timer that is too short: for 422 (RFC 4028 §9). */
export function isTooShort(request: ParsedMessage): boolean {
  const asked = sessionExpires(request);
  return asked !== undefined && asked.interval < shortestInterval && hasOption(request, 'timer');
}

/** The interval that a 2xx to `request` grants its sender, who has to refresh. */
export function granted(request: ParsedMessage): number | undefined {
  return hasOption(request, 'timer') ? sessionExpires(request)?.interval : undefined;
}

/** Adds to the headers of a 2xx that its receiver refreshes within `interval`. */
export function withGranted(headers: Headers, interval: number | undefined): Headers {
  if (interval === undefined) return headers;
  return { ...withOption(headers, 'Require', 'timer'), 'Session-Expires': `${interval};refresher=${refresherGranted}` };
}

/** Adds to the headers of a request that its receiver is to refresh within `interval`. */
export function withAsked(headers: Headers, interval: number | undefined): Headers {
  if (interval === undefined) return headers;
  return { ...withOption(headers, 'Supported', 'timer'), 'Session-Expires': `${interval};refresher=${refresherAsked}` };
}

/** The interval within which the sender of a 2xx has taken it upon itself to refresh. */
export function taken(response: ParsedMessage): number | undefined {
  const agreed = sessionExpires(response);
  return agreed?.refresher === 'uas' ? agreed.interval : undefined;
}

function withOption(headers: Headers, name: 'Require' | 'Supported', option: string): Headers {
  const options = headers[name];
  return { ...headers, [name]: options === undefined ? option : `${options}, ${option}` };
}
