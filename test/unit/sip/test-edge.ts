import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { Writable } from 'node:stream';
import { AccessListener } from '../../../lib/access/access-listener';
import { CallTable } from '../../../lib/calls/call-table';
import { Srf } from '../../../lib/drachtio/srf';
import { EgressRelay } from '../../../lib/egress/egress-relay';
import { monotonicNow } from '../../../lib/ops/clock';
import { createLogger } from '../../../lib/ops/logger';
import type { SipTimers } from '../../../lib/sip/sip-edge';
import { MemoryRegistrations } from '../../../lib/sip/memory-registrations';
import { shareLimits, type ShareLimits } from '../../../lib/shares/limits';
import { RequestShares } from '../../../lib/shares/request-shares';
import { startPcscf, type RunningPcscf } from '../../../lib/sip/pcscf';
import type { Load } from '../../../lib/sip/request-room';
import type { PcscfSettings } from '../../../lib/sip/pcscf-settings';
import { CarriedBodies } from '../../../lib/drachtio/fence/carried-bodies';
import { FakeAnchor } from './fake-anchor';
import { freePort, SipPeer } from './sip-peer';
import { secret, startSipServer, type SipServer } from './sip-server';

interface Address {
  address: string;
  port: number;
}

export interface TestEdgeOptions {
  timers?: Partial<SipTimers>;
  settings?: Partial<PcscfSettings>;
  /** TCP connections of UEs go to an access listener in front of the SIP server. */
  fronted?: boolean;
  /** Of what the peers send and receive. */
  encoding?: BufferEncoding;
  /** What UEs may take; its rates do not recover, for their clock stands still. */
  shares?: ShareLimits;
  /** Whether there is time for more. */
  load?: Load;
}

/** A P-CSCF over a SIP server, with a fake anchor: the embedded edge, or the drachtio-server of DRACHTIO_BIN. */
export class TestEdge {
  readonly anchor = new FakeAnchor();
  readonly calls = new CallTable(10);
  readonly log: string[] = [];
  readonly #logWatchers = new Set<(line: string) => void>();
  readonly access: Address;
  readonly core: Address;
  readonly front: Address | undefined;
  readonly srf: Srf;
  readonly #registrations = new MemoryRegistrations();
  readonly #pcscf: RunningPcscf;
  readonly #peers = new Set<SipPeer>();
  readonly #server: SipServer;
  readonly #link: LinkRelay;
  readonly #egress: EgressRelay;
  readonly #front: AccessListener | undefined;
  readonly coreNextHop: SipPeer;
  readonly #encoding: BufferEncoding | undefined;

