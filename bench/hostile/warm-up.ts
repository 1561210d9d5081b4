import { setTimeout as delay } from 'node:timers/promises';
import { assault } from './assault';
import { GoodSide, patience, type GoodOptions } from './good-side';
import type { HostileLab } from './lab';

/** Before what is measured, so that code is compiled and caches have what they hold; s. */
const goodSeconds = 5;
const attackSeconds = 2;

export interface WarmUpOptions extends Pick<GoodOptions, 'calls' | 'perSecond'> {
  attacks: readonly string[];
  /** Is told which attack could not be made. */
  report: (text: string) => void;
}

/** Good calls, new UEs and a little of each attack. The good side stays throughout: attacks by registered UEs need its core. */
export async function warmUp(lab: HostileLab, { attacks, report, calls, perSecond }: WarmUpOptions): Promise<void> {
  const good = await GoodSide.start(lab, { calls, perSecond, patience });
  try {
    good.measure();
    await delay(goodSeconds * 1000);
    for (const name of attacks) {
      const { failure } = await assault(lab, name, { seconds: attackSeconds });
      if (failure !== null) report(`${name} in the warm-up: ${failure}`);
    }
    await good.pause();
    await good.end();
  } finally {
    await good.close();
  }
}
