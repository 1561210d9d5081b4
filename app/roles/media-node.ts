import { isIP } from 'node:net';
import { availableParallelism } from 'node:os';
import type { Trouble } from '../../lib/admin/readiness';
import { EdgeError } from '../../lib/errors';
import { choosePlane } from '../../lib/gateway/plane-choice';
import type { AdvertisedAddress } from '../../lib/gateway/stream';
import { TcpGateway, type TcpGatewayOptions } from '../../lib/gateway/tcp-gateway';
import type { TransportAddress } from '../../lib/ice/transport-address';
import { fallbackByRealm } from '../../lib/media/access-realms';
import { LocalMediaAnchor } from '../../lib/media/local-media-anchor';
import { PlacedMedia } from '../../lib/media/placed-media';
import { MsrpBridges } from '../../lib/msrp/bridges';
import type { Logger } from '../../lib/ops/logger';
import { CallNames } from '../../lib/rtpengine/call-names';
import { LocalDaemon } from '../../lib/rtpengine/local-daemon';
import { RtpenginePool, type RtpenginePoolOptions } from '../../lib/rtpengine/pool';
import type { ShareLimits } from '../../lib/shares/limits';
import { ToldPlaces } from '../../lib/media/told-places';
import type { TurnServer } from '../../lib/turn/turn-server';
import { anchorAddress } from '../anchor-address';
import type { AgwConfig } from '../config';
import { mediaPlaces } from '../media-places';
import type { OwnPlaces } from '../own-places';
import { mediaPorts, proxiesOf } from '../public-ports';
import { tcpPriority, turnServer } from '../turn';
import { opening, type Opened } from './opened';

export interface MediaNodeOptions {
  config: AgwConfig;
  logger: Logger;
  /** What tells this node from any other. */
  name: string;
  /** Its calls are those of others, who name them. */
  isForOthers?: boolean;
  /** Its addresses toward the core. */
  coreHosts: string[];
  ours: OwnPlaces;
  shares: ShareLimits;
  /** Media connections at once. */
  connections: number;
  /** Takes what is no media on the public ports; undefined: they are for media alone. */
  others: TcpGatewayOptions['others'];
  /** Is told of a local rtpengine that has ended: nothing can be carried any more. */
  onFailure: (error: EdgeError) => void;
}

/** What carries media: rtpengine, the TCP gateway and the MSRP bridges, as one anchor. */
export class MediaNode {
  readonly rtpengine: RtpenginePool;
  readonly gateway: TcpGateway;
  readonly anchor: LocalMediaAnchor;
  /** Undefined: there is no TURN. */
  readonly turn: TurnServer | undefined;
  readonly bridges: MsrpBridges;
  readonly placed: PlacedMedia;
  /** It is to have a port for media. */
  #listens = false;

