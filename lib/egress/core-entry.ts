import { isIP } from 'node:net';
import type { SipMessage } from '../wire/sip-message';
import { hostPort, parseSipUri, sipUriOf, uriOf, type SipUri } from '../wire/sip-uri';
import type { Destination, Link, TransportName } from '../wire/link';

/** Where the SIP server takes what the core sends: one of its core contacts. */
export interface ServerContact {
  /** IPv6 without brackets. */
  readonly address: string;
  readonly port: number;
  readonly transports: readonly TransportName[];
}

/**
 * The way of the core to UEs: their Path names the relay (RFC 3327), which sends on to the SIP server what comes by it.
 * Who may reach which UE by which flow token says the app.
 */
export class CoreEntry {
  readonly #contacts: readonly ServerContact[];

  constructor(contacts: readonly ServerContact[]) {
    this.#contacts = contacts;
  }

  /**
   * Where a request goes on to that is outside of dialogs and names the relay, in its topmost Route or its Request-URI; that
   * names the server then. And one inside a dialog that follows no route, and names the server itself. `undefined` leaves
   * any other as it is.
   */
  admit(request: SipMessage, from: Link): Destination | undefined {
    const { route, named } = firstNamed(request);
    if (!named) return undefined;
    if (request.toTag !== undefined)
      return route === undefined ? this.#at(named.host, named.port, from.transport) : undefined;
    if (!isRelay(named, from) || request.method === 'ACK' || request.method === 'CANCEL') return undefined;
    const contact = this.#contacts.find(({ address }) => isIP(address) === isIP(from.address));
    if (!contact) return undefined;
    const uri = sipUriOf({ user: named.user, host: contact.address, port: contact.port });
    if (route !== undefined) request.removeFirst('route');
    // drachtio-server takes what names itself for its own, and follows no Route of it [15k].
    if (route === undefined || this.#isOurs(request.requestUri, from)) request.requestUri = uri;
    else request.prepend('Route', `<${uri};lr>`);
    return { address: contact.address, port: contact.port, transport: usable(contact, from.transport) };
  }

  /** Whether a request that is inside no dialog of ours claims to be inside of one, and names the relay as its way there. */
  isAstray(request: SipMessage, from: Link): boolean {
    const { named } = firstNamed(request);
    return named !== undefined && isRelay(named, from) && request.toTag !== undefined;
  }

  #isOurs(text: string, from: Link): boolean {
    const uri = parseSipUri(text);
    return uri !== undefined && (isRelay(uri, from) || this.#at(uri.host, uri.port, from.transport) !== undefined);
  }

  /** The same destination over a transport that the server takes there. */
  reachable(destination: Destination): Destination {
    return this.#at(destination.address, destination.port, destination.transport) ?? destination;
  }

  #at(address: string, port = 5060, wanted: TransportName): Destination | undefined {
    const contact = this.#contacts.find((each) => each.address === address && each.port === port);
    return contact && { address, port, transport: usable(contact, wanted) };
  }
}

/** What a request names as the next on its way: its topmost Route, or else its Request-URI. */
function firstNamed(request: SipMessage): { route: string | undefined; named: SipUri | undefined } {
  const [route] = request.values('route');
  return { route, named: parseSipUri(route === undefined ? request.requestUri : uriOf(route)) };
}

function isRelay({ host, port = 5060 }: SipUri, { sentBy }: Link): boolean {
  return hostPort(host, port) === sentBy;
}

function usable({ transports }: ServerContact, wanted: TransportName): TransportName {
  return transports.includes(wanted) ? wanted : (transports[0] ?? wanted);
}
