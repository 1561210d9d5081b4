import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { SipMessage } from '../wire/sip-message';
import { hostPort, parseSipUri, uriOf } from '../wire/sip-uri';
import type { Link } from './link';

/** Stands before the SIP server's Call-ID, toward the core. */
const prefix = 'e80-';

/** The Call-ID that the core knows a dialog by, which the SIP server began by way of the relay. */
export function coreCallId(callId: string): string {
  return prefix + callId;
}

/** Where a request inside such a dialog is on its way to. */
export type Bound = 'for-core' | 'for-server';

/**
 * Gives dialogs another Call-ID toward the core than the SIP server has. A core that is a proxy sends a call between
 * two UEs of this edge back to it under the same Call-ID and From tag, and by these two alone drachtio-server tells
 * dialogs apart: it would take both for one.
 *
 * Nothing is kept. The relay's Record-Route brings what belongs to the dialog by way of it, and carries an HMAC of the
 * Call-ID, so that nobody can make such a route up.
 */
export class OwnCallIds {
  readonly #key = randomBytes(16);

  /** Changes a request of the server that begins a dialog. */
  begin(request: SipMessage, { sentBy, transport }: Link): void {
    const mark = this.#mark(request.callId);
    request.prepend('Record-Route', `<sip:${mark}@${sentBy};transport=${transport};lr>`);
    request.set('Call-ID', coreCallId(request.callId));
  }

  /** Changes a request inside such a dialog, from either side. Leaves any other as it is, and returns `undefined`. */
  carryOn(request: SipMessage, { sentBy }: Link): Bound | undefined {
    const route = parseSipUri(uriOf(request.values('route')[0] ?? ''));
    if (!route || hostPort(route.host, route.port) !== sentBy) return undefined;
    const { callId } = request;
    const bound = callId.startsWith(prefix) ? 'for-server' : 'for-core';
    const servers = bound === 'for-server' ? callId.slice(prefix.length) : callId;
    if (!isSame(this.#mark(servers), route.user ?? '')) return undefined;
    request.removeFirst('route');
    request.set('Call-ID', bound === 'for-server' ? servers : coreCallId(callId));
    return bound;
  }

  #mark(callId: string): string {
    return createHmac('sha256', this.#key).update(callId, 'latin1').digest('hex').slice(0, 32);
  }
}

function isSame(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one, 'latin1'), Buffer.from(other, 'latin1'));
}
