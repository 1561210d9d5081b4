import type { RelayName } from './relays';
import { maxOthers, packetRate, Session, wasGeneratorLimit, type Placement, type Run } from './session';

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
  /** The step that was not carried, or undefined if there was none. */
  above: { streams: number; sent: number; lost: number; wasGenerator: boolean } | undefined;
}

/**
 * Grows the load until packets are lost or late, from a third of `streams` on: by `step` streams, or by a tenth once
 * that is more. The relay has half of its CPUs' time: with all of it the generator and the echo, of which each does as
 * much for a packet as the relay, would be the limit on a machine with few CPUs.
 */
export async function highestLoad(
  relay: RelayName,
  options: Placement & { streams: number; step: number },
): Promise<MaxLoad> {
  const { streams, step } = options;
  const session = await Session.start(relay, maxStreams, options, true);
  try {
    const result: MaxLoad = { relay, streams: 0, packetsPerSecond: 0, above: undefined };
    let active = Math.max(step, Math.floor(streams / 3 / step) * step);
    while (active <= maxStreams && result.above === undefined) {
      await session.open(active);
      await session.run(active, 1);
      let attempt = await session.run(active, stepSeconds);
      for (let i = 1; !isCarried(attempt) && (i < tries || (attempt.others > maxOthers && i < disturbedTries)); i++) {
        attempt = await session.run(active, stepSeconds);
      }
      const { sent, lost, cpuPerPacket, lateness } = attempt;
      process.stderr.write(
        `${relay}: ${active} streams, ${lost} lost, ${cpuPerPacket.toFixed(2)} µs, generator late by ${lateness.p99.toFixed(1)} ms\n`,
      );
      if (isCarried(attempt)) {
        result.streams = active;
        result.packetsPerSecond = active * packetRate;
        active += Math.max(step, Math.floor(active / 10 / step) * step);
      } else {
        result.above = { streams: active, sent, lost, wasGenerator: wasGeneratorLimit(attempt) };
      }
    }
    return result;
  } finally {
    await session.stop();
  }
}

/** A load that the generator could not keep up is none that the relay carried: packets in bursts cost less each. */
function isCarried(run: Run): boolean {
  return run.lost === 0 && !wasGeneratorLimit(run);
}
