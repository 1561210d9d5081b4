import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import { availableParallelism } from 'node:os';
import { CallTable } from '../lib/calls/call-table';
import { Srf } from '../lib/drachtio/srf';
import type { ServerContact } from '../lib/egress/core-entry';
import { EgressRelay } from '../lib/egress/egress-relay';
import { EmbeddedEdge } from '../lib/embedded/embedded-edge';
import { EdgeError } from '../lib/errors';
import { loadNativeAddon } from '../lib/gateway/native-addon';
import { choosePlane } from '../lib/gateway/plane-choice';
import { TcpGateway } from '../lib/gateway/tcp-gateway';
import type { AdvertisedAddress } from '../lib/gateway/stream';
import { fallbackByRealm } from '../lib/media/access-realms';
import { LocalMediaAnchor } from '../lib/media/local-media-anchor';
import { PlacedMedia } from '../lib/media/placed-media';
import type { MsrpSwitch } from '../lib/media/call-msrp';
import { MsrpBridges } from '../lib/msrp/bridges';
import { monotonicNow } from '../lib/ops/clock';
import { LoadShedding } from '../lib/ops/load-shedding';
import type { Logger } from '../lib/ops/logger';
import { LoopLag } from '../lib/ops/loop-lag';
import { CallNames } from '../lib/rtpengine/call-names';
import { LocalDaemon } from '../lib/rtpengine/local-daemon';
import { RtpenginePool } from '../lib/rtpengine/pool';
import { shareLimits, type ShareLimits } from '../lib/shares/limits';
import { RequestShares } from '../lib/shares/request-shares';
import { parseContact } from '../lib/sip/contact';
import { MemoryRegistrations } from '../lib/sip/memory-registrations';
import { startPcscf, type RunningPcscf } from '../lib/sip/pcscf';
import { CarriedBodies } from '../lib/wire/carried-bodies';
import { AccessFront, emergencySettings, shownContacts } from './access-front';
import { anchorAddress } from './anchor-address';
import { tellCallRoom } from './call-room';
import { coreHops } from './core-hops';
import { contactHosts, relaysAlways, type Config } from './config';
import { mediaPlaces } from './media-places';
import { warnOfLostHops } from './next-hops';
import { roomHere, type ConnectionRoom } from './open-files';
import { requireOwnAddresses } from './own-machine';

/** Something that was opened, and how it is closed. */
interface Opened {
  close(): void | Promise<void>;
}

/**
 * The access edge, wired from its settings: SIP server (drachtio-server, or the embedded one), P-CSCF app, media
 * anchor with rtpengine and gateway. What was opened is closed in the opposite order.
 */
export class Edge {
  readonly #config: Config;
  readonly #logger: Logger;
  readonly #onFailure: (error: EdgeError) => void;
  readonly #opened: Opened[] = [];
  readonly #calls: CallTable;
  #pcscf: RunningPcscf | undefined;
  /** Ports of this machine that were chosen at the start, of SIP and of control. */
  readonly #privatePorts = new Set<number>();
  #closing: Promise<void> | undefined;

  /** `onFailure` is told what, after the start, makes the edge useless. */
  constructor(config: Config, logger: Logger, onFailure: (error: EdgeError) => void) {
    this.#config = config;
    this.#logger = logger;
    this.#onFailure = onFailure;
    this.#calls = new CallTable({ maxCalls: config.MAX_CALLS });
  }

