import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';

/** Packets that the system has not taken yet: beyond, they are dropped. */
const mostUnsent = 1000;

/** Sends packets to a capture server over UDP. It waits for nothing: what cannot be sent is dropped, and counted. */
export class CaptureSender {
  readonly #to: { readonly address: string; readonly port: number };
  readonly #socket: Socket;
  #unsent = 0;
  #dropped = 0;
  #sent = 0;

  constructor(to: { readonly address: string; readonly port: number }) {
    this.#to = to;
    this.#socket = createSocket(isIPv6(to.address) ? 'udp6' : 'udp4').unref();
    // Nobody has to be there.
    this.#socket.on('error', () => undefined);
  }

  /** Packets since the start. */
  get counts(): { readonly sent: number; readonly dropped: number } {
    return { sent: this.#sent, dropped: this.#dropped };
  }

  send(packet: Buffer): void {
    if (this.#unsent >= mostUnsent) {
      this.#dropped += 1;
      return;
    }
    this.#unsent += 1;
    this.#socket.send(packet, this.#to.port, this.#to.address, (error) => {
      this.#unsent -= 1;
      if (error === null) this.#sent += 1;
      else this.#dropped += 1;
    });
  }

  close(): void {
    this.#socket.close();
  }
}
