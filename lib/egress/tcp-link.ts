import type { Socket } from 'node:net';
import { sipConnection } from '../wire/bound-sockets';
import type { SipStream } from '../wire/sip-stream';
import type { Limits } from './limits';
import type { Link } from '../wire/link';

export interface TcpLinkEvents {
  /** Returns whether the message was of use. `isTooLarge`: there is its head alone. */
  message(text: string, link: TcpLink, isTooLarge: boolean): boolean;
  closed(link: TcpLink): void;
  sent(text: string, link: TcpLink): void;
}

/** A connection with the SIP server or with a next hop. */
export class TcpLink implements Link {
  readonly transport = 'tcp';
  readonly address: string;
  readonly port: number;
  readonly sentBy: string;
  /** When it was last used, ms by `performance.now()`. */
  usedAt = performance.now();
  readonly #stream: SipStream;
  readonly #events: TcpLinkEvents;
  isProven: boolean;

  /** @param socket accepted, or the address to open a connection from. */
  constructor(
    remote: { address: string; port: number },
    socket: Socket | string,
    { sentBy, limits, events }: { sentBy: string; limits: Limits; events: TcpLinkEvents },
  ) {
    this.address = remote.address;
    this.port = remote.port;
    this.sentBy = sentBy;
    this.#events = events;
    this.isProven = typeof socket === 'string';
    this.#stream = sipConnection(remote, socket, limits, {
      message: (text, cut) => {
        this.usedAt = performance.now();
        // A stranger gets one try.
        if (!events.message(text, this, cut === 'too-large') && !this.isProven) this.close();
      },
      closed: () => events.closed(this),
    });
  }

  get isOpen(): boolean {
    return this.#stream.isOpen;
  }

  get isConnecting(): boolean {
    return this.#stream.isConnecting;
  }

  prove(): void {
    this.isProven = true;
  }

  send(text: string): void {
    this.usedAt = performance.now();
    this.#stream.send(text);
    this.#events.sent(text, this);
  }

  close(): void {
    this.#stream.close();
  }
}
