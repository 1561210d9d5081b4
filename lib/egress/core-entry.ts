import { isIP } from 'node:net';
import type { SipMessage } from '../wire/sip-message';
import { hostPort, parseSipUri, tagOf, uriOf, type SipUri } from '../wire/sip-uri';
import type { Destination, Link, TransportName } from './link';

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
    const [route] = request.values('route');
    const named = parseSipUri(route === undefined ? request.requestUri : uriOf(route));
    if (!named) return undefined;
    if (tagOf(request.get('to')) !== undefined) return route === undefined ? this.#server(named, from) : undefined;
    const isForUs = hostPort(named.host, named.port ?? 5060) === from.sentBy;
    if (!isForUs || request.method === 'ACK' || request.method === 'CANCEL') return undefined;
    const contact = this.#contacts.find(({ address }) => isIP(address) === isIP(from.address));
    if (!contact) return undefined;
    const user = named.user === undefined ? '' : `${named.user}@`;
    const uri = `sip:${user}${hostPort(contact.address, contact.port)}`;
    if (route === undefined) request.requestUri = uri;
    else {
      request.removeFirst('route');
      request.prepend('Route', `<${uri};lr>`);
    }
    return { address: contact.address, port: contact.port, transport: usable(contact, from.transport) };
  }

  #server({ host, port = 5060 }: SipUri, from: Link): Destination | undefined {
    const contact = this.#contacts.find((each) => each.address === host && each.port === port);
    return contact && { address: contact.address, port: contact.port, transport: usable(contact, from.transport) };
  }

  /** The same destination over a transport that the server takes there. */
  reachable(destination: Destination): Destination {
    const { address, port, transport } = destination;
    const contact = this.#contacts.find((each) => each.address === address && each.port === port);
    return contact ? { ...destination, transport: usable(contact, transport) } : destination;
  }
}

function usable({ transports }: ServerContact, wanted: TransportName): TransportName {
  return transports.includes(wanted) ? wanted : (transports[0] ?? wanted);
}
