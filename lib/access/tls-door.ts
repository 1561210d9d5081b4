import type { Socket } from 'node:net';
import type { SecureContext, TLSSocket } from 'node:tls';
import type { Logger } from '../ops/logger';
import type { HandshakeGate } from './handshake-gate';
import { secureContext, type Certificate, type Handshakes } from './tls';

/** Where TLS of UEs ends: with which certificate, and who may have a handshake now. */
export class TlsDoor {
  readonly #gate: HandshakeGate;
  readonly #handshakes: Handshakes;
  readonly #logger: Logger;
  #context: SecureContext | undefined;

  constructor(gate: HandshakeGate, handshakes: Handshakes, logger: Logger) {
    this.#gate = gate;
    this.#handshakes = handshakes;
    this.#logger = logger;
  }

  /**
   * For the connections that come from now on.
   * @throws EdgeError `config-invalid`
   */
  useCertificate(certificate: Certificate): void {
    this.#context = secureContext(certificate);
  }

  /** Calls `secured` once the handshake may begin; without a certificate the connection is closed. */
  enter(socket: Socket, address: string, secured: (tls: TLSSocket) => void): void {
    if (this.#context) this.#gate.enter(socket, address, () => this.#begin(socket, address, secured));
    else socket.destroy();
  }

  #begin(socket: Socket, address: string, secured: (tls: TLSSocket) => void): void {
    if (!this.#context) return;
    const tls = this.#handshakes.begin(socket, address, this.#context);
    tls.on('error', (error) => this.#logger.debug({ err: error, address }, 'TLS connection failed'));
    secured(tls);
  }
}
