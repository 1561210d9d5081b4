import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { EdgeError } from '../../../lib/errors';
import type { ForeignPhone, MediaStats, PhoneOptions } from '../foreign-phone';
import { linphoneSettings } from './linphone-settings';
import { LinphoneLog } from './linphone-log';
import { toneFile } from './tone-file';

/** How long a step of the phone may take, ms. */
const patience = 30_000;

/** How long linphonec may take to end, ms: it takes back its registration first. */
const endMs = 4000;

/** Debian's linphonec, which is driven by its command line and followed by its log; it plays a tone. */
export class Linphone implements ForeignPhone {
  readonly #options: PhoneOptions;
  readonly #log = new LinphoneLog();
  readonly #waiting = new Set<() => void>();
  #process: ChildProcessWithoutNullStreams | undefined;
  /** Why it cannot go on. */
  #fault: string | undefined;

  constructor(options: PhoneOptions) {
    this.#options = options;
  }

  async register(address: string): Promise<void> {
    const { folder } = this.#options;
    const home = join(folder, 'linphone');
    // Without its folders it has no database, and says so for each call.
    for (const part of ['.local/share/linphone', '.config/linphone']) mkdirSync(join(home, part), { recursive: true });
    const settings = join(home, 'linphonerc');
    writeFileSync(settings, linphoneSettings(address, this.#options), { mode: 0o600 });
    const tone = join(home, 'tone.wav');
    writeFileSync(tone, toneFile());
    this.#start(['-c', settings, '-d', '4'], home);
    this.#say('soundcard use files');
    this.#say(`play ${tone}`);
    await this.#until('registered', ({ registration }) => registration === 'Ok');
  }

  async call(uri: string): Promise<void> {
    this.#say(`call ${uri}`);
    await this.#talks();
  }

  async ring(): Promise<string> {
    await this.#until('been called', ({ call, caller }) => call === 'IncomingReceived' && caller !== '');
    return this.#log.caller;
  }

  async answer(): Promise<void> {
    this.#say('answer');
    await this.#talks();
  }

  stats(): Promise<MediaStats> {
    return Promise.resolve(this.#log.stats);
  }

  isInCall(): Promise<boolean> {
    const { call } = this.#log;
    return Promise.resolve(call !== undefined && !/^(End|Released|Error)$/.test(call));
  }

  async hangUp(): Promise<void> {
    this.#say('terminate');
    await this.#until('hung up', ({ call }) => call === 'Released');
  }

  async lastStats(): Promise<MediaStats> {
    await this.#until('ended its call', ({ call }) => call === 'Released');
    return this.#log.stats;
  }

  async leave(): Promise<void> {
    this.#say('quit');
    await this.close();
  }

  async close(): Promise<void> {
    const running = this.#process;
    if (running?.exitCode !== null || running.signalCode !== null) return;
    const kill = setTimeout(() => running.kill('SIGKILL'), endMs);
    await once(running, 'exit');
    clearTimeout(kill);
  }

  #start(args: readonly string[], home: string): void {
    const running = spawn('linphonec', args, { env: { PATH: process.env['PATH'], HOME: home } });
    this.#process = running;
    running.once('error', (error) => this.#fail(`linphonec cannot be started: ${error.message}`));
    running.once('exit', () => this.#fail('linphonec has ended'));
    // What it is told last may come when it is gone.
    running.stdin.on('error', () => undefined);
    createInterface({ input: running.stdout }).on('line', (line) => {
      this.#log.line(line);

      if (this.#log.call === 'Error') this.#fail('linphone says that the call failed');
      this.#wake();
    });
  }

  #say(command: string): void {
    this.#process?.stdin.write(`${command}\n`);
  }

  async #talks(): Promise<void> {
    await this.#until('had an answer', ({ call }) => call === 'StreamsRunning');
  }

  /** @throws EdgeError `softphone-failed` */
  async #until(done: string, is: (log: LinphoneLog) => boolean): Promise<void> {
    const late = setTimeout(() => this.#fail(`it has not ${done} within ${patience / 1000} s`), patience);
    while (!is(this.#log) && this.#fault === undefined)
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    clearTimeout(late);
    if (!is(this.#log)) throw new EdgeError('softphone-failed', `linphone failed: ${this.#fault ?? ''}.`);
  }

  #fail(why: string): void {
    this.#fault ??= why;
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}
