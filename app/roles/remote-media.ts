import { availableParallelism } from 'node:os';
import type { Trouble } from '../../lib/admin/readiness';
import { choosePlane } from '../../lib/gateway/plane-choice';
import { TcpGateway, type TcpGatewayOptions } from '../../lib/gateway/tcp-gateway';
import { RemoteMediaAnchor } from '../../lib/nodes/remote-media-anchor';
import type { Logger } from '../../lib/ops/logger';
import type { Config } from '../config';
import { mediaPorts, proxiesOf } from '../public-ports';
import { opening, type Opened } from './opened';

export interface RemoteMediaOptions {
  config: Config;
  logger: Logger;
  /** Connections at once that are not known yet. */
  connections: number;
  /** Takes what comes to the public ports. */
  others: TcpGatewayOptions['others'];
}

/**
 * Media at nodes elsewhere (RTPENGINE_NODES). The public ports are here for SIP, WebSocket, HTTP and TLS alone: UEs dial
 * those of the nodes for media, and what comes here is closed as a stranger's.
 */
export class RemoteMedia {
  readonly anchor: RemoteMediaAnchor;
  readonly gateway: TcpGateway;
  readonly turn = undefined;

  /** @throws EdgeError naming what could not be opened */
  static async open(options: RemoteMediaOptions, opened: Opened): Promise<RemoteMedia> {
    const media = new RemoteMedia(options, opened);
    if (options.others) await opening('PUBLIC_PORTS', media.gateway.listen());
    return media;
  }

  private constructor({ config, logger, connections, others }: RemoteMediaOptions, opened: Opened) {
    const { GATEWAY_ADDRESS, GATEWAY_BIND = GATEWAY_ADDRESS, RTPENGINE_NODES: nodes = [], NODE_LOST } = config;
    this.anchor = opened.keep(new RemoteMediaAnchor({ nodes, moves: NODE_LOST === 'move', logger }));
    this.gateway = opened.keep(
      new TcpGateway({
        listen: GATEWAY_BIND.flatMap((address) => mediaPorts(config).map(({ port }) => ({ address, port }))),
        advertised: [],
        limits: { connections },
        ...(others && { others }),
        isProxy: proxiesOf(config.PROXY_PROTOCOL_FROM),
        logger,
        plane: choosePlane(config.GATEWAY_PLANE, config.GATEWAY_THREADS ?? availableParallelism(), logger),
      }),
    );
  }

  status() {
    return {
      calls: this.anchor.calls,
      rtpengines: this.anchor.nodes.map(({ at, status, takesCalls }) => {
        return { url: at, isUp: status !== undefined, isBusy: status !== undefined && !takesCalls, orphans: 0 };
      }),
      gateway: this.gateway.counters(),
      turn: undefined,
      msrp: undefined,
      misplaced: undefined,
    };
  }

  /** New calls go to the nodes that are left, as long as one is. */
  health(): Trouble[] {
    const { nodes } = this.anchor;
    const isBlocking = nodes.every(({ takesCalls }) => !takesCalls);
    return nodes.flatMap(({ at, status, takesCalls }) => {
      if (takesCalls) return [];
      const what = status ? `takes no calls: ${status.refusal ?? ''}` : 'does not answer';
      return [{ part: 'node', reason: `${at} ${what}`, isBlocking }];
    });
  }

  /** The nodes have nothing of a former process: they release its calls themselves. */
  async releaseLeft(): Promise<void> {
    await Promise.resolve();
  }
}
