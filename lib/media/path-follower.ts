import type { StreamPath } from '../gateway/stream';
import type { OccasionalLog } from '../ops/occasional-log';
import { TokenBuckets, type Rate } from '../shares/token-buckets';
import type { AnchoredCall } from './anchored-call';
import type { StatisticsByLine } from './call-at-rtpengine';
import type { StreamPaths } from './stream-paths';
import type { EventedStreamGateway } from './watched-gateway';

/** A call as far as the ways of its media are concerned. */
export interface FollowedCall {
  call: Pick<AnchoredCall, 'rank'>;
  paths: StreamPaths;
  statistics: StatisticsByLine;
  /** Runs a command of the call, after those before it. */
  run: <T>(command: () => Promise<T>) => Promise<T>;
  /** Takes note of the ways that the statistics tell. */
  learn: () => void;
}

export interface PathFollowerOptions {
  gateway: Pick<EventedStreamGateway, 'winBack' | 'raisedOf' | 'lower'>;
  /** Asks rtpengine; undefined if it does not tell, or the call has ended. Never rejects. */
  lookAt: (call: string) => Promise<FollowedCall | undefined>;
  log: OccasionalLog;
  /** ms, rising. */
  now: () => number;
}

/** A UE that is heard sends about 50 packets a second: fewer in a look prove nothing. */
const fewestStrays = 3;

/** Whoever sends to rtpengine's port looks like a UE that is back on UDP: what he can cause of a line is rare. */
const lowerings: Rate = { perSecond: 1 / 15, burst: 4 };

/**
 * Makes rtpengine send media to where the UE uses it (C18, C19). It sends to the nominated pair of the highest priority,
 * and old releases (10.5) take nothing from others; newer ones follow the media that comes from a pair that was checked.
 */
export class PathFollower {
  readonly #options: PathFollowerOptions;
  /** By call and line. */
  readonly #lowerings: TokenBuckets;

  constructor(options: PathFollowerOptions) {
    this.#options = options;
    this.#lowerings = new TokenBuckets(lowerings, options.now);
  }

  /**
   * The UE uses its connection and nothing comes for it: does rtpengine send the media elsewhere? Then it is nominated
   * above what rtpengine has.
   */
  async unanswered({ stream }: StreamPath, nominations: number): Promise<void> {
    const { call, line, ufrag } = stream;
    const { lookAt, gateway, log } = this.#options;
    const looked = await lookAt(call);
    if (looked === undefined) return;
    const elsewhere = looked.paths.elsewhere(looked.statistics, line);
    if (elsewhere === undefined) {
      looked.learn();
      return;
    }
    log.warn({ call, line, ...elsewhere }, 'media went elsewhere than to the connection that the UE uses');
    gateway.winBack(ufrag, nominations);
  }

  /**
   * The UE sends nothing on its connection, which was nominated above its UDP. Where it is back on UDP, 10.5 drops all
   * that it sends there: our candidates are lowered, and rtpengine chooses again.
   * @param times how many looks in a row saw nothing; the first one gives what the next is compared with
   */
  async unheard({ stream }: StreamPath, times: number): Promise<void> {
    const { call, line, ufrag } = stream;
    const { lookAt, gateway, log } = this.#options;
    const looked = await lookAt(call);
    if (looked === undefined) return;
    looked.learn();
    const strays = looked.paths.strays(looked.statistics, line);
    const raised = gateway.raisedOf(ufrag);
    if (times === 1 || strays < fewestStrays || raised.length === 0) return;
    if (!this.#lowerings.take(`${call} ${line}`)) return;
    const isLower = await looked.run(() => looked.call.rank(line, raised)).catch(() => false);
    if (!isLower) return;
    log.warn({ call, line }, 'the UE has left its connection for UDP: media may go there');
    gateway.lower(ufrag);
  }
}
