/**
 * Started by bench/hostile where the attack comes from: attacks, then writes one line with what became
 * of it and how late the attacker itself came.
 */
import { writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import type { AttackerOptions } from './assault';
import { attacks } from './attacks/attacks';
import { Lateness } from './lateness';

const { name, edge, sources, seconds, most, until } = JSON.parse(process.argv[2] ?? '') as AttackerOptions;

/** An attacker leaves the CPUs to what is measured. */
const nice = 10;

/** In a session of its own a process has a share of the CPUs that its priority does not change, but this does (sched(7)). */
function giveWay(): void {
  setPriority(nice);
  try {
    writeFileSync('/proc/self/autogroup', String(nice));
  } catch {
    // A kernel without such groups goes by the priority.
  }
}

async function main(): Promise<void> {
  const attack = attacks[name];
  if (attack === undefined) throw new Error(`There is no attack ${name}.`);
  const counts: Record<string, number> = {};
  const stop = new AbortController();
  let tries = 0;
  const hasSeen = () => (until === undefined ? Object.keys(counts).length > 0 : until in counts);
  const isEnough = () => most !== undefined && tries >= most && hasSeen();
  const tried = () => {
    tries += 1;
    if (isEnough()) stop.abort();
  };
  const count = (what: string) => {
    counts[what] = (counts[what] ?? 0) + 1;
    if (isEnough()) stop.abort();
  };
  const lateness = new Lateness();
  setTimeout(() => stop.abort(), seconds * 1000);
  const failure = await attack.run({ edge, sources, stop: stop.signal, tried, count }).then(() => null, String);
  process.stdout.write(`${JSON.stringify({ counts, failure, lateness: lateness.stop() })}\n`, () => process.exit(0));
}

giveWay();
void main();
