import { createConnection } from 'node:net';
import { dialledFrom, leaveUnanswered } from '../drachtio/fence/toward-server';
import { SocketCarriage } from '../wire/carriage';
import type { SipMessage } from '../wire/sip-message';
import { SipStream } from '../wire/sip-stream';
import { branchAtServer } from './crossing';
import type { AccessLimits } from './limits';

export interface Address {
  readonly address: string;
  readonly port: number;
}

export interface ServerSideEvents {
  /** The SIP server has taken the connection; `own` is what it sees of it. */
  opened(own: Address): void;
  message(text: string): void;
  /** Told once. `refusal`: why the server did not take it; `fault`: what `message` threw. */
  closed(refusal: Error | undefined, fault: unknown): void;
}

/** A UE's connection to the SIP server: opened by its first request, and what comes until it stands has to wait. */
export class ServerSide {
  readonly #server: Address;
  readonly #limits: AccessLimits;
  readonly #events: ServerSideEvents;
  #stream: SipStream | undefined;
  #waiting: SipMessage[] = [];
  #waitingBytes = 0;

  constructor(server: Address, limits: AccessLimits, events: ServerSideEvents) {
    this.#server = server;
    this.#limits = limits;
    this.#events = events;
  }

  get isOpen(): boolean {
    return this.#stream?.isOpen === true;
  }

  send(text: string): void {
    this.#stream?.send(text);
  }

  /** Keeps a request until the connection stands. False: more waits than may. */
  wait(request: SipMessage): boolean {
    this.#waiting.push(request);
    this.#waitingBytes += request.raw?.length ?? 0;
    if (this.#waitingBytes > this.#limits.waiting) return false;
    this.#stream ??= this.#dial();
    return true;
  }

  /** Whether an INVITE waits that a CANCEL, or the ACK of a refusal, belongs to. */
  isOfWaiting(request: SipMessage): boolean {
    const isInvite = ({ method, cseq }: SipMessage) => method === 'INVITE' && cseq?.number === request.cseq?.number;
    const invites = this.#waiting.filter(isInvite);
    return invites.some((invite) => branchAtServer(invite) === branchAtServer(request));
  }

  /** What waits, which does so no more. */
  takeWaiting(): SipMessage[] {
    return this.#waiting.splice(0);
  }

  close(): void {
    this.#stream?.close();
  }

  #dial(): SipStream {
    const { address, port } = this.#server;
    const socket = createConnection({ host: address, port, ...dialledFrom(address) });
    let refusal: Error | undefined;
    socket.once('error', (error) => (refusal = error));
    const { connect, firstMessage, message, unsent, serverBody: body } = this.#limits;
    return new SipStream(
      new SocketCarriage(socket, body),
      'dialled',
      { connect, firstMessage, message, unsent },
      {
        connected: () => this.#events.opened({ address: socket.localAddress ?? '', port: socket.localPort ?? 0 }),
        ping: leaveUnanswered,
        message: (text) => this.#events.message(text),
        closed: (_connecting, fault) => this.#events.closed(refusal, fault),
      },
    );
  }
}
