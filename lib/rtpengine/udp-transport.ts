import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { NgTransport, NgTransportListener } from './ng-transport';

/** ng over UDP: a datagram a message. Who can send datagrams to rtpengine's port can command it. */
export class UdpTransport implements NgTransport {
  readonly isLossy = true;
  readonly #socket: Socket;
  readonly #to: { host: string; port: number };
  #error: Error | null | undefined;
  #isClosed = false;

  constructor(to: { host: string; port: number }, listener: NgTransportListener) {
    this.#to = to;
    this.#socket = createSocket(isIPv6(to.host) ? 'udp6' : 'udp4');
    this.#socket.unref();
    this.#socket.on('message', (message) => listener.received(message));
    this.#socket.on('error', (error) => (this.#error = error));
  }

  send(message: Buffer): void {
    // One that cannot be sent, to a name without an address for instance, is as good as lost.
    this.#socket.send(message, this.#to.port, this.#to.host, (error) => (this.#error = error));
  }

  unanswered(): string | undefined {
    return this.#error?.message;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#socket.close();
  }
}