  /**
   * Resolves when UEs can register and call.
   * @throws EdgeError naming what could not be opened; nothing is left open then.
   */
  async start(): Promise<void> {
    try {
      await this.#openAll();
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** Calls under way. */
  get calls(): number {
    return this.#calls.size;
  }

  /** Refuses new calls and registrations from now on; resolves when no call is left. May be called at any time. */
  async drain(): Promise<void> {
    await this.#pcscf?.drain();
  }

  /** Ends all calls, frees their media and closes all sockets and children; may be called twice. */
  close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  async #closeAll(): Promise<void> {
    for (const opened of this.#opened.splice(0).reverse()) await opened.close();
  }

  #keep<T extends Opened>(opened: T): T {
    this.#opened.push(opened);
    return opened;
  }

  async #openAll(): Promise<void> {
    const config = this.#config;
    const logger = this.#logger;
    const shares = sharesOf(config);
    const requests = new RequestShares(shares);
    const lag = this.#keep(new LoopLag());
    await requireOwnAddresses(config);
    tellCallRoom(config, logger);
    const urls = config.RTPENGINE_URLS ?? [await this.#startRtpengine()];
    const rtpengine = this.#keep(new RtpenginePool({ urls, logger, names: new CallNames(edgeName(config)) }));
    const room = connectionRoomOf(config, logger);
    const gateway = this.#keep(
      new TcpGateway({
        ...gatewayAddresses(config),
        limits: { connections: room.media },
        anchorAddress: anchorAddress(config.RTPENGINE_ACCESS_INTERFACE ?? []),
        logger,
        plane: choosePlane(config.GATEWAY_PLANE, config.GATEWAY_THREADS ?? availableParallelism(), logger),
      }),
    );
    const realms = config.TCP_FALLBACK_REALMS ?? [];
    const fallbacks = [config.TCP_FALLBACK, ...realms.map(({ fallback }) => fallback)];
    if (fallbacks.some((fallback) => fallback !== 'off')) await opening('GATEWAY_PORTS', gateway.listen());
    const anchor = this.#keep(
      new LocalMediaAnchor({
        rtpengine,
        gateway,
        fallback: fallbackByRealm(realms, config.TCP_FALLBACK),
        msrp: this.#msrp(),
        candidateSpelling: config.CANDIDATE_SPELLING,
        profiles: { core: config.CORE_PROFILE, access: config.ACCESS_PROFILE },
        ownAddresses: [...(config.GATEWAY_BIND ?? []), ...contactHosts(config.CORE_CONTACTS)],
        placed: new PlacedMedia(mediaPlaces(config, this.#privatePorts, logger), logger),
        learnsCore: config.CORE_MEDIA_TO === 'heard',
        logger,
        maxCalls: config.MAX_CALLS,
        shares,
      }),
    );

    const bodies = new CarriedBodies(monotonicNow);
    const egress = this.#keep(
      new EgressRelay({
        hosts: contactHosts(config.CORE_CONTACTS),
        port: config.EGRESS_PORT ?? 0,
        server: serverContacts(config),
        hops: coreHops(config, this.#privatePorts),
        ...{ bodies, logger },
      }),
    );
    await opening('EGRESS_PORT', egress.start());
    for (const port of egress.ports) this.#privatePorts.add(port);
    const server = await this.#sipServer();
    const srf = this.#keep(new Srf({ ...server, bodies }));
    const front =
      config.ACCESS_LISTEN &&
      this.#keep(new AccessFront(config, { shares, requests, bodies, limits: { connections: room.ues } }, logger));
    const flowTokenKeys = config.FLOW_TOKEN_KEYS ?? [randomBytes(32).toString('base64url')];
    this.#pcscf = this.#keep(
      startPcscf({
        srf,
        anchor,
        calls: this.#calls,
        registrations: new MemoryRegistrations(),
        egress,
        connections: front?.listener,
        ...{ shares, requests },
        load: new LoadShedding(
          () => lag.ms,
          () => srf.unread,
        ),
        settings: {
          accessContacts: config.ACCESS_CONTACTS,
          publicContacts: [...(config.ACCESS_LISTEN ?? []), ...shownContacts(config)],
          coreContacts: config.CORE_CONTACTS,
          coreNextHop: config.CORE_NEXT_HOP,
          flowTokenKeys,
          relayAlways: relaysAlways(config),
          keepsCallIds: config.EGRESS_RELAY === undefined,
          visitedNetworkId: config.VISITED_NETWORK_ID,
          integrityProtected: config.INTEGRITY_PROTECTED,
          accessNetworkInfo: config.ACCESS_NETWORK_INFO,
          moreHeaders: { access: config.PASS_HEADERS_TO_UE, core: config.PASS_HEADERS_TO_CORE },
          releaseOnMediaLoss: config.MEDIA_LOST === 'release',
          emergency: emergencySettings(config),
        },
        logger,
      }),
    );
    await firstConnect(srf);
    await opening('ACCESS_LISTEN', front?.listener.start());
    // Not before what no other process of this edge can have: it may be running, and have calls.
    void rtpengine.releaseLeft();
    const { CORE_NEXT_HOP, EMERGENCY_NEXT_HOP } = config;
    warnOfLostHops({ CORE_NEXT_HOP, EMERGENCY_NEXT_HOP }, egress, logger);
  }

