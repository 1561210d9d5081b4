import { AdminServer } from '../../lib/admin/admin-server';
import type { Trouble } from '../../lib/admin/readiness';
import { addressKind } from '../../lib/address-kind';
import type { EdgeError } from '../../lib/errors';
import { familyOf } from '../../lib/ip-address';
import { fallbackByRealm } from '../../lib/media/access-realms';
import { CallFamilies } from '../../lib/media/call-families';
import { CallMsrp } from '../../lib/media/call-msrp';
import { PathFollower } from '../../lib/media/path-follower';
import { CallLines, HeldLines } from '../../lib/media/line-shares';
import { ueAddress } from '../../lib/ng/call-options';
import { NgCalls, type NgCallsOptions } from '../../lib/ng/calls';
import { NgClients } from '../../lib/ng/clients';
import { NgFront } from '../../lib/ng/front';
import { NgHttpServer, type NgHttpServerOptions } from '../../lib/ng/http-server';
import { NgUdpServer } from '../../lib/ng/udp-server';
import { AnchorServer } from '../../lib/nodes/anchor-server';
import type { NodeStatus } from '../../lib/nodes/protocol';
import { monotonicNow, wallClock } from '../../lib/ops/clock';
import type { Logger } from '../../lib/ops/logger';
import { OccasionalLog } from '../../lib/ops/occasional-log';
import { Metrics } from '../../lib/ops/metrics';
import { parseControlUrl } from '../../lib/rtpengine/control-address';
import { shareLimits } from '../../lib/shares/limits';
import { advertisedAddresses } from '../anchor-address';
import { adminTls } from '../certificate';
import type { NodeConfig } from '../config';
import { samplesOf } from '../metric-samples';
import { roomHere } from '../open-files';
import { ownAddresses } from '../own-addresses';
import { requireAddressesOfNode } from '../own-machine';
import type { OwnPlaces } from '../own-places';
import type { RoleState } from './health';
import { MediaNode } from './media-node';
import { Opened, opening } from './opened';

/** Calls are looked for so often while it is drained, ms. */
const drainLookMs = 500;

/** The role `agw`: media alone, commanded over ng by others. */
export class Agw {
  readonly #config: NodeConfig;
  readonly #logger: Logger;
  readonly #onFailure: (error: EdgeError) => void;
  readonly #opened = new Opened();
  #most: number;
  #media: MediaNode | undefined;
  #calls: NgCalls | undefined;
  #front: NgFront | undefined;
  #clients: NgClients | undefined;
  #state: RoleState = 'starting';
  #drain: { since: number; over: Promise<boolean>; takeBack: () => void } | undefined;
  #closing: Promise<void> | undefined;

  /** `onFailure` is told what, after the start, makes the node useless. */
  constructor(config: NodeConfig, logger: Logger, onFailure: (error: EdgeError) => void) {
    this.#config = config;
    this.#most = config.MAX_CALLS;
    this.#logger = logger;
    this.#onFailure = onFailure;
  }

