import { isIP, isIPv6 } from 'node:net';
import { EdgeError } from '../errors';
import { familyOf, type AddressFamily } from '../ip-address';
import type { Logger } from '../ops/logger';
import type { CarriedBodies } from '../drachtio/fence/carried-bodies';
import { headersOf } from '../drachtio/fence/hidden-headers';
import { parseSipUri } from '../wire/sip-uri';
import type { ServerContact } from './core-entry';
import type { CoreHops } from './core-hops';
import { Endpoint } from './endpoint';
import { checkedErrand, nextHopOf, usableHop, type Errand, type Way } from './errand';
import { limits as defaults, type Limits } from './limits';
import type { Destination, Link } from '../wire/link';
import type { SeenSip, SipTap } from '../wire/sip-tap';
import { Names, type Lookups } from '../wire/names';
import { coreCallId } from '../drachtio/fence/own-call-ids';
import { Relaying } from './relaying';

export interface EgressRelayOptions {
  /** Addresses to listen on, those of the core contacts: IPv4, IPv6 without brackets, or both. */
  readonly hosts: readonly string[];
  /** The same for UDP and TCP on all hosts; 0 (default) takes any free one. */
  readonly port?: number;
  readonly logger: Logger;
  readonly limits?: Partial<Limits>;
  /** In place of the system's. */
  readonly lookups?: Lookups;
  /** Where the SIP server takes what the core sends; unset: nothing is passed on to it but in dialogs that began here. */
  readonly server?: readonly ServerContact[];
  /** Bodies that go past the server, shared with the app; unset: none do. */
  readonly bodies?: CarriedBodies | undefined;
  /** Where requests for the core may go; unset: anywhere. */
  readonly hops?: CoreHops;
  /** Is told of what the core sends and is sent; unset: nobody is. */
  readonly tap?: SipTap | undefined;
}

/**
 * Stands between the SIP server and the core for what the server cannot do itself: it sets Route headers and
 * Request-URIs. Dialogs that begin by way of it stay so, and have another Call-ID toward the core.
 *
 * The app registers an `Errand`, and has the server send its request to the relay. Whoever else sends to the relay's
 * port gets nothing forwarded.
 */
export class EgressRelay {
  readonly #relaying: Relaying;
  readonly #endpoints: readonly Endpoint[];
  readonly #names: Names;
  readonly #limits: Limits;
  readonly #tap: SipTap | undefined;
  #sweeping: NodeJS.Timeout | undefined;

