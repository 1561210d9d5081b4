import { setTimeout } from 'node:timers/promises';
import type { CpuTime } from './measured-process';
import { Load } from './load';
import { partNames, type PartName, type PerPart, type System, type SystemName } from './system';

/** CPU time of one system under load, in ms per call. */
export interface Round {
  system: SystemName;
  calls: number;
  cpuPerCall: PerPart<{ user: number; system: number; total: number }>;
}

/** What one system needs for calls that are held, in bytes per call. */
export interface Held {
  system: SystemName;
  calls: number;
  memoryPerCall: PerPart<number>;
}

/** When what belongs to the last set-ups, and not to calls, is over: 64·T1 (RFC 3261 §17), and some more. */
const transactionMs = 35_000;

/** How long a call of a round is held, in ms. */
const talkMs = 100;

/** Makes calls for some seconds and measures what they cost. */
export async function runRound(system: System, rate: number, seconds: number): Promise<Round> {
  const calls = rate * seconds;
  const load = new Load(system, { rate, calls, holdMs: talkMs });
  try {
    const before = system.cpuTime();
    await load.done();
    const after = system.cpuTime();
    const part = (name: PartName) => perCall(before[name], after[name], calls);
    return {
      system: system.name,
      calls,
      cpuPerCall: { app: part('app'), server: part('server'), rtpengine: part('rtpengine') },
    };
  } finally {
    await load.stop();
  }
}

/** Sets calls up, measures while all of them are held, and cuts them off: the system is of no use afterwards. */
export async function runHeld(system: System, rate: number, calls: number): Promise<Held> {
  // rtpengine keeps a call for 30 s when it is over, the SIP server a transaction for 32 s.
  await untilHeld(system, (held) => held === 0, 60_000);
  const before = await system.memory();
  const load = new Load(system, { rate, calls, holdMs: 3_600_000 });
  try {
    const all = untilHeld(system, (held) => held >= calls, (calls / rate) * 1000 + 30_000);
    // SIPp ends by itself if calls fail only.
    await Promise.race([all, load.done()]);
    await all;
    await setTimeout(transactionMs);
    const after = await system.memory();
    const entries = partNames.map((name) => [name, (after[name] - before[name]) / calls]);
    return { system: system.name, calls, memoryPerCall: Object.fromEntries(entries) as PerPart<number> };
  } finally {
    await load.stop();
  }
}

async function untilHeld(system: System, enough: (held: number) => boolean, limitMs: number): Promise<void> {
  const deadline = Date.now() + limitMs;
  for (let held = await system.heldCalls(); !enough(held); held = await system.heldCalls()) {
    if (Date.now() > deadline) throw new Error(`${system.name}: rtpengine holds ${held} calls.`);
    await setTimeout(500);
  }
}

function perCall(before: CpuTime, after: CpuTime, calls: number) {
  const user = ((after.user - before.user) * 1000) / calls;
  const system = ((after.system - before.system) * 1000) / calls;
  return { user, system, total: user + system };
}