  /**
   * @param opened is given what has to be closed again
   * @throws EdgeError naming what could not be opened
   */
  static async open(options: MediaNodeOptions, opened: Opened): Promise<MediaNode> {
    const urls = options.config.RTPENGINE_URLS ?? [await startRtpengine(options, opened)];
    const node = new MediaNode(options, urls, opened);
    const { PUBLIC_PORTS, TCP_FALLBACK, TCP_FALLBACK_REALMS: realms = [] } = options.config;
    const isUsed = [TCP_FALLBACK, ...realms.map(({ fallback }) => fallback)].some((fallback) => fallback !== 'off');
    node.#listens = isUsed || node.turn !== undefined || PUBLIC_PORTS !== undefined;
    if (node.#listens) await opening('PUBLIC_PORTS', node.gateway.listen());
    return node;
  }

  private constructor(options: MediaNodeOptions, urls: readonly string[], opened: Opened) {
    const { config, logger, shares, coreHosts } = options;
    this.rtpengine = opened.keep(new RtpenginePool({ urls, logger, ...commandsOf(options) }));
    const told = new ToldPlaces();
    this.turn = turnServer(config, told, logger);
    this.gateway = opened.keep(
      new TcpGateway({
        ...gatewayAddresses(config),
        limits: { connections: options.connections },
        ...(options.others && { others: options.others }),
        relays: this.turn,
        isProxy: proxiesOf(config.PROXY_PROTOCOL_FROM),
        anchorAddress: anchorAddress(config.RTPENGINE_ACCESS_INTERFACE ?? []),
        logger,
        plane: choosePlane(config.GATEWAY_PLANE, config.GATEWAY_THREADS ?? availableParallelism(), logger),
      }),
    );
    const shown = { access: config.GATEWAY_ADDRESS, core: coreHosts };
    const bridges = opened.keep(msrpBridges(config, coreHosts, logger));
    this.bridges = bridges;
    const places = mediaPlaces(config, options.ours, logger);
    this.placed = new PlacedMedia(places, logger, { told, relays: this.turn });
    this.anchor = opened.keep(
      new LocalMediaAnchor({
        rtpengine: this.rtpengine,
        gateway: this.gateway,
        fallback: fallbackByRealm(config.TCP_FALLBACK_REALMS ?? [], config.TCP_FALLBACK),
        msrp: { open: () => bridges.open(), shown },
        candidateSpelling: config.CANDIDATE_SPELLING,
        profiles: { core: config.CORE_PROFILE, access: config.ACCESS_PROFILE },
        ownAddresses: [...(config.GATEWAY_BIND ?? []), ...coreHosts],
        placed: this.placed,
        learnsCore: config.CORE_MEDIA_TO === 'heard',
        logger,
        shares,
      }),
    );
  }

  status() {
    return {
      calls: this.anchor.calls,
      rtpengines: this.rtpengine.nodes.map(({ url, isUp, isBusy, orphans }) => ({ url, isUp, isBusy, orphans })),
      gateway: this.gateway.counters(),
      turn: this.turn?.counts(),
      msrp: this.bridges.counters(),
      misplaced: this.placed.counts(),
    };
  }

  /** New calls go to the rtpengines that are left, as long as one is. */
  health(): Trouble[] {
    const { nodes } = this.rtpengine;
    const isBlocking = nodes.every(({ isUp, isBusy }) => !isUp || isBusy);
    const ofNodes = nodes.flatMap(({ url, isUp, isBusy }) => {
      const what = isUp ? isBusy && 'has too much to do for new calls' : 'does not answer';
      return what ? [{ part: 'rtpengine', reason: `${url} ${what}`, isBlocking }] : [];
    });
    const isDeaf = this.#listens && this.gateway.address().length === 0;
    const ofGateway = { part: 'gateway', reason: 'no port is listened on', isBlocking: false };
    return isDeaf ? [...ofNodes, ofGateway] : ofNodes;
  }

  /**
   * Deletes at rtpengine what a former process of this node has left. Not to be called before the node has what no two
   * processes can have at once: the former one may still be running, and have calls. Never rejects.
   */
  async releaseLeft(): Promise<void> {
    await this.rtpengine.releaseLeft();
  }
}

/** What others command may take longer: it is repeated by them, and some of it is statistics of all calls. */
function commandsOf({
  isForOthers = false,
  name,
}: MediaNodeOptions): Pick<RtpenginePoolOptions, 'names' | 'timeoutMs'> {
  return isForOthers ? { timeoutMs: 3000 } : { names: new CallNames(name) };
}

async function startRtpengine(options: MediaNodeOptions, opened: Opened): Promise<string> {
  const { config, logger, name, coreHosts, ours, onFailure } = options;
  const daemon = new LocalDaemon(
    {
      edge: name,
      program: config.RTPENGINE_BIN,
      accessInterfaces: config.RTPENGINE_ACCESS_INTERFACE ?? config.GATEWAY_ADDRESS,
      coreInterfaces: config.RTPENGINE_CORE_INTERFACE ?? coreHosts,
      ports: config.RTPENGINE_PORTS,
      logger,
    },
    (reason) => onFailure(new EdgeError('rtpengine-ended', `The local rtpengine is gone: ${reason}.`)),
  );
  const url = await opened.keep(daemon).start();
  ours.privatePorts.add(Number(new URL(url).port));
  return url;
}

function msrpBridges(config: AgwConfig, coreHosts: string[], logger: Logger): MsrpBridges {
  const { MSRP_PORTS: ports, GATEWAY_ADDRESS, GATEWAY_BIND = GATEWAY_ADDRESS } = config;
  const sides = { access: { addresses: GATEWAY_BIND, ports }, core: { addresses: coreHosts, ports } };
  return new MsrpBridges({ sides, logger });
}

function gatewayAddresses(config: AgwConfig): { listen: TransportAddress[]; advertised: AdvertisedAddress[] } {
  const { GATEWAY_ADDRESS, GATEWAY_BIND = GATEWAY_ADDRESS, SSLTCP_PORTS = [] } = config;
  const priority = tcpPriority(config);
  const ports = mediaPorts(config);
  const candidates = ports.flatMap(({ port, rank = priority }): Omit<AdvertisedAddress, 'address' | 'family'>[] => {
    const plain = { port, rank };
    return SSLTCP_PORTS.includes(port) ? [plain, { ...plain, transport: 'ssltcp' }] : [plain];
  });
  return {
    listen: GATEWAY_BIND.flatMap((address) => ports.map(({ port }) => ({ address, port }))),
    advertised: GATEWAY_ADDRESS.flatMap((address) => {
      const family = isIP(address) === 6 ? 6 : 4;
      return candidates.map((candidate) => ({ ...candidate, address, family }));
    }),
  };
}
