import type { Socket } from 'node:net';
import type { ListeningPoint } from './contact';
import type { Flow } from './flow';
import { limits } from './limits';
import { sipConnection } from '../wire/bound-sockets';
import type { Carriage } from '../wire/carriage';
import type { SipStream } from '../wire/sip-stream';

export interface TcpConnectionEvents {
  message(text: string, connection: TcpConnection): void;
  /** `isUndelivered`: what was sent has reached nobody, for want of a connection. */
  closed(connection: TcpConnection, isUndelivered: boolean): void;
}

/** A SIP connection, accepted or opened by us; either side may send requests on it. */
export class TcpConnection implements Flow {
  readonly local: ListeningPoint;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly #stream: SipStream;

  /** @param way the accepted socket, or what carries a connection that we open; if neither, TCP is opened */
  constructor(
    local: ListeningPoint,
    remote: { address: string; port: number },
    events: TcpConnectionEvents,
    way?: Socket | Carriage,
  ) {
    this.local = local;
    this.remoteAddress = remote.address;
    this.remotePort = remote.port;
    this.#stream = sipConnection(remote, way ?? local.host, limits, {
      message: (text) => events.message(text, this),
      closed: (whileConnecting, fault) => {
        events.closed(this, whileConnecting);
        if (fault !== undefined) throw fault as Error;
      },
    });
  }

  get isOpen(): boolean {
    return this.#stream.isOpen;
  }

  send(text: string): void {
    this.#stream.send(text);
  }

  close(): void {
    this.#stream.close();
  }
}
