import { constants } from 'node:crypto';
import type { Socket } from 'node:net';
import { createSecureContext, TLSSocket, type SecureContext } from 'node:tls';
import { Admission } from '../admission/admission';
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

/** TLS handshakes of UEs: how many there may be at once, and how long one may take, ms. */
export interface HandshakeLimits {
  handshake: number;
  handshakes: number;
}

/** Time that a handshake over a good line takes, ms: until then others make room first. */
const graceMs = 2000;

/**
 * The TLS handshakes under way. Each holds about 100 kB, a thousand times what it costs who asks for it, so there are few
 * at once: for a newcomer, one of them makes room, chosen as among strangers.
 */
export class Handshakes {
  readonly #limits: HandshakeLimits;
  readonly #admission: Admission<Socket>;

  /** @param displace closes a connection whose handshake has to make room */
  constructor(limits: HandshakeLimits, displace: (socket: Socket) => void, now: () => number) {
    this.#limits = limits;
    const { handshakes: most } = limits;
    const unauthenticatedPerAddress = Math.ceil(most / 4);
    const bounds = { connections: most, unauthenticated: most, unauthenticatedPerAddress, graceMs };
    this.#admission = new Admission(bounds, displace, now);
  }

  /** The server's end of TLS on a socket of this peer, which is closed if its handshake takes too long. */
  begin(socket: Socket, address: string, context: SecureContext): TLSSocket {
    const place = this.#admission.enter(socket, address);
    const deadline = setTimeout(() => socket.destroy(), this.#limits.handshake);
    const tls = new TLSSocket(socket, { isServer: true, secureContext: context });
    const over = () => {
      clearTimeout(deadline);
      this.#admission.leave(place);
    };
    tls.once('secure', over);
    socket.once('close', over);
    return tls;
  }
}
