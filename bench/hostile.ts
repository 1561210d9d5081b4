/**
 * `npm run bench:hostile -- …`: how good calls and good new UEs fare beside attacks, one after the other.
 *
 *     --attacks a,b     these alone (default: all; --list names them)
 *     --seconds 10      each
 *     --calls 10        held all the time, with media; their packets are counted
 *     --per-second 3    new UEs, each of which registers and calls
 *     --json            the last line is one object with all figures
 *
 * The real edge with a real rtpengine, UEs behind a firewall that passes TCP 80 and SIP alone, strangers with many
 * addresses, and core stand in network namespaces: it needs root, nftables, openssl and rtpengine.
 * RTPENGINE_BIN, DRACHTIO_BIN: another rtpengine than the installed one; a drachtio-server in the place of the
 * embedded SIP edge.
 *
 * Exit status: 0 all aims were met; 1 one was not, or it could not be measured; 2 wrong options.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { attacks } from './hostile/attacks/attacks';
import { HostileLab } from './hostile/lab';
import { outcome, report, type Failed, type Outcome } from './hostile/outcome';
import { phase, type Phase, type PhaseOptions } from './hostile/phase';
import { warmUp } from './hostile/warm-up';
import { runBench, say, tellResult } from './program';

type Options = Omit<PhaseOptions, 'attack'> & { names: string[]; json: boolean };

/** After the warm-up: what SIP's timers keep for 32 s has to go; s. */
const forgottenSeconds = 35;

async function main(): Promise<void> {
  const options = readOptions();
  if (options === undefined) return void process.stdout.write(`${Object.keys(attacks).join('\n')}\n`);
  const result = await measure(options);
  tellResult(report(result), result, options.json);
  if (!result.ok) process.exitCode = 1;
}

async function measure({ names, seconds, calls, perSecond }: Options): Promise<Outcome> {
  const run = new Run(names);
  process.once('exit', () => run.removeNetwork());
  const options = { seconds, calls, perSecond };
  try {
    const quiet = await run.phase({ ...options, attack: undefined });
    const phases: Phase[] = [];
    const failed: Failed[] = [];
    for (const attack of names) {
      try {
        phases.push(await run.phase({ ...options, attack }));
      } catch (error) {
        failed.push({ attack, error: error instanceof Error ? error.message : String(error) });
        await run.close();
      }
    }
    const server = process.env['DRACHTIO_BIN'] ? 'drachtio-server' : 'embedded SIP edge';
    return outcome(server, quiet, phases, failed);
  } finally {
    await run.close();
  }
}

/** One lab for all attacks, and a new one after an attack that has broken it. */
class Run {
  readonly #names: readonly string[];
  #lab: HostileLab | undefined;

  constructor(names: readonly string[]) {
    this.#names = names;
  }

  async phase(options: PhaseOptions): Promise<Phase> {
    const lab = (this.#lab ??= await this.#start(options));
    say(`${options.attack ?? 'no attack'}, ${options.seconds} s`);
    return phase(lab, options);
  }

  /** An edge that has seen all that it will see: what it takes for that once is not what an attack leaves behind. */
  async #start(options: PhaseOptions): Promise<HostileLab> {
    const lab = await HostileLab.start();
    try {
      say('warming up');
      await warmUp(lab, { ...options, attacks: this.#names, report: say });
      await delay(forgottenSeconds * 1000);
      return lab;
    } catch (error) {
      await lab.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#lab?.close();
    this.#lab = undefined;
  }

  /** At once: it must work in a dying process. */
  removeNetwork(): void {
    this.#lab?.lab.network.close();
  }
}

/** Undefined where the names of the attacks are asked for. */
function readOptions(): Options | undefined {
  const { values } = parseArgs({
    options: {
      attacks: { type: 'string' },
      list: { type: 'boolean', default: false },
      seconds: { type: 'string', default: '10' },
      calls: { type: 'string', default: '10' },
      'per-second': { type: 'string', default: '3' },
      json: { type: 'boolean', default: false },
    },
  });
  if (values.list) return undefined;
  const number = (name: 'seconds' | 'calls' | 'per-second') => {
    const value = Number(values[name]);
    if (value > 0 && (name !== 'calls' || Number.isInteger(value))) return value;
    throw new RangeError(`--${name} is a number above 0.`);
  };
  const names = values.attacks?.split(',') ?? Object.keys(attacks);
  const unknown = names.find((name) => !(name in attacks));
  if (unknown !== undefined) throw new RangeError(`There is no attack ${unknown}; --list names them.`);
  const { json } = values;
  return { names, seconds: number('seconds'), calls: number('calls'), perSecond: number('per-second'), json };
}

runBench(__filename, main);
