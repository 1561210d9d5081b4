/**
 * `npm run bench:gateway -- …`: what a packet costs in the TCP gateway, beside the least that a forwarder
 * written in Node can do.
 *
 *     --streams 200    authenticated streams, each with 50 packets/s of 172 bytes both ways
 *     --seconds 3      of measuring in each round
 *     --rounds 3       of each relay, in turn
 *     --json           the last line is one object with all figures
 *     --profile DIR    writes CPU profiles of the gateway's process there
 *
 * Exit status: 0 measured, whatever the figures; 2 wrong options.
 */
import { parseArgs } from 'node:util';
import { outcome, report } from './gateway/outcome';
import { relayNames } from './gateway/relay';
import { runRound, type Round, type RoundOptions } from './gateway/round';
import { toldUsage } from './usage';

interface Options extends RoundOptions {
  rounds: number;
  json: boolean;
}

async function main(): Promise<void> {
  if (toldUsage(__filename)) return;
  const { rounds, json, ...options } = readOptions();
  const done: Round[] = [];
  for (let i = 0; i < rounds; i++) {
    // The order changes, so that neither relay always has the machine after the other.
    for (const name of i % 2 === 0 ? relayNames : relayNames.toReversed()) {
      const round = await runRound(name, options);
      process.stderr.write(`${name}: ${round.cpuPerPacket.toFixed(1)} µs, ${round.sent - round.returned} lost\n`);
      done.push(round);
    }
  }
  const result = outcome(options.streams, options.seconds, done);
  process.stdout.write(`${report(result)}\n`);
  if (json) process.stdout.write(`${JSON.stringify(result)}\n`);
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      streams: { type: 'string', default: '200' },
      seconds: { type: 'string', default: '3' },
      rounds: { type: 'string', default: '3' },
      json: { type: 'boolean', default: false },
      profile: { type: 'string' },
    },
  });
  const { json, profile } = values;
  const count = (name: 'streams' | 'seconds' | 'rounds') => {
    const value = Number(values[name]);
    if (Number.isInteger(value) && value > 0) return value;
    throw new RangeError(`--${name} is a whole number above 0.`);
  };
  return { streams: count('streams'), seconds: count('seconds'), rounds: count('rounds'), json, profileTo: profile };
}

main().catch((error: unknown) => {
  const isUsage = error instanceof RangeError || (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS');
  process.stderr.write(`${isUsage ? (error as Error).message : String((error as Error).stack)}\n`);
  process.exitCode = isUsage ? 2 : 1;
});
