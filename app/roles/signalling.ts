import { randomBytes } from 'node:crypto';
import type { AccessListenerOptions } from '../../lib/access/access-listener';
import type { Trouble } from '../../lib/admin/readiness';
import type { CallTable } from '../../lib/calls/call-table';
import { Srf } from '../../lib/drachtio/srf';
import type { ServerContact } from '../../lib/egress/core-entry';
import { EgressRelay } from '../../lib/egress/egress-relay';
import type { MediaAnchor } from '../../lib/media/media-anchor';
import { monotonicNow } from '../../lib/ops/clock';
import { LoadShedding } from '../../lib/ops/load-shedding';
import type { Logger } from '../../lib/ops/logger';
import { LoopLag } from '../../lib/ops/loop-lag';
import type { ShareLimits } from '../../lib/shares/limits';
import { RequestShares } from '../../lib/shares/request-shares';
import { contactHosts, parseContact } from '../../lib/wire/contact';
import type { SipTap } from '../../lib/wire/sip-tap';
import { MemoryRegistrations } from '../../lib/sip/memory-registrations';
import { startPcscf, type RunningPcscf } from '../../lib/sip/pcscf';
import type { PcscfSettings } from '../../lib/sip/pcscf-settings';
import { CarriedBodies } from '../../lib/drachtio/fence/carried-bodies';
import { noConnections, ueAddressOf } from '../../lib/sip/ue-connections';
import type { ShownRegistration } from '../admin/page-source';
import { AccessFront, emergencySettings, shownContacts } from '../access-front';
import { relaysAlways, type PcscfConfig } from '../config';
import { coreHops } from '../core-hops';
import { warnOfLostHops } from '../next-hops';
import type { OwnPlaces } from '../own-places';
import { isFronted, type SharedPorts } from '../public-ports';
import { opening, type Opened } from './opened';
import { sipServer } from './sip-server';

export interface SignallingOptions {
  config: PcscfConfig;
  logger: Logger;
  anchor: MediaAnchor;
  calls: CallTable;
  ours: OwnPlaces;
  shares: ShareLimits;
  /** The public ports that take SIP; undefined: none does. */
  shared: SharedPorts | undefined;
  /** Connections of UEs at once. */
  connections: number;
  /** Takes TURN inside TLS; undefined: nothing does. */
  turn: AccessListenerOptions['turn'];
  /** Is told of SIP as UEs and core have it. */
  tap: SipTap | undefined;
}

/** What signals: SIP server, access listener, relay toward the core, and the P-CSCF between them. */
export class Signalling {
  readonly lag: LoopLag;
  readonly load: LoadShedding;
  readonly egress: EgressRelay;
  readonly srf: Srf;
  readonly front: AccessFront | undefined;
  readonly registrations: MemoryRegistrations;
  readonly pcscf: RunningPcscf;

  /**
   * Resolves when UEs can register and call.
   * @param opened is given what has to be closed again
   * @throws EdgeError naming what could not be opened
   */
  static async open(options: SignallingOptions, opened: Opened): Promise<Signalling> {
    const { config, ours, logger } = options;
    const bodies = new CarriedBodies(monotonicNow);
    const egress = opened.keep(egressRelay(options, bodies));
    await opening('EGRESS_PORT', egress.start());
    for (const port of egress.ports) ours.privatePorts.add(port);
    const srf = opened.keep(
      new Srf({
        ...(await sipServer(config, { ours, isFronted: isFronted(config, options.shared) }, opened, logger)),
        bodies,
      }),
    );
    const signalling = new Signalling(options, { egress, srf, bodies }, opened);
    await firstConnect(srf);
    await opening('ACCESS_LISTEN', signalling.front?.start());
    const { CORE_NEXT_HOP, EMERGENCY_NEXT_HOP } = config;
    warnOfLostHops({ CORE_NEXT_HOP, EMERGENCY_NEXT_HOP }, egress, logger);
    return signalling;
  }

