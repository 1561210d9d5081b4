import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addresses, type Network } from '../../../app/demo/network';
import { NamespaceProcess, runTool } from '../../../app/demo/processes';
import { parseSipMessage, type SipMessage } from '../../../lib/wire/sip-message';
import { readScenario, type Part } from './scenario';
import { until } from './until';

/** SIPp ends a scenario that hangs after this, in s. */
const limitSeconds = 20;

/** A UE's next local port: one that was just closed cannot be bound again at once. */
let uePort = 20_000;

export interface SippOptions {
  /** A file under test/scenarios, without its extension. */
  scenario: string;
  /** Handles the call that comes in beside the scenario. */
  incoming?: string;
  /** What it plays where scenarios are written for both sides. */
  role?: Part['role'];
  /** Waits for calls; otherwise it makes one. */
  server?: boolean;
  /** How many SIPp calls there will be: each Call-ID is one. */
  calls?: number;
  /** Values of the scenario's own keywords. */
  keywords?: Readonly<Record<string, string>>;
  /** Where a UE sends to, `address:port`, if not to the edge's port 5060. */
  far?: string;
  /** Sends RTP that comes to its media port back. */
  echo?: boolean;
  /** The Call-ID of its call, if it shall be that of another. */
  callId?: string;
}

/** One SIPp: the UE over a single TCP connection, or the core over UDP. */
export class Sipp {
  readonly #directory = mkdtempSync(join(tmpdir(), 'e80-sipp-'));
  readonly #process: NamespaceProcess;

  /** Starts SIPp; a server listens when this resolves. */
  static async start(network: Network, place: 'ue' | 'core', options: SippOptions): Promise<Sipp> {
    const sipp = new Sipp(network, place, options);
    if (options.server === true) {
      await until(`${sipp.#process.name} listens`, 5000, async () => {
        if (!sipp.#process.running) throw sipp.#failure('ended');
        const bound = await runTool('ip', ['netns', 'exec', network.namespace(place), 'ss', '-Hlun']);
        return bound.includes(':5060 ') ? true : undefined;
      });
    }
    return sipp;
  }

  private constructor(network: Network, place: 'ue' | 'core', options: SippOptions) {
    const far = options.far ?? `${place === 'ue' ? addresses.edgeAccess : addresses.edgeCore}:5060`;
    const port = place === 'ue' ? uePort++ : 5060;
    const { role = 'caller', incoming } = options;
    writeFileSync(this.#file('scenario.xml'), readScenario(options.scenario, { place, role }));
    if (incoming !== undefined) {
      writeFileSync(this.#file('incoming.xml'), readScenario(incoming, { place, role: 'callee' }));
    }
    const args = [
      ...(options.server === true ? [] : [far]),
      ...['-sf', this.#file('scenario.xml')],
      ...(incoming === undefined ? [] : ['-oocsf', this.#file('incoming.xml')]),
      ...['-t', place === 'ue' ? 't1' : 'u1', '-i', addresses[place], '-p', String(port)],
      ...(options.echo === true ? ['-rtp_echo', '-mp', '50000'] : []),
      ...['-cid_str', options.callId ?? '%u-%p'],
      ...['-m', String(options.calls ?? 1), '-nostdin', '-timeout', `${limitSeconds}s`, '-timeout_error'],
      // On a busy machine it would take its own lateness for an error.
      ...['-watchdog_interval', '0'],
      ...['-trace_err', '-error_file', this.#file('errors'), '-trace_logs', '-log_file', this.#file('log')],
      ...['-trace_msg', '-message_file', this.#file('messages')],
      ...Object.entries(options.keywords ?? {}).flatMap(([name, value]) => ['-key', name, value]),
    ];
    this.#process = new NamespaceProcess({
      name: `SIPp (${options.scenario})`,
      namespace: network.namespace(place),
      program: 'sipp',
      args,
      environment: { TERM: 'dumb' },
      directory: this.#directory,
    });
  }

  /** Resolves once the scenario logged this line; rejects as soon as SIPp met a mismatch or ended. */
  async logged(line: string): Promise<void> {
    await until(`${this.#process.name} logs "${line}"`, limitSeconds * 1000, () => {
      if (this.#log().includes(line)) return true;
      if (this.#errors() !== '' || !this.#process.running) throw this.#failure();
      return undefined;
    });
  }

  /** Resolves once SIPp has ended with all calls as the scenario has them. */
  async succeeded(): Promise<void> {
    const how = await this.#process.ended;
    if (how !== 'code 0' || this.#errors() !== '') throw this.#failure(how);
  }

  /** @throws if something came in that the scenario does not know. */
  sawNothingElse(): void {
    if (this.#read('errors') !== '' || !this.#process.running) throw this.#failure();
  }

  /** What the scenario logged behind `name`. */
  value(name: string): string {
    const line = this.#log().find((candidate) => candidate.startsWith(`${name} `));
    if (line === undefined) throw new Error(`${this.#process.name} did not log ${name}`);
    return line.slice(name.length + 1);
  }

  /** What came in, oldest first; `what` is a method or a status. */
  received(what?: string | number): SipMessage[] {
    const all = this.#read('messages', 'latin1')
      .split(/^-{20,} .*\n/m)
      .flatMap((entry) => {
        const [, text] = /^\S+ message received[^\n]*\n\n(.*)\n$/s.exec(entry) ?? [];
        const message = text === undefined ? undefined : parseSipMessage(text)?.message;
        return message === undefined ? [] : [message];
      });
    return what === undefined ? all : all.filter(({ method, status }) => method === what || status === what);
  }

  async close(): Promise<void> {
    // Waiting for calls is its purpose here, and SIPp would wait for them on SIGTERM too.
    this.#process.signal('SIGKILL');
    await this.#process.ended;
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #file(name: string): string {
    return join(this.#directory, name);
  }

  #read(name: string, encoding: BufferEncoding = 'utf8'): string {
    return existsSync(this.#file(name)) ? readFileSync(this.#file(name), encoding) : '';
  }

  #log(): string[] {
    return this.#read('log')
      .split('\n')
      .map((line) => line.trim());
  }

  /** What SIPp found wrong; that it used the scenario for incoming calls is none. */
  #errors(): string {
    return this.#read('errors')
      .replace(/\S+\s+\S+\s+\S+: Received out-of-call \w+ message, using the out-of-call scenario/g, '')
      .replace('The following events occurred:', '')
      .trim();
  }

  #failure(how = 'still running'): Error {
    const messages = this.#read('messages').slice(-6000);
    return new Error(
      `${this.#process.name} failed (${how}).\n${this.#errors() || this.#process.recentOutput}\nLast messages:\n${messages}`,
    );
  }
}
