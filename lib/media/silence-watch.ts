import type { StatisticsByLine } from './call-at-rtpengine';
import { isAtRtpengine } from './media-anchor';
import type { StreamPaths } from './stream-paths';
import type { UeWords } from './ue-words';

export interface SilenceWatchOptions {
  ue: Pick<UeWords, 'linesWithIce'>;
  /** Asks rtpengine; undefined if it does not tell. Never rejects. */
  statistics: () => Promise<StatisticsByLine | undefined>;
  paths: Pick<StreamPaths, 'pathOf' | 'isOpen'>;
  /** Calls that are watched. */
  calls: () => number;
  /** Nothing comes from the UE any more. */
  silent: () => void;
  /** ms, rising. */
  now: () => number;
  /** Between two looks at a call, with few calls. */
  lookMs: number;
}

/** How many looks there are a second at most, over all calls. */
const looksPerSecond = 50;

/** ms: a UE that is muted may send nothing but RTCP, each 5 s or so (RFC 3550 §6.2). */
const silenceMs = 8000;

/** ms until the silence is told again, each time twice as long; so often in all. */
const againMs = 20_000;
const mostTold = 3;

/**
 * Sees that nothing comes any more from a UE that was heard on UDP, which only rtpengine sees: it is asked every few
 * seconds, the more calls there are, the less often.
 */
export class SilenceWatch {
  readonly #options: SilenceWatchOptions;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;
  /** Packets that had come of each line. */
  #packets = new Map<number, number>();
  /** When more had come, once any had. */
  #heardAt: number | undefined;
  #told = 0;

  constructor(options: SilenceWatchOptions) {
    this.#options = options;
  }

  /** May be called twice. */
  start(): void {
    this.#isStopped = false;
    this.#schedule();
  }

  /** For good; may be called twice. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    const pause = Math.max(this.#options.lookMs, (this.#options.calls() / looksPerSecond) * 1000);
    this.#timer = setTimeout(() => void this.#look(), pause).unref();
  }

  async #look(): Promise<void> {
    const { ue, paths, statistics: ask } = this.#options;
    const lines = ue.linesWithIce.filter((line) => paths.isOpen(line));
    // Of TCP the gateway sees it. Of UDP it may not be known yet.
    const isOnUdp = lines.length > 0 && lines.every((line) => isAtRtpengine(paths.pathOf(line) ?? 'udp'));
    const statistics = isOnUdp ? await ask() : undefined;
    if (this.#isStopped) return;
    if (statistics === undefined) this.#heardAt = undefined;
    else this.#count(statistics, lines);
    this.#schedule();
  }

  #count(statistics: StatisticsByLine, lines: readonly number[]): void {
    const { now, silent } = this.#options;
    let isHeard = false;
    for (const line of lines) {
      const { packets = 0, errors = 0 } = statistics.get(line)?.access ?? {};
      // What is dropped is counted among the packets.
      const taken = packets - errors;
      isHeard ||= taken > (this.#packets.get(line) ?? 0);
      this.#packets.set(line, taken);
    }
    if (isHeard) {
      this.#heardAt = now();
      this.#told = 0;
    } else if (this.#heardAt !== undefined && this.#told < mostTold) {
      const due = this.#told === 0 ? silenceMs : againMs * 2 ** (this.#told - 1);
      if (now() - this.#heardAt < due) return;
      this.#told += 1;
      this.#heardAt = now();
      silent();
    }
  }
}
