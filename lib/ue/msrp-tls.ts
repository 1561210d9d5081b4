import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { connect, createSecureContext, TLSSocket } from 'node:tls';
import { EdgeError } from '../errors';

/** Our certificate for MSRP over TLS, and its key: PEM. */
export interface MsrpCertificate {
  cert: string;
  key: string;
}

/** The value of our a=fingerprint (RFC 8122 §5). Throws `certificate-invalid`. */
export function fingerprintOf({ cert }: MsrpCertificate): string {
  try {
    return `sha-256 ${new X509Certificate(cert).fingerprint256}`;
  } catch (cause) {
    throw new EdgeError('certificate-invalid', 'The certificate for MSRP over TLS cannot be read.', { cause });
  }
}

/**
 * TLS over whatever carries the bytes (RFC 4975 §14.1): the active end is its client, and the peer is who its
 * fingerprint says. Rejects with `tls-failed`.
 */
export async function secured(
  stream: Duplex,
  { cert, key }: MsrpCertificate,
  { active, fingerprint }: { active: boolean; fingerprint: string | undefined },
): Promise<Duplex> {
  // Whom a fingerprint names need not be whom an authority knows.
  const trust = { rejectUnauthorized: false, requestCert: true };
  const secure = active
    ? connect({ socket: stream, cert, key, ...trust })
    : new TLSSocket(stream, { isServer: true, secureContext: createSecureContext({ cert, key }), ...trust });
  secure.on('error', () => undefined);
  try {
    await once(secure, active ? 'secureConnect' : 'secure');
  } catch (cause) {
    throw new EdgeError('tls-failed', 'TLS for MSRP failed.', { cause });
  }
  const shown = `sha-256 ${secure.getPeerCertificate().fingerprint256}`;
  if (fingerprint?.toUpperCase() !== shown.toUpperCase()) {
    secure.destroy();
    throw new EdgeError('tls-failed', 'The certificate of the MSRP peer is not the one that its SDP names.');
  }
  return secure;
}
