import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

/** A request that is answered past the HTTP server. */
export interface Refusal {
  readonly status: number;
  readonly reason: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** For whoever reads it: one sentence. */
  readonly text: string;
}

/** Paths that clients of SIP over WebSocket have by default: a request that does not upgrade is told so there. */
export const webSocketPaths = ['/ws', '/sip'];

/** RFC 9110 §15.5.22, for what is no SIP over WebSocket. */
export const upgradeRequired: Refusal = {
  status: 426,
  reason: 'Upgrade Required',
  headers: { Upgrade: 'websocket', Connection: 'Upgrade, close' },
  text: 'Only SIP over WebSocket is served here: an upgrade to websocket with the subprotocol sip (RFC 7118).',
};

const foreignOrigin: Refusal = {
  status: 403,
  reason: 'Forbidden',
  text: 'Pages of this origin may not speak SIP over WebSocket here.',
};

/** RFC 9110 §15.5.6. */
export const noTunnels: Refusal = {
  status: 405,
  reason: 'Method Not Allowed',
  headers: { Allow: 'GET, HEAD' },
  text: 'This is no proxy.',
};

/** What is no HTTP/1.1, or does not come in time (RFC 9110 §15.5, RFC 6585 §5). */
export const unreadable: Refusal = { status: 400, reason: 'Bad Request', text: 'This is no HTTP/1.1.' };
export const unreadableBy: Readonly<Partial<Record<string, Refusal>>> = {
  HPE_HEADER_OVERFLOW: { status: 431, reason: 'Request Header Fields Too Large', text: 'The headers are too long.' },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, reason: 'Request Timeout', text: 'The request did not come in time.' },
};

/**
 * Why a WebSocket is refused, as far as HTTP tells; undefined: it is for SIP, on whichever path.
 * @param origins those whose pages may; unset: all. Who is no browser need not say one (RFC 6455 §10.2).
 */
export function upgradeRefusal(
  { headers }: Pick<IncomingMessage, 'headers'>,
  origins: readonly string[] | undefined,
): Refusal | undefined {
  const protocols = headers['sec-websocket-protocol']?.split(',').map((each) => each.trim().toLowerCase()) ?? [];
  if (!protocols.includes('sip')) return upgradeRequired;
  const { origin } = headers;
  const isForeign = origins !== undefined && origin !== undefined && !origins.includes(origin.toLowerCase());
  return isForeign ? foreignOrigin : undefined;
}

/** Whether it asks for a WebSocket. Any other protocol may be ignored (RFC 9110 §7.8): curl asks for `h2c` by default. */
export function wantsWebSocket({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket';
}

/** The head of a request as it came, but for its Upgrade. */
export function withoutUpgrade({ method = '', url = '', httpVersion, rawHeaders }: IncomingMessage): Buffer {
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = rawHeaders.slice(at, at + 2);
    if (name.toLowerCase() !== 'upgrade') lines.push(`${name}: ${value}`);
  }
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}

/** Answers on the connection itself, and ends it. */
export function refuse(stream: Duplex, { status, reason, headers = {}, text }: Refusal): void {
  const lines = { Connection: 'close', ...headers, 'Content-Type': 'text/plain; charset=utf-8' };
  const all = Object.entries({ ...lines, 'Content-Length': String(text.length + 1) });
  const head = all.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  stream.on('error', () => undefined);
  stream.end(`HTTP/1.1 ${status} ${reason}\r\n${head}\r\n${text}\n`, () => stream.destroy());
}
