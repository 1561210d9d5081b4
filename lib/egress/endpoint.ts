import type { Socket as UdpSocket } from 'node:dgram';
import { isIPv6, type Server, type Socket } from 'node:net';
import { bindError } from '../wire/bind-error';
import { bindTcp, bindUdp, unbound } from '../wire/bound-sockets';
import { hostPort } from '../wire/sip-uri';
import type { Limits } from './limits';
import type { Destination, Link } from '../wire/link';
import { TcpLink } from './tcp-link';

/** Where an endpoint brings what it receives. */
export interface EndpointEvents {
  /** Returns whether the message was of use. `isTooLarge`: there is its head alone. */
  message(text: string, link: Link, isTooLarge: boolean): boolean;
  /** Whether somebody waits for something to come over the link. */
  isWanted(link: Link): boolean;
  lost(link: Link): void;
  /** Something was sent over the link. */
  sent(text: string, link: Link): void;
}

/** How often another port is tried, where one was free for UDP and not for TCP. */
const tries = 20;

/** So many of those that were unused for longest are looked at, whether somebody waits for them: it takes its time. */
const fewLinks = 8;

/** The relay's sockets on one address: UDP and TCP on the same port, and the connections from and to there. */
export class Endpoint {
  readonly host: string;
  #port: number;
  readonly #events: EndpointEvents;
  readonly #limits: Limits;
  #udp: UdpSocket | undefined;
  #server: Server | undefined;
  readonly #dialled = new Map<string, TcpLink>();
  /** Oldest first. */
  readonly #accepted = new Set<TcpLink>();
  #isClosed = false;

  constructor(host: string, port: number, limits: Limits, events: EndpointEvents) {
    this.host = host;
    this.#port = port;
    this.#limits = limits;
    this.#events = events;
  }

  get port(): number {
    return this.#port;
  }

  get family(): 4 | 6 {
    return isIPv6(this.host) ? 6 : 4;
  }

  /** As it stands in a Via or a URI. */
  get sentBy(): string {
    return hostPort(this.host, this.#port);
  }

  /** Rejects with EdgeError `egress-listen-failed`. */
  async open(): Promise<void> {
    for (let left = tries; ; left--) {
      try {
        await this.#bind();
        return;
      } catch (cause) {
        await this.close();
        this.#isClosed = false;
        const isTaken = (cause as NodeJS.ErrnoException).code === 'EADDRINUSE';
        if (this.#port !== 0 || !isTaken || left === 0) throw bindError(this.sentBy, cause, 'egress-listen-failed');
      }
    }
  }

  async #bind(): Promise<void> {
    // Those that wait for an answer have their timers.
    const failed = () => undefined;
    this.#udp = await bindUdp(this.host, this.#port, {
      received: (text, { address, port }) => void this.#events.message(text, this.#udpLink(address, port), false),
      failed,
    });
    const { server, port } = await bindTcp(this.host, this.#udp.address().port, {
      received: (socket, peer) => this.#accept(this.#link(peer, socket)),
      failed,
    });
    this.#server = server;
    this.#port = port;
  }

  /** A link to a next hop of this endpoint's family; beyond the limit, the connection that was unused for longest goes. */
  linkTo({ transport, address, port }: Destination): Link | undefined {
    if (this.#isClosed) return undefined;
    if (transport === 'udp') return this.#udpLink(address, port);
    const key = hostPort(address, port);
    const standing = this.#dialled.get(key);
    if (standing?.isOpen) return standing;
    if (this.#dialled.size >= this.#limits.dialled) this.#makeRoom();
    const link = this.#link({ address, port }, this.host);
    this.#dialled.set(key, link);
    return link;
  }

  /** Closes connections to next hops that nobody uses any more. */
  sweep(): void {
    for (const link of [...this.#dialled.values()]) {
      const isIdle = performance.now() - link.usedAt > this.#limits.idle;
      if (isIdle && !this.#events.isWanted(link)) link.close();
    }
  }

  /** May be called again. Nobody is told of the links that it ends. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const udp = this.#udp;
    const server = this.#server;
    this.#udp = undefined;
    this.#server = undefined;
    for (const link of [...this.#dialled.values(), ...this.#accepted]) link.close();
    await Promise.all([udp && unbound(udp), server && unbound(server)]);
  }

  /** Far ends name next hops, and could else keep those of the operator out. */
  #makeRoom(): void {
    const longestUnused = [...this.#dialled.values()].sort((one, other) => one.usedAt - other.usedAt);
    const few = longestUnused.slice(0, fewLinks);
    (few.find((link) => !this.#events.isWanted(link)) ?? few[0])?.close();
  }

  #link(remote: { address: string; port: number }, socket: Socket | string): TcpLink {
    const events = {
      message: (text: string, link: TcpLink, isTooLarge: boolean) => this.#events.message(text, link, isTooLarge),
      closed: (link: TcpLink) => this.#closed(link),
      sent: (text: string, link: TcpLink) => this.#events.sent(text, link),
    };
    return new TcpLink(remote, socket, { sentBy: this.sentBy, limits: this.#limits, events });
  }

  /** Strangers cannot keep the SIP server out: the oldest of too many goes. */
  #accept(link: TcpLink): void {
    this.#accepted.add(link);
    const proven = [...this.#accepted].filter(({ isProven }) => isProven);
    const strangers = [...this.#accepted].filter(({ isProven }) => !isProven);
    if (strangers.length > this.#limits.strangers) strangers[0]?.close();
    if (proven.length > this.#limits.accepted) proven[0]?.close();
  }

  #closed(link: TcpLink): void {
    if (this.#accepted.delete(link)) return;
    const key = hostPort(link.address, link.port);
    if (this.#dialled.get(key) === link) this.#dialled.delete(key);
    if (!this.#isClosed) this.#events.lost(link);
  }

  #udpLink(address: string, port: number): Link {
    const link: Link = {
      transport: 'udp',
      address,
      port,
      sentBy: this.sentBy,
      send: (text) => {
        this.#udp?.send(Buffer.from(text, 'latin1'), port, address, () => undefined);
        this.#events.sent(text, link);
      },
      prove: () => undefined,
    };
    return link;
  }
}
