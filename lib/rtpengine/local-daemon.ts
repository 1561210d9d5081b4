import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { EdgeError } from '../errors';
import { monotonicNow } from '../ops/clock';
import type { Logger } from '../ops/logger';
import { controlUrl, type ControlAddress } from './control-address';
import { NgClient } from './ng-client';
import { endOrphans, marksOf } from './orphaned-daemons';

export interface LocalDaemonOptions {
  /** What tells this edge from any other, and stays the same when it starts again. */
  edge: string;
  /** The rtpengine program. */
  program: string;
  /**
   * Each `address` or `address!advertised`, one per address family, as rtpengine's --interface takes them. On one that
   * the machine does not have it starts without a word, and fails at the first call.
   */
  accessInterfaces: string[];
  coreInterfaces: string[];
  /** For media; `last` included. */
  ports: { first: number; last: number };
  logger: Logger;
}

/** How long a stopped rtpengine may take before it is killed, in ms. */
const stopGraceMs = 3000;

/** How long a started one may take until it answers, in ms. */
const startMs = 10_000;

/**
 * An rtpengine of our own, as a child process: for a first run and for tests, where no RTPENGINE_URLS is set.
 * It ends with this process. Its log lines become debug lines of ours.
 */
export class LocalDaemon {
  readonly #options: LocalDaemonOptions;
  readonly #onExit: (reason: string) => void;
  #child: ChildProcess | undefined;
  /** Resolves with the reason when the child is gone. */
  #ended: Promise<string> = Promise.resolve('it was never started');
  #closing = false;

  /** `onExit` is told why the child ended, once it had been ready and was not closed by us. */
  constructor(options: LocalDaemonOptions, onExit: (reason: string) => void) {
    this.#options = options;
    this.#onExit = onExit;
  }

  /**
   * Resolves with its ng control address once it answers there.
   * @throws EdgeError `rtpengine-not-started`, with what to do about it.
   */
  async start(): Promise<string> {
    const host = ownLoopback();
    const control: ControlAddress = { transport: 'tcp', host, port: await freeTcpPort(host) };
    await this.#endOrphans();
    const marks = await marksOf(this.#options.edge);
    const bound = await boundToUs(this.#options.logger);
    if (!this.#closing) this.#spawn(control, [...marks, ...bound]);
    const failed = await answersPing(control, this.#ended);
    if (failed !== undefined) {
      await this.close();
      throw new EdgeError(
        'rtpengine-not-started',
        `RTPENGINE_BIN: the local rtpengine (${this.#options.program}) could not be started: ${failed}. Install it (apt-get install rtpengine-daemon), name another program, or point RTPENGINE_URLS to a running one.`,
      );
    }
    void this.#ended.then((reason) => {
      if (!this.#closing) this.#onExit(reason);
    });
    return controlUrl(control);
  }

  async #endOrphans(): Promise<void> {
    const ended = await endOrphans(this.#options.edge);
    if (ended > 0) this.#options.logger.info({ count: ended }, 'a local rtpengine of a former process is ended');
  }

  /** `by`: the program that starts it with what follows, and its arguments. */
  #spawn({ host, port }: ControlAddress, by: readonly [string, ...string[]]): void {
    const { program, accessInterfaces, coreInterfaces, ports, logger } = this.#options;
    const [first, ...more] = by;
    const child = spawn(
      first,
      [
        ...more,
        program,
        '--config-file=none',
        '--foreground',
        '--log-stderr',
        '--log-level=5',
        '--table=-1',
        // A silent or held call must live on: signalling owns the end of a call.
        '--timeout=86400',
        '--silent-timeout=86400',
        ...accessInterfaces.map((address) => `--interface=access/${address}`),
        ...coreInterfaces.map((address) => `--interface=core/${address}`),
        `--port-min=${ports.first}`,
        `--port-max=${ports.last}`,
        // Over TCP alone: media, which is UDP, cannot command it, whatever address an SDP names.
        `--listen-tcp-ng=${host}:${port}`,
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    this.#child = child;
    const last: string[] = [];
    createInterface({ input: child.stderr }).on('line', (line) => {
      if (last.push(line) > 5) last.shift();
      logger.debug({ rtpengine: line }, 'rtpengine says');
    });
    this.#ended = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('exit', (code, signal) =>
        resolve(
          `it ended with ${signal ?? `code ${code ?? '?'}`}${last.length > 0 ? `: ${last.join(' | ')}` : ' and said nothing'}`,
        ),
      );
    });
  }

  /** Ends the child; may be called twice. */
  async close(): Promise<void> {
    this.#closing = true;
    const child = this.#child;
    child?.kill('SIGTERM');
    const kill = setTimeout(() => child?.kill('SIGKILL'), stopGraceMs);
    await this.#ended;
    clearTimeout(kill);
  }
}

/** What a program is to be started by, so that it ends even if this process is killed. */
async function boundToUs(logger: Logger): Promise<string[]> {
  const wrapper = ['--pdeathsig', 'KILL', '--'];
  const isThere = await new Promise<boolean>((resolve) => {
    execFile('setpriv', [...wrapper, 'true'], (error) => resolve(error === null));
  });
  if (isThere) return ['setpriv', ...wrapper];
  logger.warn('setpriv (util-linux) is missing: should edge80 be killed, its rtpengine goes on until the next start');
  return [];
}

/** A loopback address that hardly anybody else uses: a port that is free there stays free until rtpengine has it. */
function ownLoopback(): string {
  return `127.${randomInt(1, 255)}.${randomInt(256)}.${randomInt(1, 255)}`;
}

async function freeTcpPort(host: string): Promise<number> {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Resolves with undefined once ng answers a ping, or with a reason: the child ended, or did not answer in time. */
async function answersPing(at: ControlAddress, ended: Promise<string>): Promise<string | undefined> {
  const client = new NgClient({ at });
  let reason: string | undefined;
  void ended.then((why) => (reason = why));
  const giveUpAt = monotonicNow() + startMs;
  try {
    while (reason === undefined && monotonicNow() < giveUpAt) {
      const reply = await client.request('ping', {}).catch(() => undefined);
      if (reply !== undefined) return undefined;
      await sleep(50);
    }
    return reason ?? `it did not answer a ping on its control port within ${startMs} ms`;
  } finally {
    client.close();
  }
}
