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
import { runBench, tellResult, wholeNumber } from './program';

interface Options extends RoundOptions {
  rounds: number;
  json: boolean;
}

async function main(): Promise<void> {
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
  tellResult(report(result), result, json);
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
  const count = (name: keyof typeof values) => wholeNumber(name, String(values[name]));
  return { streams: count('streams'), seconds: count('seconds'), rounds: count('rounds'), json, profileTo: profile };
}

runBench(__filename, main);
