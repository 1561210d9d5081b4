import { setTimeout as delay } from 'node:timers/promises';
import { assault, type AssaultReport } from './assault';
import { distribution, type Distribution } from './distribution';
import { EdgeUsage, isBack, type Holding, type Usage } from './edge-usage';
import { GoodSide, patience, type GoodReport } from './good-side';
import type { HostileLab } from './lab';
import type { NewcomerResult } from './newcomer';

export interface PhaseOptions {
  /** The name of the attack; undefined: none. */
  attack: string | undefined;
  seconds: number;
  /** Held calls, and new UEs a second. */
  calls: number;
  perSecond: number;
}

/** How the good ones fared beside one attack, or beside none, and what it took; times in ms. */
export interface Phase {
  attack: string | null;
  /** RTP packets of the held calls, both ways. */
  sent: number;
  lost: number;
  /** Calls that did not last. */
  broken: number;
  /** The worse of the two ways. */
  delayP99: number;
  newcomers: number;
  register: Distribution;
  setup: Distribution;
  media: Distribution;
  /** How often held calls were refused before the attack: what the one before has left. */
  refusedBefore: number;
  /** Newcomers that failed, by reason. */
  failures: Record<string, number>;
  before: Holding;
  during: Usage;
  after: Holding;
  attacker: AssaultReport | null;
  /** p99 of how late UEs and core came to what was due. */
  lateness: { ue: number; core: number };
}

/** How long the edge may take after an attack to have back what it held before: SIP's own timers take 32 s; ms. */
const settleMs = 40_000;
const lookMs = 1000;

/** One attack beside good calls and good newcomers. Rejects if the edge has ended, or no call can be made before. */
export async function phase(lab: HostileLab, options: PhaseOptions): Promise<Phase> {
  const { attack, seconds, calls, perSecond } = options;
  const usage = new EdgeUsage(lab.lab.edge);
  const good = await GoodSide.start(lab, { calls, perSecond, patience });
  try {
    const before = await usage.settled();
    const watched = usage.watch();
    good.measure();
    const attacker = attack === undefined ? await delay(seconds * 1000, null) : await assault(lab, attack, { seconds });
    const during = watched();
    await good.pause();
    const after = await settled(usage, before);
    const report = await good.end();
    const newcomers = ofNewcomers(good.newcomers);
    const { refusals: refusedBefore } = good;
    return { attack: attack ?? null, ...ofCalls(report), ...newcomers, refusedBefore, before, during, after, attacker };
  } finally {
    await good.close();
  }
}

async function settled(usage: EdgeUsage, before: Holding): Promise<Holding> {
  const end = performance.now() + settleMs;
  for (;;) {
    const held = await usage.settled();
    if (isBack(held, before) || performance.now() > end) return held;
    await delay(lookMs);
  }
}

function ofCalls({ ue, core }: GoodReport) {
  const sum = (calls: readonly { sent: number; received: number }[], key: 'sent' | 'received') =>
    calls.reduce((total, call) => total + call[key], 0);
  const sent = sum(ue.calls, 'sent') + sum(core.calls, 'sent');
  return {
    sent,
    lost: sent - sum(ue.calls, 'received') - sum(core.calls, 'received'),
    broken: ue.calls.filter(({ held }) => !held).length,
    delayP99: Math.max(ue.delays.p99, core.delays.p99),
    lateness: { ue: ue.lateness.p99, core: core.lateness.p99 },
  };
}

function ofNewcomers(results: readonly NewcomerResult[]) {
  const times = (key: 'registerMs' | 'setupMs' | 'mediaMs') =>
    distribution(results.flatMap((result) => result[key] ?? []));
  const failures: Record<string, number> = {};
  for (const { error } of results) if (error !== null) failures[error] = (failures[error] ?? 0) + 1;
  return {
    newcomers: results.length,
    register: times('registerMs'),
    setup: times('setupMs'),
    media: times('mediaMs'),
    failures,
  };
}
