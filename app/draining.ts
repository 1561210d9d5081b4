import type { Logger } from '../lib/ops/logger';

/** What may have calls under way. */
export interface Drainable {
  readonly calls: number;
  /** Refuses new calls; resolves with true when none is left, with false when that was taken back. */
  drain(): Promise<boolean>;
}

/** How often the log says how many calls are left, in ms. */
const tellingMs = 10_000;

/**
 * Has no new calls taken, and resolves when none is left, or after `seconds`; the log says how it goes. False: it was taken
 * back.
 */
export async function drained(what: Drainable, seconds: number, logger: Logger): Promise<boolean> {
  const empty = what.drain();
  if (what.calls === 0 || seconds === 0) return true;
  logger.info({ calls: what.calls, seconds }, 'draining: calls under way go on, new ones are refused');
  const telling = setInterval(() => logger.info({ calls: what.calls }, 'draining: calls are left'), tellingMs);
  let limit: NodeJS.Timeout | undefined;
  const over = new Promise<true>((resolve) => {
    limit = setTimeout(() => {
      logger.warn({ calls: what.calls, seconds }, 'draining: the time for it is over');
      resolve(true);
    }, seconds * 1000);
  });
  const isOver = await Promise.race([empty, over]);
  clearInterval(telling);
  clearTimeout(limit);
  return isOver;
}