  /** Calls that UEs may be in over our ports: those commanded by ng, and those of P-CSCFs. */
  get calls(): number {
    return (this.#calls?.size ?? 0) + (this.#media?.anchor.calls ?? 0);
  }

  /** Resolves when commands are taken. @throws EdgeError naming what could not be opened; nothing is left open then. */
  async start(): Promise<void> {
    try {
      await this.#open();
    } catch (error) {
      await this.close();
      throw error;
    }
    if (this.#state === 'starting') this.#state = 'ready';
  }

  /** What it carries now; a part that is not open yet is missing. */
  status() {
    return {
      state: this.#state,
      draining: this.#drain && { since: new Date(this.#drain.since).toISOString(), callsLeft: this.calls },
      calls: this.calls,
      callsLimit: this.#most,
      media: this.#media?.status(),
      ng: this.#front && { ...this.#front.counts(), refusedClients: this.#clients?.refused ?? 0 },
    };
  }

  /** What is wrong with it; empty: nothing. */
  health(): Trouble[] {
    const own = this.#state === 'ready' ? [] : [{ part: 'node', reason: this.#state, isBlocking: true }];
    return [...own, ...(this.#media?.health() ?? [])];
  }

  /** Refuses new calls from now on; resolves with true when none is left, with false when it was taken back. */
  drain(): Promise<boolean> {
    if (this.#state !== 'closed') this.#state = 'draining';
    this.#setDraining(true);
    this.#drain ??= this.#beginDrain();
    return this.#drain.over;
  }

  /** Takes a drain back; false where there is none. */
  resume(): boolean {
    if (this.#state !== 'draining' || this.#drain === undefined) return false;
    this.#drain.takeBack();
    this.#drain = undefined;
    this.#setDraining(false);
    this.#state = this.#calls ? 'ready' : 'starting';
    return true;
  }

  /** Takes over what may change while it runs. */
  reload({ MAX_CALLS }: Pick<NodeConfig, 'MAX_CALLS'>): Promise<void> {
    this.#most = MAX_CALLS;
    if (this.#calls) this.#calls.most = MAX_CALLS;
    return Promise.resolve();
  }

  /** Closes all sockets and children; may be called twice. */
  close(): Promise<void> {
    this.#state = 'closed';
    this.#drain?.takeBack();
    this.#closing ??= this.#opened.close();
    return this.#closing;
  }

  #setDraining(isDraining: boolean): void {
    if (this.#calls) this.#calls.isDraining = isDraining;
  }

  /** What P-CSCFs are told. */
  #nodeStatus(): NodeStatus {
    const [trouble] = this.health().filter(({ isBlocking }) => isBlocking);
    const refusal = trouble ? `${trouble.part}: ${trouble.reason}` : undefined;
    const isFull = this.calls >= this.#most;
    return {
      ...{ calls: this.calls, callsLimit: this.#most },
      refusal: refusal ?? (isFull ? 'it has as many calls as MAX_CALLS allows' : undefined),
    };
  }

  #beginDrain() {
    let takeBack: () => void = () => undefined;
    const over = new Promise<boolean>((resolve) => {
      const look = () => {
        if (this.calls > 0) return;
        clearInterval(timer);
        resolve(true);
      };
      const timer = setInterval(look, drainLookMs);
      takeBack = () => {
        clearInterval(timer);
        resolve(false);
      };
      look();
    });
    return { since: wallClock(), over, takeBack };
  }

  async #open(): Promise<void> {
    const config = this.#config;
    const logger = this.#logger;
    await requireAddressesOfNode(config);
    await this.#openAdmin();
    const ours = placesOf(config);
    const { first, last } = config.MSRP_PORTS;
    this.#media = await MediaNode.open(
      {
        ...{ config, logger, ours, isForOthers: true, others: undefined, onFailure: this.#onFailure },
        name: config.GATEWAY_ADDRESS.join(),
        coreHosts: advertisedAddresses(config.RTPENGINE_CORE_INTERFACE ?? config.GATEWAY_ADDRESS),
        shares: sharesOf(config),
        connections: roomHere(1, last - first + 1, logger).media,
      },
      this.#opened,
    );
    this.#calls = this.#opened.keep(new NgCalls(callsOptions(config, this.#media, ours, logger)));
    this.#setDraining(this.#state === 'draining');
    this.#media.gateway.on('selected', (path) => this.#calls?.selected(path));
    const follower = new PathFollower({
      gateway: this.#media.gateway,
      lookAt: async (leg) => this.#calls?.followed(leg),
      log: new OccasionalLog(logger),
      now: monotonicNow,
    });
    this.#media.gateway.on('unanswered', (at, nominations) => void follower.unanswered(at, nominations));
    this.#media.rtpengine.on('call-lost', (call) => this.#calls?.lost(call));
    await this.#listen(this.#calls, this.#media);
  }

  async #listen(calls: NgCalls, { anchor }: MediaNode): Promise<void> {
    const { NG_LISTEN, NG_HTTP_LISTEN = [], NG_FROM } = this.#config;
    const logger = this.#logger;
    const front = new NgFront(calls, logger);
    const clients = new NgClients(NG_FROM, logger);
    this.#front = front;
    this.#clients = clients;
    for (const at of NG_LISTEN)
      await opening('NG_LISTEN', this.#opened.keep(new NgUdpServer({ at, front, clients, logger })).start());
    const anchors = this.#opened.keep(new AnchorServer({ anchor, status: () => this.#nodeStatus(), logger }));
    const upgrades: NgHttpServerOptions['upgrades'] = (...upgrade) => anchors.upgrade(...upgrade);
    for (const at of NG_HTTP_LISTEN) {
      const server = this.#opened.keep(new NgHttpServer({ at, front, clients, logger, upgrades }));
      await opening('NG_HTTP_LISTEN', server.start());
    }
  }

  async #openAdmin(): Promise<void> {
    const { ADMIN_LISTEN: at, ADMIN_TOKEN: token } = this.#config;
    if (at === 'off') return;
    const metrics = new Metrics(() => samplesOf(this.status(), this.health()));
    const server = this.#opened.keep(
      new AdminServer({ at, token, tls: adminTls(this.#config), edge: this, metrics, logger: this.#logger }),
    );
    await opening('ADMIN_LISTEN', server.start());
  }
}

function callsOptions(config: NodeConfig, media: MediaNode, ours: OwnPlaces, logger: Logger): NgCallsOptions {
  const [rtpengine] = media.rtpengine.nodes;
  if (rtpengine === undefined) throw new RangeError('A node has an rtpengine.');
  return {
    ...{ rtpengine, gateway: media.gateway, spelling: config.CANDIDATE_SPELLING, logger },
    fallback: fallbackByRealm(config.TCP_FALLBACK_REALMS ?? [], config.TCP_FALLBACK),
    accessInterfaces: config.NG_ACCESS ?? [],
    ownAddresses: [...(config.GATEWAY_BIND ?? []), ...(config.RTPENGINE_ACCESS_INTERFACE ?? [])],
    most: config.MAX_CALLS,
    isControl: ({ address, port }) => {
      const kind = addressKind(address, ours.own());
      const isHere = kind === 'own-address' || kind === 'loopback';
      return isHere && (ours.controlPorts.has(port) || ours.privatePorts.has(port));
    },
    msrp: msrpOf(config, media),
  };
}

function msrpOf(config: NodeConfig, { gateway, bridges, placed }: MediaNode): NgCallsOptions['msrp'] {
  const held = new HeldLines();
  const shares = sharesOf(config);
  const core = advertisedAddresses(config.RTPENGINE_CORE_INTERFACE ?? config.GATEWAY_ADDRESS);
  const shown = { access: config.GATEWAY_ADDRESS, core };
  return (call, { options, fallback }, ueIsFrom) => {
    const ue = ueIsFrom ? ueAddress(options) : undefined;
    return new CallMsrp({
      ...{ call, gateway, fallback, spelling: config.CANDIDATE_SPELLING, ueAddress: ue },
      bridges: { open: () => bridges.open(), shown },
      families: new CallFamilies({ access: ue === undefined ? undefined : familyOf(ue), core: undefined }),
      maySend: placed.ofCall(call).msrp,
      charged: new CallLines(call, shares, held),
    });
  };
}

function sharesOf({ UE_CALLS, MAX_CALLS, MSRP_PORTS: { first, last } }: NodeConfig) {
  return shareLimits({ ueCalls: UE_CALLS, maxCalls: MAX_CALLS, msrpPorts: last - first + 1 });
}

function placesOf(config: NodeConfig): OwnPlaces {
  const {
    NG_LISTEN,
    NG_HTTP_LISTEN = [],
    RTPENGINE_URLS = [],
    ADMIN_LISTEN,
    GATEWAY_ADDRESS,
    GATEWAY_BIND = [],
  } = config;
  const interfaces = [...(config.RTPENGINE_ACCESS_INTERFACE ?? []), ...(config.RTPENGINE_CORE_INTERFACE ?? [])];
  const places = [...NG_LISTEN, ...NG_HTTP_LISTEN, ...(ADMIN_LISTEN === 'off' ? [] : [ADMIN_LISTEN])];
  return {
    own: ownAddresses([...GATEWAY_ADDRESS, ...GATEWAY_BIND, ...interfaces.flatMap((each) => each.split('!'))]),
    sipPorts: [],
    controlPorts: new Set([...places, ...RTPENGINE_URLS.map(parseControlUrl)].map(({ port }) => port)),
    privatePorts: new Set(),
  };
}
