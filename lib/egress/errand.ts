import { EdgeError } from '../errors';
import { bytesOf } from '../wire/bytes';
import { parseSipUri } from '../wire/sip-uri';
import type { NextHop, TransportName } from '../wire/link';

/**
 * What the egress relay does with one request of the SIP server on its way to the core, and with its CANCEL and the ACK
 * of a non-2xx response.
 */
export interface Errand {
  /** SIP URI to send to: host name or address, port, transport (UDP if none is named). No maddr, no sips. */
  readonly nextHop: string;
  /** Route set as name-addrs, topmost first; all other Route headers of the request are taken away. */
  readonly routes: readonly string[];
  /** Request-URI, where it is to be another one than the server can send (`urn:`, `tel:`). */
  readonly requestUri?: string;
  /** Whether a dialog that the request begins keeps its Call-ID toward the core. */
  readonly keepsCallId?: boolean;
  /** Whose share the bodies of its answers take on their way past the server; unset: that of their call. */
  readonly holder?: string;
  /** Contact of a REGISTER, where it is one that the server cannot send: `*`. */
  readonly contact?: '*';
}

/** How a request goes out, by way of the relay or past it. */
export interface Way {
  /** SIP URI of the next hop. */
  proxy: string;
  /** Of this one request: notes to other parts of the edge on its way. */
  headers: Record<string, string>;
  /** The Call-ID that the core knows a dialog by, where it is another than the SIP server has. */
  coreCallId?: (callId: string) => string;
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
    throw new EdgeError('egress-unsupported', message);
  }
  return { host: uri.host, port: uri.port, transport };
}

/** The errand as the wire wants it. Throws EdgeError `egress-invalid` for what could break out of its header. */
export function checkedErrand(errand: Errand): Errand {
  const routes = errand.routes.map((route) => {
    const bytes = bytesOf(route);
    if (!/^[ -~\x80-\xff]+$/.test(bytes)) {
      throw invalid('A Route of the errand has control characters in it, or is empty.');
    }
    return bytes;
  });
  if (errand.requestUri === undefined) return { ...errand, routes };
  const requestUri = bytesOf(errand.requestUri);
  if (!/^[a-z][a-z0-9+.-]*:[!#-;=?-~\x80-\xff]+$/i.test(requestUri)) {
    throw invalid('The Request-URI of the errand is no URI.');
  }
  return { ...errand, routes, requestUri };
}

function invalid(message: string): EdgeError {
  return new EdgeError('egress-invalid', message);
}

/** Undefined for one that the relay does not send to. */
export function usableHop(uri: string): NextHop | undefined {
  try {
    return nextHopOf(uri);
  } catch {
    return undefined;
  }
}
