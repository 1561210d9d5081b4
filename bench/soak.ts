/**
 * `npm run bench:soak -- …`: whether anything grows while calls come and go, for as long as is wanted.
 *
 *     --minutes 10      how long; the first third is not counted, in which code is compiled and the last calls are kept
 *     --round 20        s; after each round all UEs go, garbage is collected, and it is looked what is left
 *     --ues 4           behind a firewall that passes TCP 80 and SIP alone, and as many behind none
 *     --json            the last line is one object with all figures
 *
 * UEs register, call, hold and resume by re-INVITEs, come back on new connections, and have their connections for media
 * broken; rtpengine is killed and started anew between rounds. Descriptors, heap and resident memory after garbage collection, the tables of /metrics, rtpengine's calls, and
 * the sizes of log and record of a call must stay flat. It needs root, nftables and rtpengine.
 * RTPENGINE_BIN, DRACHTIO_BIN: another rtpengine than the installed one, and a real drachtio-server.
 *
 * Exit status: 0 nothing grows, and every call worked; 1 not so, or it could not be measured; 2 wrong options.
 */
import { parseArgs } from 'node:util';
import { runBench, say, tellResult, wholeNumber } from './program';
import { SoakLab, type SoakLoad } from './soak/lab';
import { report, soakResult, type SoakResult, type SoakRound } from './soak/outcome';

/** Of which one is not counted, and the others have a first and a last. */
const fewestRounds = 3;

async function main(): Promise<void> {
  const { minutes, json, ...load } = readOptions();
  const result = await soak(minutes * 60, load);
  tellResult(report(result), result, json);
  if (!result.ok) process.exitCode = 1;
}

async function soak(seconds: number, load: SoakLoad): Promise<SoakResult> {
  const startedAt = performance.now();
  const passed = () => (performance.now() - startedAt) / 1000;
  // A UE calls anew before the one that it called waits for calls again.
  const lab = await SoakLab.start(4 * load.ues);
  const removeNetwork = () => lab.removeNetwork();
  process.once('exit', removeNetwork);
  const rounds: SoakRound[] = [];
  try {
    while (passed() < seconds || rounds.length < fewestRounds) {
      const round = await lab.round(load);
      rounds.push(round);
      const { descriptors, heap, resident } = round.after;
      const [heapText, residentText] = [heap, resident].map((bytes) => `${(bytes / 2 ** 20).toFixed(1)} MiB`);
      say(
        `${Math.round(passed())} of ${seconds} s: ${round.counts.calls} calls, ` +
          `${descriptors} descriptors, heap ${heapText}, resident ${residentText}`,
      );
    }
    return soakResult(rounds, passed());
  } finally {
    await lab.close();
    process.off('exit', removeNetwork);
  }
}

function readOptions(): SoakLoad & { minutes: number; json: boolean } {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '10' },
      round: { type: 'string', default: '20' },
      ues: { type: 'string', default: '4' },
      json: { type: 'boolean', default: false },
    },
  });
  const minutes = Number(values.minutes);
  if (!(minutes > 0)) throw new RangeError('--minutes is a number above 0.');
  const [seconds, ues] = [wholeNumber('round', values.round), wholeNumber('ues', values.ues)];
  return { minutes, seconds, ues, json: values.json };
}

runBench(__filename, main);