  #msrp(): MsrpSwitch {
    const config = this.#config;
    const ports = config.MSRP_PORTS;
    const core = contactHosts(config.CORE_CONTACTS);
    const shown = config.GATEWAY_ADDRESS;
    const bound = config.GATEWAY_BIND ?? shown;
    const sides = { access: { addresses: bound, ports }, core: { addresses: core, ports } };
    const bridges = this.#keep(new MsrpBridges({ sides, logger: this.#logger }));
    return { open: () => bridges.open(), shown: { access: shown, core } };
  }

  async #startRtpengine(): Promise<string> {
    const config = this.#config;
    const daemon = new LocalDaemon(
      {
        edge: edgeName(config),
        program: config.RTPENGINE_BIN,
        accessInterfaces: config.RTPENGINE_ACCESS_INTERFACE ?? config.GATEWAY_ADDRESS,
        coreInterfaces: config.RTPENGINE_CORE_INTERFACE ?? contactHosts(config.CORE_CONTACTS),
        ports: config.RTPENGINE_PORTS,
        logger: this.#logger,
      },
      (reason) => this.#onFailure(new EdgeError('rtpengine-ended', `The local rtpengine is gone: ${reason}.`)),
    );
    const url = await this.#keep(daemon).start();
    this.#privatePorts.add(Number(new URL(url).port));
    return url;
  }

  /** Where the app connects to: drachtio-server, or the embedded edge, started here. */
  async #sipServer(): Promise<{ host: string; port: number; secret: string }> {
    const config = this.#config;
    const logger = this.#logger;
    if (config.DRACHTIO_HOST !== undefined) {
      const reached = contactHosts(config.ACCESS_CONTACTS).filter((host) => !isLoopback(host));
      if (reached.length > 0) {
        const why = 'it forwards into the core, unseen, whatever has a To tag and a Route; see docs/deploy.md';
        logger.warn({ hosts: reached }, `UEs reach drachtio-server by themselves: ${why}`);
      }
      return { host: config.DRACHTIO_HOST, port: config.DRACHTIO_PORT, secret: config.DRACHTIO_SECRET };
    }
    logger.warn('DRACHTIO_HOST is not set: SIP is served by the embedded edge, which is for trying out and testing');
    const secret = randomBytes(16).toString('hex');
    const starting = EmbeddedEdge.start({
      contacts: [...config.ACCESS_CONTACTS, ...config.CORE_CONTACTS],
      admin: { host: '127.0.0.1', port: 0 },
      secret,
      logger,
      isFronted: config.ACCESS_LISTEN !== undefined,
    });
    const embedded = await opening('ACCESS_CONTACTS, CORE_CONTACTS', starting);
    const { adminPort } = this.#keep(embedded);
    this.#privatePorts.add(adminPort);
    return { host: '127.0.0.1', port: adminPort, secret };
  }
}

function sharesOf(config: Config): ShareLimits {
  const { first, last } = config.MSRP_PORTS;
  return shareLimits({
    ueCalls: config.UE_CALLS,
    sourceRegistrations: config.SOURCE_REGISTRATIONS,
    strangerRequests: config.STRANGER_REQUESTS,
    maxCalls: config.MAX_CALLS,
    msrpPorts: last - first + 1,
  });
}

/** Where the SIP server takes what the core sends. */
function serverContacts(config: Config): ServerContact[] {
  return config.CORE_CONTACTS.map(parseContact).map(({ address, port, transports }) => {
    const known = (['udp', 'tcp'] as const).filter((transport) => transports.includes(transport));
    return { address, port, transports: known };
  });
}

/** A connection at Node's plane has a UDP socket of its own. */
function connectionRoomOf(config: Config, logger: Logger): ConnectionRoom {
  const isNative = config.GATEWAY_PLANE !== 'node' && 'addon' in loadNativeAddon();
  const { first, last } = config.MSRP_PORTS;
  return roomHere(isNative ? 1 : 2, last - first + 1, logger);
}

/** What tells this edge from any other: no two can have these addresses. */
export function edgeName({ CORE_CONTACTS, GATEWAY_ADDRESS }: Config): string {
  return [...CORE_CONTACTS, ...GATEWAY_ADDRESS].join();
}

function gatewayAddresses(config: Config): {
  listen: { address: string; port: number }[];
  advertised: AdvertisedAddress[];
} {
  const everyPort = (addresses: string[]) =>
    addresses.flatMap((address) =>
      config.GATEWAY_PORTS.map((ranked) => ({ address, rank: config.TCP_PRIORITY, ...ranked })),
    );
  return {
    listen: everyPort(config.GATEWAY_BIND ?? config.GATEWAY_ADDRESS),
    advertised: everyPort(config.GATEWAY_ADDRESS).map((at) => ({ ...at, family: isIP(at.address) === 6 ? 6 : 4 })),
  };
}

/** What goes wrong names the setting that it is about. */
async function opening<T>(setting: string, opened: T | Promise<T>): Promise<T> {
  try {
    return await opened;
  } catch (error) {
    if (!(error instanceof EdgeError)) throw error;
    throw new EdgeError(error.code, `${setting}: ${error.message}`, { cause: error });
  }
}

/**
 * Resolves once the SIP server has taken the app. A refused secret ends the start; an unreachable server does not:
 * the adapter keeps trying, and says so.
 */
function firstConnect(srf: Srf): Promise<void> {
  return new Promise((resolve, reject) => {
    srf.once('connect', () => resolve());
    srf.on('error', (error) => {
      if (error.code === 'drachtio-refused') reject(error);
    });
    srf.connect();
  });
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}
