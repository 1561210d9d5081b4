/**
 * `npm run bench:msrp -- …`: what carrying MSRP over port 80 costs, beside a plain TCP relay (socat). Everything that
 * arrives is compared with what it should be.
 *
 *     --bytes 1000000000      of the transfer that is alone
 *     --count 100             transfers at the same time
 *     --bytes-each 10000000   of each of those
 *     --rounds 3              of each relay, in turn
 *     --chunk 32768           bytes of content in an MSRP chunk
 *     --relay-cpus 0          CPUs of the relay, as taskset takes them
 *     --load-cpus 1-…         CPUs of sender and receiver; default: all others
 *     --relays native,…       some of them only: native, native-cema, node, node-cema, socat
 *     --profile DIR           writes CPU profiles of edge80's process there
 *     --json                  the last line is one object with all figures
 *
 * Exit status: 0 measured, whatever the figures; 1 a transfer went wrong; 2 wrong options.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { loadNativeAddon } from '../lib/gateway/native-addon';
import { outcome, report, type Options } from './msrp/outcome';
import { relayNames, type RelayName } from './msrp/relays';
import { runRounds, type Round } from './msrp/round';
import { runBench, tellResult, wholeNumber } from './program';

async function main(): Promise<void> {
  const { relays, ...options } = readOptions();
  const rounds: Round[] = [];
  for (let i = 0; i < options.rounds; i++) {
    // The order changes, so that no relay always has the machine after the same other.
    const order = relays.map((_, place) => relays[(place + i) % relays.length] ?? 'socat');
    for (const relay of order)
      for (const workload of [
        { count: 1, bytes: options.bytes },
        { count: options.count, bytes: options.bytesEach },
      ]) {
        const done = await runRounds(relay, workload, options);
        for (const { count, direction, megabytesPerSecond } of done)
          process.stderr.write(`${relay}, ${count} ${direction}: ${megabytesPerSecond.toFixed(0)} MB/s\n`);
        rounds.push(...done);
      }
  }
  const result = outcome(options, rounds);
  tellResult(report(result), result, options.json);
  if (rounds.some(({ wrong }) => wrong > 0)) process.exitCode = 1;
}

function readOptions(): Options & { relays: RelayName[] } {
  const { values } = parseArgs({
    options: {
      bytes: { type: 'string', default: '1000000000' },
      count: { type: 'string', default: '100' },
      'bytes-each': { type: 'string', default: '10000000' },
      rounds: { type: 'string', default: '3' },
      chunk: { type: 'string', default: '32768' },
      'relay-cpus': { type: 'string', default: '0' },
      'load-cpus': { type: 'string', default: `1-${Math.max(1, availableParallelism() - 1)}` },
      relays: { type: 'string' },
      profile: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  const whole = (name: keyof typeof values, least: number) => wholeNumber(name, String(values[name]), least);
  return {
    bytes: whole('bytes', 1),
    count: whole('count', 2),
    bytesEach: whole('bytes-each', 1),
    rounds: whole('rounds', 1),
    chunkBytes: whole('chunk', 1),
    relayCpus: values['relay-cpus'],
    loadCpus: values['load-cpus'],
    profileTo: values.profile,
    relays: relaysOf(values.relays),
    json: values.json,
  };
}

/** All that there are, unless some are named; without its addon there is no native plane. */
function relaysOf(names: string | undefined): RelayName[] {
  const isThere = 'addon' in loadNativeAddon();
  if (names === undefined) return relayNames.filter((name) => isThere || !name.startsWith('native'));
  const known = new Set<string>(relayNames);
  const isKnown = (name: string): name is RelayName => known.has(name);
  const named = names.split(',');
  if (named.every(isKnown)) return named;
  throw new RangeError(`--relays is some of ${relayNames.join(', ')}.`);
}

runBench(__filename, main);
