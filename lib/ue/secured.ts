import { once } from 'node:events';
import { isIP, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { EdgeError } from '../errors';
import { closeReason } from './open-socket';

export interface TlsOptions {
  /** Whom the certificate has to name; the edge's host unless given. */
  serverName?: string | undefined;
  /** Authorities that are trusted, PEM; those of the system unless given. */
  ca?: string | Buffer | undefined;
  /** Takes any certificate. */
  insecure?: boolean | undefined;
}

interface Securing {
  host: string;
  /** The far end, for a person. */
  name: string;
  tls: TlsOptions;
  signal: AbortSignal;
}

/** TLS on a connection. Rejects with `tls-failed` or `certificate-untrusted`; the connection is gone then. */
export async function secured(socket: Socket, { host, name, tls, signal }: Securing): Promise<TLSSocket> {
  const { serverName = host, ca, insecure } = tls;
  // SNI takes no addresses (RFC 6066 §3); a certificate may name one.
  const named = isIP(serverName) === 0 ? { servername: serverName } : { host: serverName };
  const secure = connectTls({ socket, ...named, ca, rejectUnauthorized: insecure !== true });
  const handshake = { isOver: false };
  secure.once('secure', () => (handshake.isOver = true));
  try {
    await once(secure, 'secureConnect', { signal });
  } catch (cause) {
    secure.destroy();
    const reason = closeReason(cause as Error);
    if (!handshake.isOver)
      throw new EdgeError('tls-failed', `${name} cannot be spoken to by TLS: ${reason}.`, { cause });
    const how = 'shows a certificate that cannot be verified';
    throw new EdgeError('certificate-untrusted', `${name} ${how}: ${reason}.`, { cause });
  }
  return secure;
}
