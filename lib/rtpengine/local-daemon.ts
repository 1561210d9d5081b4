import { spawn, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { createInterface } from 'node:readline';
import { EdgeError } from '../errors';
import type { Logger } from '../ops/logger';

export interface LocalDaemonOptions {
  /** The rtpengine program. */
  program: string;
  /** Each `address` or `address!advertised`, one per address family, as rtpengine's --interface takes them. */
  accessInterfaces: string[];
  coreInterfaces: string[];
  /** For media; `last` included. */
  ports: { first: number; last: number };
  logger: Logger;
}

/** How long a stopped rtpengine may take before it is killed, in ms. */
const stopGraceMs = 3000;

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
    await requireAddresses('RTPENGINE_ACCESS_INTERFACE', this.#options.accessInterfaces);
    await requireAddresses('RTPENGINE_CORE_INTERFACE', this.#options.coreInterfaces);
    const host = secretLoopback();
    const port = await freeUdpPort(host);
    if (!this.#closing) this.#spawn(`${host}:${port}`);
    const failed = await answersPing({ host, port }, this.#ended);
    if (failed !== undefined) {
      await this.close();
      throw new EdgeError(
        'rtpengine-not-started',
        `The local rtpengine (${this.#options.program}) could not be started: ${failed}. Install it (apt-get install rtpengine-daemon), set RTPENGINE_BIN, or point RTPENGINE_URLS to a running one.`,
      );
    }
    void this.#ended.then((reason) => {
      if (!this.#closing) this.#onExit(reason);
    });
    return `udp://${host}:${port}`;
  }

  #spawn(control: string): void {
    const { program, accessInterfaces, coreInterfaces, ports, logger } = this.#options;
    const child = spawn(
      program,
      [
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
        `--listen-ng=${control}`,
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
        resolve(`it ended with ${signal ?? `code ${code ?? '?'}`}: ${last.join(' | ')}`),
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

/**
 * A loopback address that nobody outside can guess. rtpengine sends what the far end of a call sends to whatever
 * address a caller's SDP names: two callers in league could name its own control port, and command it.
 */
function secretLoopback(): string {
  return `127.${randomInt(1, 255)}.${randomInt(256)}.${randomInt(1, 255)}`;
}

/** A UDP port that was free a moment ago. */
async function freeUdpPort(host: string): Promise<number> {
  const socket = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4' });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(0, host, resolve);
    });
    return socket.address().port;
  } finally {
    await new Promise<void>((resolve) => socket.close(() => resolve()));
  }
}

/** rtpengine starts without a word where it cannot bind an address, and fails at the first call. */
async function requireAddresses(setting: string, interfaces: readonly string[]): Promise<void> {
  for (const each of interfaces) {
    const [address = ''] = each.split('!', 1);
    try {
      // Bound to, not looked for: a loopback prefix, or a local route, makes more addresses usable than are listed.
      await freeUdpPort(address);
    } catch (cause) {
      const code = (cause as NodeJS.ErrnoException).code ?? String(cause);
      // The second where the machine has no IPv6 at all.
      const isMissing = code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT';
      const reason = isMissing ? 'this machine does not have it' : code;
      throw new EdgeError(
        'rtpengine-not-started',
        `The local rtpengine cannot use the address ${address}: ${reason}. Name one that the machine has in ${setting}, behind 1:1 NAT as address!advertised.`,
        { cause },
      );
    }
  }
}

/** Resolves with undefined once ng answers a ping, or with a reason: the child ended, or 10 s went by. */
function answersPing(
  { host, port }: { host: string; port: number },
  ended: Promise<string>,
): Promise<string | undefined> {
  const socket = createSocket('udp4');
  return new Promise((resolve) => {
    const ask = setInterval(() => socket.send('1 d7:command4:pinge', port, host), 50);
    let finished = false;
    const finish = (reason?: string) => {
      if (finished) return;
      finished = true;
      clearInterval(ask);
      clearTimeout(giveUp);
      socket.close();
      resolve(reason);
    };
    const giveUp = setTimeout(() => finish('it did not answer a ping on its control port within 10 s'), 10_000);
    // The port is closed until rtpengine listens: the next ping asks again.
    socket.on('error', () => undefined);
    socket.once('message', () => finish());
    void ended.then(finish);
  });
}
