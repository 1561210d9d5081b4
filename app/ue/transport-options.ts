import type { SipTransport } from '../../lib/ue/edge-connection';
import type { HttpProxy } from '../../lib/ue/open-socket';
import { hostPort, wrong } from './option-values';
import { contentOf } from './pem-files';

/** The command line's options of what SIP goes over. */
export interface GivenTransport {
  tls: boolean;
  ca?: string | undefined;
  'server-name'?: string | undefined;
  insecure: boolean;
  ws: boolean;
  'http-proxy'?: string | undefined;
}

export interface TransportOptions {
  /** `caFile`: PEM. */
  tls: { caFile: string | undefined; serverName: string | undefined; insecure: boolean } | undefined;
  webSocket: boolean;
  proxy: HttpProxy | undefined;
}

/** What SIP goes over, and the port that it has there unless another is named. Throws `options-wrong`. */
export function transportOptions(given: GivenTransport): TransportOptions & { defaultPort: number } {
  const { tls, ws: webSocket, ca: caFile, 'server-name': serverName, insecure } = given;
  const ofTls = (['ca', 'server-name', 'insecure'] as const).find((name) => given[name] !== undefined && given[name]);
  if (!tls && ofTls !== undefined) throw wrong(`--${ofTls} wants --tls beside it`);
  return {
    tls: tls ? { caFile, serverName, insecure } : undefined,
    webSocket,
    proxy: given['http-proxy'] === undefined ? undefined : httpProxy(given['http-proxy']),
    defaultPort: webSocket ? (tls ? 443 : 80) : tls ? 5061 : 5060,
  };
}

/** With what the files have. Throws `file-unreadable`. */
export function sipTransport({ tls, ...others }: TransportOptions): SipTransport {
  if (tls === undefined) return others;
  const { caFile, ...rest } = tls;
  return { ...others, tls: { ...rest, ca: caFile === undefined ? undefined : contentOf(caFile) } };
}

function httpProxy(text: string): HttpProxy {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'http:' || url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    throw wrong(`--http-proxy wants http://HOST:PORT, not "${text}"`);
  }
  const { username, password } = url;
  const credentials = username === '' ? undefined : [username, password].map(decodeURIComponent).join(':');
  return { ...hostPort('--http-proxy', url.host, 80), credentials };
}
