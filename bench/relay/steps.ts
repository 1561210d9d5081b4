import type { RelayName } from './relays';
import { maxOthers, packetRate, LoadedRelay, wasGeneratorLimit, type Placement, type Run } from './loaded-relay';

/** s of load in each step. */
const stepSeconds = 2;

/** A step is tried so often before its loss counts: a machine has a bad moment now and then. */
const tries = 2;
const disturbedTries = 12;

/** More than any relay here carries on one core. */
const maxStreams = 10_000;

/** The highest load that a relay carried without loss. */
export interface MaxLoad {
  relay: RelayName;
  streams: number;
  /** Each way. */
  packetsPerSecond: number;
  /** The least load that was not carried, or undefined if there was none. */
  above: { streams: number; sent: number; lost: number; wasGenerator: boolean } | undefined;
}

/**
 * Grows the load from a third of `streams` on by a quarter each, until packets are lost or late; then halves what lies
 * between until that is `step` streams. The relay has half of its CPUs' time: with all of it the generator and the
 * echo, of which each does as much for a packet as the relay, would be the limit on a machine with few CPUs.
 */
export async function highestLoad(
  relay: RelayName,
  options: Placement & { streams: number; step: number },
): Promise<MaxLoad> {
  const { streams, step } = options;
  const session = await LoadedRelay.start(relay, maxStreams, options, true);
  try {
    const result: MaxLoad = { relay, streams: 0, packetsPerSecond: 0, above: undefined };
    for (let next = Math.ceil(streams / 3); next <= maxStreams && next > result.streams;) {
      const run = await runAt(session, relay, next);
      if (isCarried(run)) {
        result.streams = next;
        result.packetsPerSecond = next * packetRate;
      } else {
        result.above = { streams: next, sent: run.sent, lost: run.lost, wasGenerator: wasGeneratorLimit(run) };
      }
      next = following(result, step);
    }
    return result;
  } finally {
    await session.stop();
  }
}

/** The load to try next; what was carried already if there is none. */
function following({ streams, above }: MaxLoad, step: number): number {
  if (above === undefined) return Math.ceil(streams * 1.25);
  return above.streams - streams <= step ? streams : Math.ceil((streams + above.streams) / 2);
}

async function runAt(session: LoadedRelay, relay: RelayName, streams: number): Promise<Run> {
  await session.open(streams);
  await session.run(streams, 1);
  let run = await session.run(streams, stepSeconds);
  for (let i = 1; !isCarried(run) && (i < tries || (run.others > maxOthers && i < disturbedTries)); i++) {
    run = await session.run(streams, stepSeconds);
  }
  const { lost, cpuPerPacket, lateness } = run;
  process.stderr.write(
    `${relay}: ${streams} streams, ${lost} lost, ${cpuPerPacket.toFixed(2)} µs, generator late by ${lateness.p99.toFixed(1)} ms\n`,
  );
  return run;
}

/** A load that the generator could not keep up is none that the relay carried: packets in bursts cost less each. */
function isCarried(run: Run): boolean {
  return run.lost === 0 && !wasGeneratorLimit(run);
}