  private constructor(
    options: SignallingOptions,
    { egress, srf, bodies }: { egress: EgressRelay; srf: Srf; bodies: CarriedBodies },
    opened: Opened,
  ) {
    const { config, logger, shares, anchor, calls } = options;
    this.egress = egress;
    this.srf = srf;
    const lag = opened.keep(new LoopLag());
    this.lag = lag;
    const requests = new RequestShares(shares);
    const limits = { connections: options.connections };
    this.front = isFronted(config, options.shared)
      ? opened.keep(
          new AccessFront(
            config,
            options.shared,
            { shares, requests, bodies, limits, turn: options.turn, tap: options.tap },
            logger,
          ),
        )
      : undefined;
    this.load = new LoadShedding(
      () => lag.ms,
      () => srf.unread,
    );
    this.registrations = opened.keep(new MemoryRegistrations());
    this.pcscf = opened.keep(
      startPcscf({
        ...{ srf, anchor, calls, egress, shares, requests, logger },
        registrations: this.registrations,
        connections: this.front?.listener,
        load: this.load,
        settings: pcscfSettings(options),
      }),
    );
  }

  status() {
    return {
      registrations: this.registrations.size,
      connections: this.front?.listener.counts(),
      loopLagMs: this.lag.ms,
      relayDropped: this.egress.dropped,
      refused: this.pcscf.refused(),
      server: {
        isConnected: this.srf.connected,
        isAnswering: this.srf.isAnswering,
        unread: this.srf.unread,
        responses: this.srf.responses,
      },
    };
  }

  *registered(): Iterable<ShownRegistration> {
    const connections = this.front?.listener ?? noConnections;
    for (const { aor, binding, flow, expiresAt } of this.registrations.all()) {
      const expiresIn = Math.round((expiresAt - monotonicNow()) / 1000);
      yield { aor, contact: binding.uri, address: ueAddressOf(flow, connections), expiresIn };
    }
  }

  health(): Trouble[] {
    const isLost = !this.srf.isAnswering;
    const { refusal } = this.load;
    return [
      ...(isLost ? [{ part: 'drachtio', reason: 'the SIP server does not answer', isBlocking: true }] : []),
      ...(refusal ? [{ part: 'load', reason: refusal, isBlocking: true }] : []),
    ];
  }

  /** Refuses new calls and registrations; resolves when no call is left. */
  drain(): Promise<void> {
    return this.pcscf.drain();
  }

  /** Serves new ones again. */
  resume(): void {
    this.pcscf.resume();
  }
}

function egressRelay({ config, ours, logger, tap }: SignallingOptions, bodies: CarriedBodies): EgressRelay {
  return new EgressRelay({
    hosts: contactHosts(config.CORE_CONTACTS),
    port: config.EGRESS_PORT ?? 0,
    server: serverContacts(config),
    hops: coreHops(config, ours),
    ...{ bodies, logger, tap },
  });
}

function pcscfSettings({ config, shared }: SignallingOptions): PcscfSettings {
  return {
    accessContacts: config.ACCESS_CONTACTS,
    publicContacts: [...(config.ACCESS_LISTEN ?? []), ...shownContacts(config), ...(shared?.contacts ?? [])],
    coreContacts: config.CORE_CONTACTS,
    coreNextHop: config.CORE_NEXT_HOP,
    flowTokenKeys: config.FLOW_TOKEN_KEYS ?? [randomBytes(32).toString('base64url')],
    relayAlways: relaysAlways(config),
    keepsCallIds: config.EGRESS_RELAY === undefined,
    visitedNetworkId: config.VISITED_NETWORK_ID,
    integrityProtected: config.INTEGRITY_PROTECTED,
    accessNetworkInfo: config.ACCESS_NETWORK_INFO,
    moreHeaders: { access: config.PASS_HEADERS_TO_UE, core: config.PASS_HEADERS_TO_CORE },
    releaseOnMediaLoss: config.MEDIA_LOST === 'release',
    emergency: emergencySettings(config),
  };
}

/** Where the SIP server takes what the core sends. */
function serverContacts(config: PcscfConfig): ServerContact[] {
  return config.CORE_CONTACTS.map(parseContact).map(({ address, port, transports }) => {
    const known = (['udp', 'tcp'] as const).filter((transport) => transports.includes(transport));
    return { address, port, transports: known };
  });
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