  constructor(options: EgressRelayOptions) {
    const { hosts, port = 0, logger, limits, lookups } = options;
    this.#limits = { ...defaults, ...limits };
    this.#tap = options.tap;
    this.#endpoints = hosts.map(
      (host) =>
        new Endpoint(host, port, this.#limits, {
          message: (text, link, isTooLarge) => {
            const isOfUse = this.#relaying.receive(text, link, isTooLarge);
            if (isOfUse) this.#saw('received', text, link);
            return isOfUse;
          },
          sent: (text, link) => this.#saw('sent', text, link),
          isWanted: (link) => this.#relaying.branches.waitingFor(link).length > 0,
          lost: (link) => this.#relaying.lost(link),
        }),
    );
    this.#names = new Names(new Set(this.#endpoints.map(({ family }) => family)), this.#limits, lookups);
    const network = {
      locate: this.#names.locate.bind(this.#names),
      linkTo: (to: Destination) => this.#endpointFor(to.address)?.linkTo(to),
      isOwn: (to: Destination) => this.#endpoints.some((own) => own.host === to.address && own.port === to.port),
    };
    this.#relaying = new Relaying(network, logger, this.#limits, () => performance.now(), options);
  }

  /** `host:port` where the core reaches UEs by way of the relay, on the address that it is given. */
  entry(address: string): string | undefined {
    return this.#endpoints.find(({ host }) => host === address)?.sentBy;
  }

  /** Those that it listens on, once it has started. */
  get ports(): readonly number[] {
    return this.#endpoints.map(({ port }) => port);
  }

  /** Requests and responses that nothing was done with since the start. */
  get dropped(): { readonly requests: number; readonly responses: number } {
    return this.#relaying.dropped;
  }

  /** Rejects with EdgeError `egress-listen-failed`, which names the address. */
  async start(): Promise<void> {
    try {
      for (const endpoint of this.#endpoints) await endpoint.open();
    } catch (error) {
      await this.close();
      throw error;
    }
    this.#sweeping = setInterval(() => {
      this.#relaying.sweep();
      for (const endpoint of this.#endpoints) endpoint.sweep();
    }, this.#limits.sweep);
  }

  /**
   * Registers an errand for one request; it waits 32 s for it.
   *
   * Throws EdgeError `egress-invalid` for values that cannot stand in a SIP message; `egress-unreachable` (503) for a
   * next hop of an address family that the relay has no address of; `egress-unsupported` (502) for `sips:`, `maddr` and
   * other transports than UDP and TCP; `egress-full` (503) if too many errands wait.
   */
  send(errand: Errand): Way {
    const { host, transport } = nextHopOf(errand.nextHop);
    const endpoint = isIP(host) === 0 ? this.#endpoints[0] : this.#endpointFor(host);
    if (!endpoint) {
      const message = `The next hop ${errand.nextHop} is of an address family that CORE_CONTACTS lacks.`;
      throw new EdgeError('egress-unreachable', message);
    }
    const id = this.#relaying.errands.put(checkedErrand(errand));
    const known = errand.keepsCallId === true ? (callId: string) => callId : coreCallId;
    const proxy = `sip:${endpoint.sentBy};transport=${transport}`;
    return { proxy, headers: headersOf({ Errand: id }), coreCallId: known };
  }

  /** The app got a 2xx to the SUBSCRIBE with this Call-ID of the server: the server holds its dialog as established. */
  subscribed(callId: string): void {
    this.#relaying.subscribed(callId);
  }

  /** The SIP server is lost: INVITEs that it has sent by way of here are cancelled, and those for it get 503. */
  serverLost(): void {
    this.#relaying.serverLost();
  }

  /**
   * Sends a message into the core past the SIP server, which is lost: once, since nothing depends on it any more.
   * @param text with one character a byte
   * @param uri where to
   */
  pass(text: string, uri: string): void {
    const hop = usableHop(uri);
    if (!hop) return;
    this.#names.locate(hop, (to) => {
      if (to) this.#endpointFor(to.address)?.linkTo(to)?.send(text);
    });
  }

  /**
   * Tells whether a next hop can be found now: whether its name has an address of a family that the relay has. Says
   * nothing where the relay is closed before, and true for next hops that it does not send to itself.
   */
  find(nextHop: string, then: (isFound: boolean) => void): void {
    const hop = usableHop(nextHop);
    if (hop) this.#names.locate(hop, (destination) => then(destination !== undefined));
    else then(true);
  }

  /** The address family that it sends to a next hop in; undefined: it cannot be found, or is none that it sends to. */
  async familyOf(nextHop: string): Promise<AddressFamily | undefined> {
    const [family, ...others] = new Set(this.#endpoints.map(({ host }) => familyOf(host)));
    if (others.length === 0) return family;
    const host = parseSipUri(nextHop)?.host ?? '';
    if (isIP(host) !== 0) return familyOf(host);
    const hop = usableHop(nextHop);
    const address = hop && (await this.#names.addressOf(hop));
    return address === undefined ? undefined : familyOf(address);
  }

  /** Resolves when nothing is open any more. May be called again. */
  async close(): Promise<void> {
    clearInterval(this.#sweeping);
    this.#names.close();
    this.#relaying.close();
    await Promise.all(this.#endpoints.map((endpoint) => endpoint.close()));
  }

  /** What goes between relay and SIP server is no message of the core. */
  #saw(way: SeenSip['way'], text: string, link: Link): void {
    if (this.#tap === undefined || this.#relaying.isServer(link)) return;
    const { transport, address, port } = link;
    const near = this.#endpointFor(address);
    this.#tap({
      way,
      transport,
      far: { address, port },
      near: { address: near?.host ?? '', port: near?.port ?? 0 },
      text,
    });
  }

  #endpointFor(address: string): Endpoint | undefined {
    return this.#endpoints.find(({ family }) => family === (isIPv6(address) ? 6 : 4));
  }
}
