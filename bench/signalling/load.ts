import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { System } from './system';
import { spawnTied } from './tied-process';
import type { Address } from './udp-peer';

export interface LoadOptions {
  /** Calls begun per second. */
  rate: number;
  calls: number;
  /** How long each is held, in ms. */
  holdMs: number;
}

const scenarios = resolve(__dirname, '../../../bench/signalling');

/** SIPp on both ends of a system. */
export class Load {
  readonly #directory = mkdtempSync(join(tmpdir(), 'e80-bench-'));
  readonly #callee: ChildProcess;
  readonly #caller: Promise<ChildProcess>;

  constructor(system: System, { rate, calls, holdMs }: LoadOptions) {
    const { caller, callee, access } = system;
    this.#callee = this.#sipp('callee', callee, []);
    this.#caller = listening(callee).then(() => {
      const limits = ['-r', String(rate), '-m', String(calls), '-l', String(calls), '-d', String(holdMs)];
      return this.#sipp('caller', caller, [`${access.host}:${access.port}`, ...limits]);
    });
  }

  /** Resolves when all calls were made and ended as they should. */
  async done(): Promise<void> {
    const caller = await this.#caller;
    if (caller.exitCode === null && caller.signalCode === null) await once(caller, 'exit');
    if (caller.exitCode === 0) return;
    throw new Error(`SIPp ended with ${caller.exitCode ?? caller.signalCode}: ${this.#errors().slice(0, 2000)}`);
  }

  async stop(): Promise<void> {
    const caller = await this.#caller.catch(() => undefined);
    for (const sipp of caller ? [caller, this.#callee] : [this.#callee]) {
      if (sipp.pid === undefined || sipp.exitCode !== null || sipp.signalCode !== null) continue;
      const exit = once(sipp, 'exit');
      sipp.kill('SIGKILL');
      await exit;
    }
    rmSync(this.#directory, { recursive: true });
  }

  #sipp(scenario: 'caller' | 'callee', at: Address, args: string[]): ChildProcess {
    const files = ['-sf', join(scenarios, `${scenario}.xml`), '-trace_err', '-error_file', this.#file(scenario)];
    const local = ['-i', at.host, '-p', String(at.port), '-t', 'u1', '-nostdin'];
    // Without a terminal it draws nothing.
    const env = { ...process.env, TERM: 'dumb' };
    const sipp = spawnTied('sipp', [...args, ...files, ...local], { stdio: 'ignore', env });
    // Not installed: then nothing listens either.
    return sipp.on('error', () => undefined);
  }

  #file(scenario: string): string {
    return join(this.#directory, `${scenario}.errors`);
  }

  #errors(): string {
    const texts = ['caller', 'callee'].map((scenario) => {
      try {
        return readFileSync(this.#file(scenario), 'utf8');
      } catch {
        return '';
      }
    });
    return texts.join('\n').trim() || 'it says nothing of why';
  }
}

/** Resolves when something is bound to a UDP address. */
async function listening({ host, port }: Address): Promise<void> {
  const hex = (value: number, digits: number) => value.toString(16).toUpperCase().padStart(digits, '0');
  const bytes = host.split('.').map((part) => hex(Number(part), 2));
  const wanted = ` ${bytes.toReversed().join('')}:${hex(port, 4)} `;
  for (let attempt = 0; attempt < 100; attempt++) {
    if (readFileSync('/proc/net/udp', 'utf8').includes(wanted)) return;
    await setTimeout(50);
  }
  throw new Error(`SIPp does not listen on ${host}:${port}; is it installed?`);
}
