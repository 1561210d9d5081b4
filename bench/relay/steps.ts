import type { RelayName } from './relays';
import { maxOthers, packetRate, Session, type Placement } from './session';

/** s of load in each step. */
const stepSeconds = 2;

/** A step is tried so often before its loss counts: a machine has a bad moment now and then. */
const tries = 2;
const disturbedTries = 12;

/** More than any relay here carries on one core. */
const maxSteps = 30;

/** The highest load that a relay carried without loss. */
export interface MaxLoad {
  relay: RelayName;
  streams: number;
  /** Each way. */
  packetsPerSecond: number;
  /** What was lost at the next step, or undefined if there was none. */
  lostAbove: { streams: number; sent: number; lost: number } | undefined;
  /** The greatest share of a CPU that the generator used, 0 to 1: at 1 it was the limit. */
  generatorBusy: number;
}

/** Grows the load by `step` streams, from half of `streams` on, until packets are lost or late. */
export async function highestLoad(
  relay: RelayName,
  options: Placement & { streams: number; step: number },
): Promise<MaxLoad> {
  const { streams, step } = options;
  const first = Math.max(step, Math.floor(streams / 2 / step) * step);
  const most = first + maxSteps * step;
  const session = await Session.start(relay, most, options);
  try {
    const result: MaxLoad = { relay, streams: 0, packetsPerSecond: 0, lostAbove: undefined, generatorBusy: 0 };
    for (let active = first; active <= most && result.lostAbove === undefined; active += step) {
      await session.open(active);
      await session.run(active, 1);
      let attempt = await session.run(active, stepSeconds);
      for (let i = 1; attempt.lost > 0 && (i < tries || (attempt.others > maxOthers && i < disturbedTries)); i++) {
        attempt = await session.run(active, stepSeconds);
      }
      result.generatorBusy = Math.max(result.generatorBusy, attempt.busy);
      if (attempt.lost > 0) {
        result.lostAbove = { streams: active, sent: attempt.sent, lost: attempt.lost };
      } else {
        result.streams = active;
        result.packetsPerSecond = active * packetRate;
      }
    }
    return result;
  } finally {
    await session.stop();
  }
}
