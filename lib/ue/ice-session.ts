import { randomBytes } from 'node:crypto';
import { EdgeError } from '../errors';
import type { PathName } from './candidate-pair';
import type { IceDescription, RemoteStream } from './description';
import { IceStream, type IceStreamOptions } from './ice-stream';
import type { MediaTransport } from './media-transport';

/** Ta of RFC 8445 §14.2, ms: at most one new check in this time, over all streams together. */
const pace = 50;

export interface IceSessionOptions extends Omit<IceStreamOptions, 'line' | 'tieBreaker' | 'changed'> {
  /** Indices of the m= lines that get ICE. */
  lines: readonly number[];
}

/**
 * The ICE agent of one call (RFC 8445, full, controlling; RFC 6544 for TCP): gathers at `open`, learns
 * the peer's half by `connect`, and sends on the selected pairs until `close`. RTP and RTCP are multiplexed.
 */
export class IceSession implements MediaTransport {
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
  static async open({ lines, ...options }: IceSessionOptions): Promise<IceSession> {
    const tieBreaker = randomBytes(8).readBigUInt64BE();
    const session = new IceSession();
    const changed = () => session.#conclude();
    try {
      for (const line of lines)
        session.#streams.set(line, await IceStream.open({ ...options, line, tieBreaker, changed }));
    } catch (error) {
      session.close();
      throw error;
    }
    return session;
  }

  /** Where the relayed address is all that there is, the default is that (RFC 8839 §4.2.4). */
  local(line: number): { port: number; address?: string; ice: IceDescription } {
    const ice = this.#stream(line).local;
    const udp = ice.candidates.find(({ transport }) => transport === 'udp');
    return { port: udp?.port ?? 9, ...(udp?.type === 'relay' && { address: udp.address }), ice };
  }

  /**
   * Begins to check and resolves once every stream that is accepted has a selected pair; the others stay silent. With a
   * peer without ICE media goes over UDP to its default address.
   * Rejects with `no-path`, which tells what was tried, or with `closed`.
   */
  async connect(remote: readonly Pick<RemoteStream, 'line' | 'accepted' | 'ice' | 'rtp'>[]): Promise<void> {
    const accepted = remote.filter((stream) => stream.accepted);
    for (const { line, ice, rtp } of accepted) {
      if (ice === undefined) this.#streams.get(line)?.connectWithoutIce(rtp);
      else this.#streams.get(line)?.connect(ice);
    }
    this.#wanted = new Set(accepted.map(({ line }) => line));
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

  path(line: number): PathName | undefined {
    return this.#stream(line).path;
  }

  rttMs(line: number): number | undefined {
    return this.#stream(line).rttMs;
  }

  unansweredUdpChecks(line: number): number {
    return this.#stream(line).unansweredUdpChecks;
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

  /** Throws for a line that was not opened. */
  #stream(line: number): IceStream {
    const stream = this.#streams.get(line);
    if (stream === undefined) throw new EdgeError('no-ice', `Line ${line} has no ICE.`);
    return stream;
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
