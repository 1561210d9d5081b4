import { isDeepStrictEqual } from 'node:util';
import type { TransportAddress } from '../ice/transport-address';
import { normalAddress } from '../ip-address';

/** The parts of an MSRP URI (RFC 4975 §6) in which it may differ from another. */
export interface MsrpUri {
  scheme: 'msrp' | 'msrps';
  /** Without the brackets of IPv6. */
  host: string;
  port: number | undefined;
  sessionId: string;
  /** In lower case. */
  transport: string;
}

const form = /^(msrps?):\/\/(?:[^@/;]*@)?(\[[^\]]+\]|[^:/;]+)(?::(\d{1,5}))?(?:\/([^;]*))?;([A-Za-z0-9]+)(?:;.*)?$/i;

/** Undefined for what is none. */
export function parseMsrpUri(text: string): MsrpUri | undefined {
  const [, scheme = '', host = '', port, sessionId = '', transport = ''] = form.exec(text) ?? [];
  if (scheme === '' || Number(port ?? 0) > 65535) return undefined;
  return {
    scheme: scheme.toLowerCase() === 'msrps' ? 'msrps' : 'msrp',
    host: normalAddress(host.replace(/^\[(.*)\]$/, '$1').toLowerCase()),
    port: port === undefined ? undefined : Number(port),
    sessionId,
    transport: transport.toLowerCase(),
  };
}

/** RFC 4975 §6.1: user part and further parameters do not count. */
export function sameMsrpUri(one: string, other: string): boolean {
  const uri = parseMsrpUri(one);
  return uri !== undefined && isDeepStrictEqual(uri, parseMsrpUri(other));
}

/**
 * The URI with another host and port: the session id, and what else is in it, are the peer's. Its user part is left
 * out. Undefined for what is none.
 */
export function msrpUriAt(text: string, { address, port }: TransportAddress): string | undefined {
  if (parseMsrpUri(text) === undefined) return undefined;
  return text.replace(/^(msrps?:\/\/)[^/;]*/i, `$1${address.includes(':') ? `[${address}]` : address}:${port}`);
}
