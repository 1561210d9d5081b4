import { EdgeError } from '../errors';
import type { SipMessage } from '../wire/sip-message';
import { parseSipUri } from '../wire/sip-uri';
import type { TransportName } from './link';

/**
 * What the egress relay does with one request of the SIP server on its way to the core, and with the responses
 * to it on their way back. It is also done to the request's CANCEL and to the ACK of a non-2xx response, except
 * for the edits.
 *
 * The edits see text with one character a byte (latin1), as `SipMessage` holds it. One that throws, or that writes
 * a line break, gets the request answered with 500; a response is then replaced by a 500, or dropped if provisional.
 */
export interface Errand {
  /** SIP URI to send to: host name or address, port, transport (UDP if none is named). No maddr, no sips. */
  readonly nextHop: string;
  /** Route set as name-addrs, topmost first; all other Route headers of the request are taken away. */
  readonly routes: readonly string[];
  /** Request-URI, where it is to be another one than the server can send (`urn:`, `tel:`). */
  readonly requestUri?: string;
  /** Changes the request; `routes` and `requestUri` are in place, the relay's own Via is not. */
  readonly editRequest?: (request: SipMessage) => void;
  /** Changes a response; the relay's own Via is gone. */
  readonly editResponse?: (response: SipMessage) => void;
}

/** A next hop as its URI names it. */
export interface NextHop {
  /** Host name or address, IPv6 without brackets. */
  readonly host: string;
  readonly port: number | undefined;
  readonly transport: TransportName;
}

/**
 * The next hop that a SIP URI names.
 *
 * Throws EdgeError `egress-unsupported` for `sips:`, `maddr` and other transports than UDP and TCP,
 * `egress-invalid` for what is no SIP URI.
 *
 * @param otherwise transport, where the URI names none.
 */
export function nextHopOf(text: string, otherwise: TransportName = 'udp'): NextHop {
  const uri = parseSipUri(text);
  if (!uri || uri.scheme === 'tel') throw invalid(`The next hop ${JSON.stringify(text)} is no SIP URI.`);
  const transport = uri.params.get('transport')?.toLowerCase() ?? otherwise;
  const isPlain = uri.scheme === 'sip' && !uri.params.has('maddr');
  if (!isPlain || (transport !== 'udp' && transport !== 'tcp')) {
    const message = `The next hop ${text} cannot be used: only sip: over UDP or TCP and without maddr can.`;
    throw new EdgeError('egress-unsupported', message, { sipStatus: 502 });
  }
  return { host: uri.host, port: uri.port, transport };
}

/** The errand as the wire wants it. Throws EdgeError `egress-invalid` for what could break out of its header. */
export function checkedErrand(errand: Errand): Errand {
  const { requestUri } = errand;
  const routes = errand.routes.map((route) => {
    if (!/^\P{Cc}+$/u.test(route)) throw invalid('A Route of the errand has control characters in it, or is empty.');
    return toBytes(route);
  });
  if (requestUri === undefined) return { ...errand, routes };
  if (!/^[a-z][a-z0-9+.-]*:[^\s<>"\p{Cc}]+$/iu.test(requestUri)) {
    throw invalid('The Request-URI of the errand is no URI.');
  }
  return { ...errand, routes, requestUri: toBytes(requestUri) };
}

/** UTF-8 with one character a byte. */
function toBytes(text: string): string {
  return Buffer.from(text).toString('latin1');
}

export function invalid(message: string): EdgeError {
  return new EdgeError('egress-invalid', message, { sipStatus: 500 });
}
