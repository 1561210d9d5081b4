import { randomBytes } from 'node:crypto';
import { EdgeError } from '../errors';
import type { TransportAddress } from '../ice/transport-address';
import type { CheckTiming } from './check-list';
import type { ConsentTiming } from './consent';
import type { IceDescription } from './description';
import { IceStream, type Carries } from './ice-stream';
import type { Observer } from './ue-event';

/** Ta of RFC 8445 §14.2, ms: at most one new check in this time, over all streams together. */
const pace = 50;

export interface IceSessionOptions {
  /** Our address for media. */
  address: string;
  /** Indices of the m= lines that get ICE. */
  lines: readonly number[];
  observer: Observer;
  /** What each line carries. */
  carries: (line: number) => Carries;
  timing?: CheckTiming | undefined;
  consent?: ConsentTiming | undefined;
}

/**
 * The ICE agent of one call (RFC 8445, full, controlling; RFC 6544 for TCP): gathers at `open`, learns
 * the peer's half by `connect`, and sends on the selected pairs until `close`.
 */
export class IceSession {
  readonly #streams = new Map<number, IceStream>();
  #timer: NodeJS.Timeout | undefined;
  /** Settles the promise of `connect`. */
  #settle: ((error?: EdgeError) => void) | undefined;
  /** Lines that are to have a path. */
  #wanted: ReadonlySet<number> = new Set();
  #turn = 0;
  #closed = false;

  private constructor() {
    // Sessions come from `open`.
  }

  /** Rejects with `address-unusable`. */
  static async open(options: IceSessionOptions): Promise<IceSession> {
    const { address, lines, observer, carries, timing, consent } = options;
    const settings = { tieBreaker: randomBytes(8).readBigUInt64BE(), timing, consent };
    const session = new IceSession();
    try {
      for (const line of lines) {
        const listeners = {
          observer,
          carries: carries(line),
          changed: () => session.#conclude(),
        };
        session.#streams.set(line, await IceStream.open(line, address, listeners, settings));
      }
    } catch (error) {
      session.close();
      throw error;
    }
    return session;
  }

  /** Throws for a line that was not opened. */
  stream(line: number): IceStream {
    const stream = this.#streams.get(line);
    if (stream === undefined) throw new EdgeError('no-ice', `Line ${line} has no ICE.`);
    return stream;
  }

  /**
   * Begins to check and resolves once every stream named has a selected pair; streams not named were
   * declined and stay silent. A peer without ICE is named by its default address instead.
   * Rejects with `no-path`, which tells what was tried, or with `closed`.
   */
  async connect(remotes: ReadonlyMap<number, IceDescription | TransportAddress>): Promise<void> {
    for (const [line, stream] of this.#streams) {
      const remote = remotes.get(line);
      if (remote !== undefined && 'ufrag' in remote) stream.connect(remote);
      else if (remote !== undefined) stream.connectWithoutIce(remote);
    }
    this.#wanted = new Set(remotes.keys());
    if (this.#closed) throw closed();
    await new Promise<void>((resolve, reject) => {
      this.#settle?.(closed());
      this.#settle = (error) => {
        this.#settle = undefined;
        if (error === undefined) resolve();
        else reject(error);
      };
      this.#timer ??= setInterval(() => this.#tick(), pace);
      this.#tick();
    });
  }

  /** Sends media of a stream; false if it has no selected pair now. */
  send(line: number, packet: Buffer): boolean {
    return this.#streams.get(line)?.send(packet) ?? false;
  }

  /** The call is ending: no check is sent any more, nor a lost connection tried again; what comes in is still received. */
  conclude(): void {
    clearInterval(this.#timer);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#timer);
    for (const stream of this.#streams.values()) stream.close();
    this.#settle?.(closed());
  }

  #tick(): void {
    const now = performance.now();
    const streams = [...this.#streams.values()];
    let mayStart = true;
    streams.forEach((_, i) => {
      const stream = streams[(this.#turn + i) % streams.length];
      if (stream?.tick(now, mayStart) === true) {
        mayStart = false;
        this.#turn = (this.#turn + i + 1) % streams.length;
      }
      stream?.consent(now);
    });
    this.#conclude();
  }

  #conclude(): void {
    const streams = [...this.#streams.values()].filter(({ line }) => this.#wanted.has(line));
    const failed = streams.find((stream) => stream.failed);
    if (failed !== undefined) this.#settle?.(noPath(failed));
    else if (streams.every(({ path }) => path !== undefined)) this.#settle?.();
  }
}

function closed(): EdgeError {
  return new EdgeError('closed', 'The call ended before its media had a path.');
}

function noPath(stream: IceStream): EdgeError {
  const tried = stream.attempts;
  const detail = tried.length === 0 ? 'the peer gave no candidate that could be tried' : tried.join('; ');
  return new EdgeError('no-path', `No path for media of line ${stream.line}: ${detail}.`);
}