  private constructor(
    at: { access: Address; core: Address; front: Address | undefined },
    server: SipServer,
    link: LinkRelay,
    coreNextHop: SipPeer,
    { timers, settings, shares, load, encoding }: TestEdgeOptions,
  ) {
    this.#encoding = encoding;
    this.access = at.access;
    this.core = at.core;
    this.front = at.front;
    this.#server = server;
    this.#link = link;
    this.coreNextHop = coreNextHop;
    this.#peers.add(coreNextHop);
    const sink = new Writable({
      write: (line: Buffer, _encoding, done) => {
        this.log.push(line.toString());
        for (const look of this.#logWatchers) look(line.toString());
        done();
      },
    });
    const logger = createLogger('debug', sink);
    const limits = shares ?? shareLimits();
    const requests = shares ? new RequestShares(shares, () => 0) : new RequestShares(limits);
    const narrow = { shares: limits, requests };
    const listen = at.front && [{ host: at.front.address, port: at.front.port, transport: 'tcp' as const }];
    const bodies = new CarriedBodies(monotonicNow);
    this.#front = listen && new AccessListener({ listen, server: at.access, logger, bodies, ...narrow });
    const contacts = [{ ...at.core, transports: ['udp', 'tcp'] as const }];
    this.#egress = new EgressRelay({ hosts: [at.core.address], logger, server: contacts, bodies });
    this.srf = new Srf({ host: '127.0.0.1', port: link.port, secret, retryMaxDelay: 200, bodies });
    this.#pcscf = startPcscf({
      srf: this.srf,
      anchor: this.anchor,
      calls: this.calls,
      registrations: this.#registrations,
      egress: this.#egress,
      connections: this.#front,
      ...narrow,
      ...(load && { load }),
      settings: {
        accessContacts: [contact(at.access)],
        publicContacts: at.front ? [contact(at.front)] : [],
        coreContacts: [contact(at.core)],
        coreNextHop: `sip:${coreNextHop.address}:${coreNextHop.port}`,
        ...{ relayAlways: false, keepsCallIds: false, releaseOnMediaLoss: false, accessNetworkInfo: 'pass' },
        ...{ visitedNetworkId: undefined, integrityProtected: undefined, moreHeaders: {}, emergency: { numbers: [] } },
        flowTokenKeys: ['first-flow-token-key', 'other-flow-token-key'],
        // Peers of tests seldom answer the last BYE.
        timers: { bye: 100, ...timers },
        ...settings,
      },
      logger,
    });
  }

  static async start(options: TestEdgeOptions = {}): Promise<TestEdge> {
    const access = { address: '127.2.0.1', port: await freePort('127.2.0.1') };
    const core = { address: '127.1.0.1', port: await freePort('127.1.0.1') };
    const server = await startSipServer([contact(access), contact(core)]);
    const coreNextHop = await SipPeer.udp('127.1.0.2', core, 0, options.encoding);
    const link = await LinkRelay.open(server.adminPort);
    const front = options.fronted ? { address: '127.2.0.3', port: await freePort('127.2.0.3') } : undefined;
    const edge = new TestEdge({ access, core, front }, server, link, coreNextHop, options);
    await edge.#egress.start();
    await edge.#front?.start();
    edge.srf.connect();
    await once(edge.srf, 'connect');
    await edge.routed();
    return edge;
  }

  /** The server may read the app's routes after the first request of a peer: it answers 503 until then. */
  async routed(): Promise<void> {
    for (let status = 503; status === 503;) {
      this.coreNextHop.request('OPTIONS', `sip:${this.core.address}:${this.core.port}`);
      ({ status } = await this.coreNextHop.next((message) => message.status > 0 && message.method === 'OPTIONS'));
    }
  }

  /** Resolves with the first line of the log, past or to come, that has all of these in it. */
  async logged(...parts: string[]): Promise<string> {
    const has = (line: string) => parts.every((part) => line.includes(part));
    const known = this.log.find(has);
    if (known !== undefined) return known;
    return await new Promise((resolve) => {
      const look = (line: string) => {
        if (!has(line)) return;
        this.#logWatchers.delete(look);
        resolve(line);
      };
      this.#logWatchers.add(look);
    });
  }

  /** A UE with one TCP connection to the access contact, over which nothing is registered. */
  async stranger(): Promise<SipPeer> {
    const peer = await SipPeer.tcp('127.2.0.2', this.front ?? this.access, this.#encoding);
    this.#peers.add(peer);
    return peer;
  }

  /** UEs that the access listener takes for registered, or in a call. */
  get proven(): number | undefined {
    return this.#front?.counts().authenticated;
  }

  /** Another element of the core, over UDP. */
  async coreElement(address: string, port = 0): Promise<SipPeer> {
    const peer = await SipPeer.udp(address, this.core, port, this.#encoding);
    this.#peers.add(peer);
    return peer;
  }

  /** A UE that is registered over its TCP connection. */
  async ue(): Promise<SipPeer> {
    const peer = await this.stranger();
    await this.register(peer);
    return peer;
  }

  /** A UE that is registered over UDP. */
  async udpUe(user = 'alice'): Promise<SipPeer> {
    const peer = await SipPeer.udp('127.2.0.2', this.access);
    this.#peers.add(peer);
    await this.register(peer, { To: `<sip:${user}@ims.example>` });
    return peer;
  }

  /** Registers and returns the Path that the core got; `granted` are headers of its 200. */
  async register(
    ue: SipPeer,
    extra: Record<string, string> = {},
    granted: Record<string, string> = {},
  ): Promise<string> {
    const alice = '<sip:alice@ims.example>';
    ue.request('REGISTER', 'sip:ims.example', { To: alice, Contact: `${ue.contact};expires=600`, ...extra });
    const register = await this.coreNextHop.next('REGISTER');
    this.coreNextHop.respond(register, 200, { Contact: register.all('Contact').join(', '), ...granted });
    await ue.next('200 REGISTER');
    return register.header('Path');
  }

  /** How the SIP server's process ended, if it did by itself. */
  get serverDeath(): string | undefined {
    return this.#server.death;
  }

  /** Keeps nothing of what was seen so far. */
  forget(): void {
    this.coreNextHop.history.length = 0;
    this.coreNextHop.forget();
    this.log.length = 0;
    this.anchor.asked.length = 0;
    this.anchor.releases.clear();
  }

  /** Closes a peer, of which nothing is kept. */
  part(peer: SipPeer): void {
    peer.close();
    this.#peers.delete(peer);
  }

  /** Closes a peer of the test's own with the edge. */
  keep(peer: SipPeer): void {
    this.#peers.add(peer);
  }

  /** Cuts the app's link to the server, as a crash would; it may come back at once. */
  cutLink(): void {
    this.#link.cut();
  }

  /** Requests that were refused, by why. */
  get refused() {
    return this.#pcscf.refused();
  }

  async drainPcscf(): Promise<void> {
    await this.#pcscf.drain();
  }

  resumePcscf(): void {
    this.#pcscf.resume();
  }

  async closePcscf(): Promise<void> {
    await this.#pcscf.close();
  }

  async close(): Promise<void> {
    await this.#pcscf.close();
    this.#registrations.close();
    this.srf.close();
    await this.#front?.close();
    for (const peer of this.#peers) peer.close();
    this.#link.close();
    await this.#egress.close();
    await this.#server.stop();
  }
}

/** Stands between the app and the server, so that their link can be cut. */
class LinkRelay {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(adminPort: number) {
    this.#server = createServer({ noDelay: true }, (near) => {
      const far = connect({ port: adminPort, host: '127.0.0.1', noDelay: true });
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(from);
        from.setNoDelay(true);
        from.on('error', () => undefined);
        from.on('data', (bytes) => to.write(bytes));
        from.on('close', () => {
          this.#sockets.delete(from);
          to.destroy();
        });
      }
    });
  }

  static async open(adminPort: number): Promise<LinkRelay> {
    const relay = new LinkRelay(adminPort);
    relay.#server.listen(0, '127.0.0.1');
    await once(relay.#server, 'listening');
    return relay;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.#server.close();
    this.cut();
  }
}

function contact({ address, port }: Address): string {
  return `sip:${address}:${port};transport=udp,tcp`;
}
