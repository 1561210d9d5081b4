import { constants } from 'node:crypto';
import type { Socket } from 'node:net';
import { createSecureContext, TLSSocket, type SecureContext } from 'node:tls';
import { EdgeError } from '../errors';

/** Certificate chain and private key, PEM. */
export interface Certificate {
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
}

/** Those of TLS 1.3, and of TLS 1.2 those with forward secrecy and authenticated encryption (RFC 9325 §4.2). */
const ciphers = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
];

/** @throws EdgeError `config-invalid` */
export function secureContext({ cert, key }: Certificate): SecureContext {
  try {
    return createSecureContext({
      cert,
      key,
      minVersion: 'TLSv1.2',
      ciphers: ciphers.join(':'),
      // A handshake costs us much and who asks for it next to nothing.
      secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    });
  } catch (error) {
    throw new EdgeError('config-invalid', 'The TLS certificate and its key cannot be used.', { cause: error });
  }
}

/** The server's end of TLS on a socket, which is closed if the handshake is not done within `handshake` ms. */
export function secured(socket: Socket, context: SecureContext, handshake: number): TLSSocket {
  const deadline = setTimeout(() => socket.destroy(), handshake);
  const tls = new TLSSocket(socket, { isServer: true, secureContext: context });
  tls.once('secure', () => clearTimeout(deadline));
  socket.once('close', () => clearTimeout(deadline));
  return tls;
}
