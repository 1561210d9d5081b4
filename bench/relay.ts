/**
 * `npm run bench:relay -- …`: what a packet costs in edge80's gateway, beside a TURN server over TCP (coturn) and the
 * least that a native forwarder can do.
 *
 *     --streams 900      authenticated streams, each with 50 packets/s of 172 bytes both ways
 *     --seconds 4        of measuring in each round
 *     --rounds 3         of each relay, in turn
 *     --step 25          streams to which the highest load without loss is found; 0: not looked for
 *     --patience 10      times that a round is repeated if others used the machine meanwhile
 *     --idle 10000       connections that authenticate and then do nothing; 0: none
 *     --tick 200         µs between the bursts of the generator
 *     --relay-cpus 0     CPUs of the relay, as taskset takes them
 *     --load-cpus 1-…    CPUs of generator and echo; default: all others
 *     --threads 1        of the relay that forward packets
 *     --turn             measures TURN through the gateway too, beside coturn with the same clients
 *     --with-node        measures the gateway with its plane in TypeScript too
 *     --json             the last line is one object with all figures
 *
 * Exit status: 0 measured, whatever the figures; 2 wrong options.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { outcome, report, type Options, type Round } from './relay/outcome';
import { idleMemory, stalledReader, type Pressure } from './relay/pressure';
import { buildPrograms } from './relay/programs';
import type { RelayName } from './relay/relays';
import { maxOthers, LoadedRelay } from './relay/loaded-relay';
import { highestLoad, type MaxLoad } from './relay/steps';
import { runBench, tellResult, wholeNumber } from './program';

async function main(): Promise<void> {
  const options = readOptions();
  buildPrograms();
  const relays: RelayName[] = [
    'edge80',
    'coturn',
    'floor',
    ...(options.turn ? ['turn' as const] : []),
    ...(options.withNode ? ['node' as const] : []),
  ];
  const rounds: Round[] = [];
  const loads: MaxLoad[] = [];
  for (let i = 0; i < options.rounds; i++) {
    // The order changes, so that no relay always has the machine after the same other.
    const order = relays.map((_, place) => relays[(place + i) % relays.length] ?? 'floor');
    for (const relay of order) rounds.push(await runRound(relay, options));
    if (options.step > 0) for (const relay of order) loads.push(await tell(highestLoad(relay, options)));
  }
  const pressure: Pressure = {
    stalled: await tell(stalledReader(options)),
    idle: options.idle === 0 ? undefined : await tell(idleMemory(options)),
  };
  const result = outcome(options, rounds, loads, pressure);
  tellResult(report(result), result, options.json);
}

async function runRound(relay: RelayName, options: Options): Promise<Round> {
  const { streams, seconds } = options;
  const session = await LoadedRelay.start(relay, streams, options);
  try {
    await session.open(streams);
    // What runs often is compiled, and memory taken, before anything is measured.
    await session.run(streams, 1);
    let run = await session.run(streams, seconds);
    for (let i = 1; i < options.patience && run.others > maxOthers; i++) {
      const again = await session.run(streams, seconds);
      if (again.others < run.others) run = again;
    }
    const round = { relay, ...run, memoryPerStream: session.memory() / streams };
    const { cpuPerPacket, lost, roundTrip, others } = round;
    process.stderr.write(
      `${relay}: ${cpuPerPacket.toFixed(2)} µs, ${lost} lost, p99 ${roundTrip.p99.toFixed(1)} ms; others used ${(others * 100).toFixed(0)} %\n`,
    );
    return round;
  } finally {
    await session.stop();
  }
}

/** Progress, for those who wait. */
async function tell<T>(measured: Promise<T>): Promise<T> {
  const result = await measured;
  process.stderr.write(`${JSON.stringify(result)}\n`);
  return result;
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      streams: { type: 'string', default: '900' },
      seconds: { type: 'string', default: '4' },
      rounds: { type: 'string', default: '3' },
      step: { type: 'string', default: '25' },
      patience: { type: 'string', default: '10' },
      idle: { type: 'string', default: '10000' },
      tick: { type: 'string', default: '200' },
      'relay-cpus': { type: 'string', default: '0' },
      'load-cpus': { type: 'string', default: otherCpus() },
      threads: { type: 'string', default: '1' },
      turn: { type: 'boolean', default: false },
      'with-node': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  });
  const whole = (name: keyof typeof values, least: number) => wholeNumber(name, String(values[name]), least);
  return {
    streams: whole('streams', 1),
    seconds: whole('seconds', 1),
    rounds: whole('rounds', 1),
    step: whole('step', 0),
    patience: whole('patience', 1),
    idle: whole('idle', 0),
    tick: whole('tick', 1),
    threads: whole('threads', 1),
    relayCpus: values['relay-cpus'],
    loadCpus: values['load-cpus'],
    turn: values.turn,
    withNode: values['with-node'],
    json: values.json,
  };
}

/** All but the first; on a machine with one, that one. */
function otherCpus(): string {
  const last = availableParallelism() - 1;
  return last <= 1 ? String(last) : `1-${last}`;
}

runBench(__filename, main);
