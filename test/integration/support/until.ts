import { setTimeout as wait } from 'node:timers/promises';

/** How often a condition that only another process can tell is asked for, in ms. */
const everyMs = 25;

/** Asks until there is an answer; what `ask` throws ends it. Rejects after `limitMs`. */
export async function until<T>(
  what: string,
  limitMs: number,
  ask: () => T | undefined | Promise<T | undefined>,
): Promise<T> {
  const end = Date.now() + limitMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > end) throw new Error(`Not within ${limitMs / 1000} s: ${what}`);
    await wait(everyMs);
  }
}
