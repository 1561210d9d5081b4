/**
 * `npm run fuzz -- [framing|stun|sdp|network|dialogs …]`: feeds random, cut off and mutated inputs to what reads the
 * bytes of strangers, until one fails or the time is over.
 *
 *     --minutes 1      for each target
 *     --seed N         the same inputs again; default: another one each time
 *     --input BASE64   this one input alone, to the one target that is named; several: one after the other
 *
 * Exit status: 0 nothing was found; 1 an input failed, or memory or sockets grew; 2 wrong options.
 */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { feedMany, FuzzFailure, type Tally } from './feeding';
import { footprint, maxHeapGrowth, warmUpShare, type Footprint } from './growth';
import type { FuzzTarget } from './target';
import { targets } from './targets';

/** Cases between two lines of progress, where the target does not say. */
const usualBatch = 1000;

interface Options {
  chosen: readonly FuzzTarget[];
  minutes: number;
  seed: number;
  given: readonly Buffer[];
}

async function main(): Promise<void> {
  const { chosen, minutes, seed, given } = readOptions();
  for (const target of chosen) await (given.length === 0 ? fuzz(target, minutes, seed) : once(target, given));
}

async function once(target: FuzzTarget, given: readonly Buffer[]): Promise<void> {
  const run = await target.start();
  try {
    for (const input of given) process.stdout.write(`${target.name}: ${await run.feed(input)}\n`);
    await run.aftermath?.();
  } finally {
    await run.end();
  }
}

async function fuzz(target: FuzzTarget, minutes: number, firstSeed: number): Promise<void> {
  const { batch = usualBatch, kept = 0 } = target;
  const { sockets } = await footprint();
  const run = await target.start();
  const tally: Tally = new Map();
  let seed = firstSeed;
  const feed = async (ms: number): Promise<Footprint> => {
    const start = performance.now();
    const fed = seed;
    while (performance.now() - start < ms) {
      await feedMany(target, run, { cases: batch, seed, tally });
      seed += 1;
      const perSecond = Math.round((1000 * (seed - fed) * batch) / (performance.now() - start));
      const cases = (seed - firstSeed) * batch;
      process.stderr.write(`\r${target.name}: ${cases} cases, ${perSecond}/s, seed ${seed}   `);
    }
    await run.aftermath?.();
    return await footprint();
  };
  let growth: number;
  let most = maxHeapGrowth;
  try {
    const early = await feed(minutes * 60_000 * warmUpShare);
    const measured = seed;
    // Before the end, which gives back what a table has kept for too long.
    const late = await feed(minutes * 60_000 * (1 - warmUpShare));
    growth = late.heap - early.heap;
    most += (seed - measured) * batch * kept;
  } finally {
    await run.end();
  }
  const after = await footprint();
  process.stderr.write('\n');
  process.stdout.write(
    `${outcomes(tally)}\n${target.name}: heap grew by ${Math.round(growth / 1024)} KiB of ${Math.round(most / 1024)}, `,
  );
  process.stdout.write(`sockets from ${sockets} to ${after.sockets}\n`);
  if (growth > most || after.sockets > sockets) throw new Error(`${target.name}: it grew.`);
}

function outcomes(tally: Tally): string {
  const table = new Table({
    head: ['outcome', 'cases'],
    style: { head: [], border: [] },
    colAligns: ['left', 'right'],
  });
  table.push(...[...tally].sort(([, a], [, b]) => b - a).map(([outcome, count]) => [outcome, count]));
  return table.toString();
}

function readOptions(): Options {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      minutes: { type: 'string', default: '1' },
      seed: { type: 'string' },
      input: { type: 'string', multiple: true },
    },
  });
  const unknown = positionals.find((name) => !targets.some((target) => target.name === name));
  if (unknown !== undefined) throw new RangeError(`There is no target ${unknown}.`);
  const chosen = positionals.length === 0 ? targets : targets.filter(({ name }) => positionals.includes(name));
  const minutes = Number(values.minutes);
  if (!(minutes > 0)) throw new RangeError('--minutes is a number above 0.');
  const seed = values.seed === undefined ? randomInt(2 ** 30) : Number(values.seed);
  if (!Number.isInteger(seed)) throw new RangeError('--seed is a whole number.');
  if (values.input !== undefined && chosen.length !== 1) throw new RangeError('--input needs one target.');
  return { chosen, minutes, seed, given: (values.input ?? []).map((input) => Buffer.from(input, 'base64')) };
}

main().catch((error: unknown) => {
  const isUsage = error instanceof RangeError || (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS');
  const cause = error instanceof FuzzFailure && error.cause instanceof Error ? `\n${error.cause.stack ?? ''}` : '';
  process.stderr.write(isUsage ? `${(error as Error).message}\n` : `\n${String((error as Error).stack)}${cause}\n`);
  process.exitCode = isUsage ? 2 : 1;
});
