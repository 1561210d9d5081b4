import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { SipMessage } from '../../wire/sip-message';
import { hostPort, parseSipUri, uriOf } from '../../wire/sip-uri';
import type { Link, TransportName } from '../../wire/link';

/** Stands before the SIP server's Call-ID, toward the core. */
const prefix = 'e80-';

/** The Call-ID that the core knows a dialog by, which the SIP server began by way of the relay. */
export function coreCallId(callId: string): string {
  return prefix + callId;
}

/** Begin the user parts of the relay's two Record-Routes in dialogs that keep their Call-ID: one for each side to come by. */
const fromServer = 's';
const fromCore = 'c';

/** Tells the marks of these dialogs from those of others. */
const ofBoth = 'both ';

/** What the relay speaks with each side. */
export interface Ways {
  readonly server: TransportName;
  readonly core: TransportName;
  /** SIP URI. */
  readonly nextHop?: string;
}

/** What the route of a request says that came by it. */
export interface Carried {
  readonly bound: Bound;
  /** Where it goes, if no other route says it. */
  readonly nextHop?: string;
}

/** Where a request inside a dialog that goes by the relay is on its way to. */
export type Bound = 'for-core' | 'for-server';

/**
 * Gives dialogs another Call-ID toward the core than the SIP server has. A core that is a proxy sends a call between
 * two UEs of this edge back to it under the same Call-ID and From tag, and by these two alone drachtio-server tells
 * dialogs apart [section 2.4, 06k]: it would take both for one.
 *
 * A dialog that the core begins keeps its Call-ID, and so does one whose errand says so, for a core that is no proxy.
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

  /**
   * Changes a request that begins a dialog which keeps its Call-ID. The later ones of the server come by the route that the
   * core's do not. `nextHop`: where they go on to, if no other route says it.
   */
  follow(request: SipMessage, { sentBy }: Link, bound: Bound, { server, core, nextHop = '' }: Ways): void {
    const text = `${ofBoth}${request.callId} ${nextHop}`;
    const user = `${this.#mark(text)}${nextHop && '.'}${Buffer.from(nextHop, 'latin1').toString('base64url')}`;
    const sides = bound === 'for-server' ? ([fromCore, fromServer] as const) : ([fromServer, fromCore] as const);
    for (const side of sides) {
      const transport = side === fromServer ? server : core;
      request.prepend('Record-Route', `<sip:${side}${user}@${sentBy};transport=${transport};lr>`);
    }
  }

  /** Changes a request inside such a dialog, from either side. Leaves any other as it is, and returns `undefined`. */
  carryOn(request: SipMessage, { sentBy }: Link): Carried | undefined {
    const route = parseSipUri(uriOf(request.values('route')[0] ?? ''));
    if (!route || hostPort(route.host, route.port) !== sentBy) return undefined;
    const { callId } = request;
    const { user = '' } = route;
    const [mark = '', next = ''] = user.slice(1).split('.');
    const nextHop = Buffer.from(next, 'base64url').toString('latin1');
    if (isSame(this.#mark(`${ofBoth}${callId} ${nextHop}`), mark)) {
      request.removeFirst('route');
      request.removeFirst('route');
      if (!user.startsWith(fromServer)) return { bound: 'for-server' };
      return { bound: 'for-core', ...(nextHop !== '' && { nextHop }) };
    }
    const bound = callId.startsWith(prefix) ? 'for-server' : 'for-core';
    const servers = bound === 'for-server' ? callId.slice(prefix.length) : callId;
    if (!isSame(this.#mark(servers), user)) return undefined;
    request.removeFirst('route');
    request.set('Call-ID', bound === 'for-server' ? servers : coreCallId(callId));
    return { bound };
  }

  #mark(callId: string): string {
    return createHmac('sha256', this.#key).update(callId, 'latin1').digest('hex').slice(0, 32);
  }
}

function isSame(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one, 'latin1'), Buffer.from(other, 'latin1'));
}
