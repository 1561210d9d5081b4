import { setTimeout as delay } from 'node:timers/promises';
import type { Target } from './attack';

/** ms */
const tick = 10;

/** What a late tick may make up for, as a share of a second: a flood stays bounded when the machine has no time. */
const burst = 0.1;

/** Calls `act` this often a second, evenly, until it is told to stop. `act` returns false if it tried nothing. */
export async function pace({ stop, tried }: Target, perSecond: number, act: () => unknown): Promise<void> {
  let due = performance.now();
  while (!stop.aborted) {
    const now = performance.now();
    due = Math.max(due, now - burst * 1000);
    for (; due <= now; due += 1000 / perSecond) if (act() !== false) tried();
    await delay(tick);
  }
}
