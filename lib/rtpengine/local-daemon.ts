import { spawn, type ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { createInterface } from 'node:readline';
import { EdgeError } from '../errors';
import type { Logger } from '../ops/logger';

export interface LocalDaemonOptions {
  /** The rtpengine program. */
  program: string;
  /** Each `address` or `address!advertised`, one per address family, as rtpengine's --interface takes them. */
  accessInterfaces: string[];
  coreInterfaces: string[];
  logger: Logger;
}

/** How long a stopped rtpengine may take before it is killed, in ms. */
const stopGraceMs = 3000;

/**
 * An rtpengine of our own, as a child process: for a first run and for tests, where no RTPENGINE_URLS is set.
 * It ends with this process. Its log lines become debug lines of ours.
 */
export class LocalDaemon {
  /** Its ng control address. */
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<string>;
  #closing = false;

  private constructor(url: string, child: ChildProcess, ended: Promise<string>) {
    this.url = url;
    this.#child = child;
    this.#ended = ended;
  }

  /** @throws EdgeError `rtpengine-not-started`, with what to do about it. */
  static async start(options: LocalDaemonOptions, onExit: (reason: string) => void): Promise<LocalDaemon> {
    const port = await freeUdpPort();
    const child = spawn(
      options.program,
      [
        '--config-file=none',
        '--foreground',
        '--log-stderr',
        '--log-level=5',
        '--table=-1',
        // A silent or held call must live on: signalling owns the end of a call.
        '--timeout=86400',
        '--silent-timeout=86400',
        ...options.accessInterfaces.map((address) => `--interface=access/${address}`),
        ...options.coreInterfaces.map((address) => `--interface=core/${address}`),
        `--listen-ng=127.0.0.1:${port}`,
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    const last: string[] = [];
    createInterface({ input: child.stderr }).on('line', (line) => {
      if (last.push(line) > 5) last.shift();
      options.logger.debug({ rtpengine: line }, 'rtpengine says');
    });
    const ended = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('exit', (code, signal) =>
        resolve(`it ended with ${signal ?? `code ${code ?? '?'}`}: ${last.join(' | ')}`),
      );
    });
    const daemon = new LocalDaemon(`udp://127.0.0.1:${port}`, child, ended);
    const failed = await Promise.race([ended, answersPing(port)]);
    if (failed !== undefined) {
      await daemon.close();
      throw new EdgeError(
        'rtpengine-not-started',
        `The local rtpengine (${options.program}) could not be started: ${failed}. Install it (apt-get install rtpengine-daemon), set RTPENGINE_BIN, or point RTPENGINE_URLS to a running one.`,
      );
    }
    void ended.then((reason) => {
      if (!daemon.#closing) onExit(reason);
    });
    return daemon;
  }

  /** Ends the child; may be called twice. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#child.kill('SIGTERM');
    const kill = setTimeout(() => this.#child.kill('SIGKILL'), stopGraceMs);
    await this.#ended;
    clearTimeout(kill);
  }
}

/** A UDP port on 127.0.0.1 that was free a moment ago. */
async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(0, '127.0.0.1', resolve);
  });
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}

/** Resolves with undefined once ng answers a ping, or with a reason after 10 s. */
async function answersPing(port: number): Promise<string | undefined> {
  const socket = createSocket('udp4');
  return new Promise((resolve) => {
    const ask = setInterval(() => socket.send('1 d7:command4:pinge', port, '127.0.0.1'), 50);
    const giveUp = setTimeout(() => finish('it did not answer a ping on its control port within 10 s'), 10_000);
    const finish = (reason?: string) => {
      clearInterval(ask);
      clearTimeout(giveUp);
      socket.close();
      resolve(reason);
    };
    // The port is closed until rtpengine listens: the next ping asks again.
    socket.on('error', () => undefined);
    socket.once('message', () => finish());
  });
}
