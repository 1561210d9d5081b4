import type { ErrorCode } from '../../../lib/errors';
import type { SipTransport } from '../../../lib/ue/edge-connection';
import type { Finding } from '../finding';
import { bad, doubtful, good } from '../finding';

/** One way of a client to the edge. */
export interface Way {
  /** For a person: `SIP over TLS, TCP 443`. */
  what: string;
  port: number;
  transport: SipTransport;
  /** What of the firewall it shows, where the edge answers: ports of SIP alone carry no media. */
  carries: 'anything' | 'TLS' | 'HTTP' | 'SIP alone';
}

/** What came of an OPTIONS: the status of its answer, or why there was none. */
export type Asked = { status: number } | { code: ErrorCode; message: string };

/** The ways that are tried: without a proxy, and with one those that it may open. */
export function waysOf({ tls, proxy }: SipTransport): Way[] {
  const by = proxy === undefined ? '' : ' by the proxy';
  const way = (name: string, port: number, carries: Way['carries'], transport: SipTransport): Way => ({
    what: `${name}, TCP ${port}${by}`,
    ...{ port, carries, transport: { ...transport, proxy } },
  });
  return [
    way('SIP over TCP', 80, 'anything', {}),
    way('SIP over WebSocket', 80, 'HTTP', { webSocket: true }),
    way('SIP over TCP', 443, 'anything', {}),
    way('SIP over TLS', 443, 'TLS', { tls }),
    way('SIP over secure WebSocket', 443, 'TLS', { tls, webSocket: true }),
    ...(proxy === undefined ? [way('SIP over TCP', 5060, 'SIP alone', {})] : []),
  ];
}

/** An edge that drains, or is late, takes no new calls. */
const unavailable = 503;

const helps: Partial<Record<ErrorCode, string>> = {
  'edge-unreachable':
    'A firewall drops it, or nothing listens there (PUBLIC_PORTS, ACCESS_LISTEN): clients need one way of all.',
  'certificate-untrusted':
    'Clients refuse it, too: TLS_CERT_FILE has to name this host and come from an authority that they know.',
  'tls-failed': 'A firewall that looks into it, or 443 is none of PUBLIC_PORTS.',
  'websocket-refused': 'Web phones need it: is the port one of PUBLIC_PORTS, or does a proxy on the way not pass it?',
  'proxy-refused': 'Many proxies let CONNECT through to 443 alone: PUBLIC_PORTS=80,443.',
  'proxy-failed': 'Is it the one that the clients here use?',
};

/** What a way is good for. One that does not work is no fault where another does: `calls` says so. */
export function wayFinding({ what }: Way, asked: Asked): Finding {
  if (!('status' in asked)) return doubtful(what, asked.message, helps[asked.code] ?? '');
  if (asked.status === unavailable)
    return doubtful(what, 'it answers 503', 'The edge takes no new calls: /ready there says why.');
  return good(what, `it answers ${asked.status}`);
}

/** Whether calls of these clients can work, by all ways together. `udp`: whether anything came back. */
export function callsFinding(asked: ReadonlyMap<Way, Asked>, udp: boolean): Finding {
  const what = 'calls';
  const open = [...asked].filter(([, result]) => 'status' in result).map(([way]) => way);
  const of = (kind: Way['carries']) => open.filter(({ carries }) => carries === kind).map(({ port }) => `TCP ${port}`);
  const [raw, tls] = [of('anything'), of('TLS')];
  if (open.length === 0)
    return bad(what, 'no way to the edge', 'Nobody registers or calls from here: pass TCP 80 or 443 to the edge.');
  if (udp) {
    const found = `SIP gets there, media goes by UDP${raw.length > 0 ? `, else by ${raw.join(', ')}` : ''}`;
    return raw.length > 0
      ? good(what, found)
      : doubtful(what, found, 'Where UDP is dropped, calls have no media: pass TCP 80 or 443.');
  }
  if (raw.length > 0) return good(what, `SIP gets there, media goes by ${raw.join(', ')}: UDP is not needed`);
  if (tls.length > 0)
    return doubtful(
      what,
      'SIP gets there by TLS alone: the firewall looks into what passes',
      'Media needs pseudo-TLS (SSLTCP_PORTS=443), or TURN over TLS (docs/turn.md).',
    );
  return bad(what, `no way for media: SIP passes by ${open.map((way) => way.what).join('; ')}`, 'Pass TCP 80 or 443.');
}
