import { spawnSync } from 'node:child_process';
import { isIP } from 'node:net';
import { pino } from 'pino';
import { choosePlane, type PlaneName } from '../../../lib/gateway/plane-choice';
import { TcpGateway } from '../../../lib/gateway/tcp-gateway';
import { LocalMediaAnchor, type LocalMediaAnchorOptions } from '../../../lib/media/local-media-anchor';
import { PlacedMedia } from '../../../lib/media/placed-media';
import type { MediaPlaces } from '../../../lib/media-places';
import type { Side } from '../../../lib/media/media-anchor';
import { parseControlUrl } from '../../../lib/rtpengine/control-address';
import { NgClient } from '../../../lib/rtpengine/ng-client';
import { LocalDaemon } from '../../../lib/rtpengine/local-daemon';
import { RtpenginePool } from '../../../lib/rtpengine/pool';
import { parseSdp } from '../../../lib/sdp/sdp';
import { viewSession, type MediaView } from '../../../lib/sdp/session-view';
import { NamedCalls } from '../../unit/media/named-calls';
import { trialPlaces } from '../../unit/media-networks';
import { rtpengineProgram } from './rtpengine';

const logger = pino({ level: 'silent' });
const rtpenginePorts = { first: 30_000, last: 40_000 };
const missing = spawnSync('which', [rtpengineProgram()]).status !== 0;

/** Without rtpengine the tests are skipped and the reason is told; with CI set they fail. */
export function describeWithRtpengine(name: string, tests: () => void): void {
  if (!missing || process.env['CI']) {
    describe(name, tests);
    return;
  }
  // jest says nothing of a file whose tests are all skipped.
  process.stderr.write(`SKIPPED: ${name}: rtpengine is not installed.\n`);
  describe.skip(name, tests);
}

/** Where the anchor is, toward each side: one address, or one of each family. */
export interface AnchorAddresses {
  access: string | readonly string[];
  core: string | readonly string[];
}

/** A media anchor in this process, on a real rtpengine and with the real gateway, on addresses of this machine. */
export class RealAnchor {
  readonly anchor: NamedCalls;
  readonly gateway: TcpGateway;
  readonly #daemon: LocalDaemon;
  readonly #pool: RtpenginePool;
  readonly #ng: NgClient;
  readonly #options: LocalMediaAnchorOptions;

  private constructor(daemon: LocalDaemon, url: string, gateway: TcpGateway, places: MediaPlaces) {
    const pool = new RtpenginePool({ urls: [url], logger });
    this.#ng = new NgClient({ at: parseControlUrl(url) });
    this.#daemon = daemon;
    this.#pool = pool;
    this.gateway = gateway;
    const placed = new PlacedMedia(places, logger);
    this.#options = { rtpengine: pool, gateway, fallback: () => 'always', placed, lookMs: 500, logger };
    this.anchor = new NamedCalls(new LocalMediaAnchor(this.#options));
  }

  /** @param places by default those of a trial on one host */
  static async start(
    { access, core }: AnchorAddresses,
    places = trialPlaces(),
    plane: PlaneName = 'node',
  ): Promise<RealAnchor> {
    const [ofAccess, ofCore] = [[access].flat(), [core].flat()];
    const daemon = new LocalDaemon(
      {
        program: rtpengineProgram(),
        accessInterfaces: ofAccess,
        coreInterfaces: ofCore,
        edge: 'test',
        ports: rtpenginePorts,
        logger,
      },
      () => undefined,
    );
    const url = await daemon.start();
    const gateway = new TcpGateway({
      listen: ofAccess.map((address) => ({ address, port: 0 })),
      advertised: ofAccess.map((address) => ({ address, port: 80, family: isIP(address) === 6 ? 6 : 4 })),
      logger,
      plane: choosePlane(plane, 1, logger),
    });
    await gateway.listen();
    return new RealAnchor(daemon, url, gateway, places);
  }

  /** One more, on the same rtpengine and gateway: to be closed before this one. */
  another(options: Partial<LocalMediaAnchorOptions>): NamedCalls {
    return new NamedCalls(new LocalMediaAnchor({ ...this.#options, ...options }));
  }

  /** Whether this rtpengine bundles (RFC 9143). */
  async bundles(): Promise<boolean> {
    return (await this.#pool.nodes[0]?.bundles()) === true;
  }

  /** Ports that rtpengine holds toward a side that it has an SDP of, in the order of their media lines. */
  async ports(call: string, side: Side): Promise<number[]> {
    const { tags } = (await this.#ng.request('query', { 'call-id': call })) as unknown as {
      tags: Partial<Record<Side, { medias: { streams: { 'local port': number }[] }[] }>>;
    };
    const streams = tags[side]?.medias.flatMap((media) => media.streams) ?? [];
    return streams.map((stream) => stream['local port']).filter((port) => port !== 0);
  }

  async close(): Promise<void> {
    await this.anchor.close();
    await this.gateway.close();
    this.#ng.close();
    this.#pool.close();
    await this.#daemon.close();
  }
}

/** One media line of an SDP. */
export function mediaLine(text: string, index = 0): MediaView {
  const view = viewSession(parseSdp(text)).media[index];
  if (view === undefined) throw new Error(`no line ${index} in:\n${text}`);
  return view;
}
