import { EdgeError } from '../errors';
import type { PathName } from './candidate-pair';
import type { RemoteStream } from './description';
import { MediaSession, type Sound } from './media-session';
import type { MediaTransport } from './media-transport';
import type { UeStreamReport } from './report';
import type { Observer } from './ue-event';

export interface CallAudioOptions {
  observer: Observer;
  /** RTP packets to send on each stream, then silence; undefined: no limit. */
  limit?: number | undefined;
  /** What the packets of each stream carry; default: a tone. */
  sound?: Sound | undefined;
  /** Begin to send only once the peer is heard, or after 10 s. */
  startWhenHeard?: boolean | undefined;
  /** Opens the sockets of the given m= lines; `ice` is false where the peer's offer has none. */
  open: (
    lines: readonly number[],
    ice: boolean,
    packet: (line: number, packet: Buffer) => void,
  ) => Promise<MediaTransport>;
}

/** ms to wait for the peer's media before sending all the same. */
const hearingPatience = 10_000;

/**
 * The RTP streams of one call: opens a path for each and runs RTP on it. Sending begins when the call is answered, the
 * path is there and the stream is allowed to. Streams that are dropped keep their place in the reports.
 */
export class CallAudio {
  readonly #options: CallAudioOptions;
  readonly #sessions = new Map<number, MediaSession>();
  /** When each line was first heard, and on which path: the far end may close its connection before we report. */
  readonly #heard = new Map<number, { at: number; path: PathName | undefined }>();
  readonly #dropped: UeStreamReport[] = [];
  #transport: MediaTransport | undefined;
  #remote: readonly RemoteStream[] = [];
  #allowed: ReadonlySet<number> = new Set();
  #answeredAt: number | undefined;
  #pathReady = false;
  #patience: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: CallAudioOptions) {
    this.#options = options;
  }

  has(line: number): boolean {
    return this.#sessions.has(line);
  }

  /** All packets of the limit were sent, on every stream. */
  get finished(): boolean {
    return [...this.#sessions.values()].every(({ finished }) => finished);
  }

  /** ms since RTP was last received on any stream; undefined if it never was. */
  get silentFor(): number | undefined {
    const silences = [...this.#sessions.values()].flatMap(({ silentFor }) => silentFor ?? []);
    return silences.length === 0 ? undefined : Math.min(...silences);
  }

  /** Opens the sockets, once: with each offer they are the same, and the credentials too (RFC 8839 §4.4.1.3). */
  async open(lines: readonly number[], ice: boolean): Promise<void> {
    if (this.#transport !== undefined || lines.length === 0) return;
    const transport = await this.#options.open(lines, ice, (line, packet) => this.#sessions.get(line)?.receive(packet));
    if (this.#closed) {
      transport.close();
      throw new EdgeError('closed', 'The call ended before its media was set up.');
    }
    this.#transport = transport;
    for (const line of lines) this.#sessions.set(line, this.#session(line, transport));
  }

  /** What our offer or answer says of a stream. */
  local(line: number) {
    return this.#transport?.local(line);
  }

  /** Learns the peer's side; resolves and rejects as {@link MediaTransport.connect}. */
  async connect(remote: readonly RemoteStream[]): Promise<void> {
    this.#remote = remote;
    const transport = this.#transport;
    if (transport === undefined) return;
    await transport.connect(remote.filter(({ line }) => this.#sessions.has(line)));
    if (transport !== this.#transport) return;
    this.#pathReady = true;
    this.#run();
  }

  /** The call is answered: from now on media may be sent, and its times count. */
  answered(): void {
    this.#answeredAt ??= performance.now();
    this.#run();
  }

  /** The streams that may send for now. */
  allow(lines: ReadonlySet<number>): void {
    this.#allowed = lines;
    this.#run();
  }

  stopSending(): void {
    for (const session of this.#sessions.values()) session.stopSending();
  }

  /** The call is ending: nothing is sent any more; what is under way is received and counted until `close`. */
  conclude(): void {
    this.stopSending();
    this.#transport?.conclude();
  }

  /** The streams are dropped from the call; `open` may bring new ones. */
  drop(): void {
    this.#dropped.push(...this.#present());
    this.#end();
    this.#sessions.clear();
    this.#heard.clear();
    this.#transport = undefined;
    this.#pathReady = false;
  }

  reports(): UeStreamReport[] {
    return [...this.#dropped, ...this.#present()];
  }

  close(): void {
    this.#closed = true;
    this.#end();
  }

  #end(): void {
    clearTimeout(this.#patience);
    this.#patience = undefined;
    for (const session of this.#sessions.values()) session.close();
    this.#transport?.close();
  }

  #present(): UeStreamReport[] {
    return [...this.#sessions].map(([line, session]) => {
      const heard = this.#heard.get(line);
      const rttMs = session.rttMs ?? this.#transport?.rttMs(line);
      return {
        line,
        kind: this.#remote[line]?.kind ?? 'audio',
        path: this.#transport?.path(line) ?? heard?.path ?? null,
        mediaMs: heard === undefined ? null : this.#sinceAnswer(heard.at),
        ...session.counts,
        rttMs: rttMs === undefined ? null : Math.round(rttMs * 10) / 10,
        unansweredUdpChecks: this.#transport?.unansweredUdpChecks(line) ?? 0,
      };
    });
  }

  #session(line: number, transport: MediaTransport): MediaSession {
    const send = (packet: Buffer) => transport.send(line, packet);
    const { limit, sound } = this.#options;
    const session = new MediaSession({ sendRtp: send, sendRtcp: send, limit, sound });
    session.on('heard', () => {
      const heard = { at: performance.now(), path: transport.path(line) };
      this.#heard.set(line, heard);
      const mediaMs = this.#sinceAnswer(heard.at);
      this.#options.observer({ event: 'media-flowing', line, path: heard.path ?? null, mediaMs });
      this.#run();
    });
    session.on('done', (packets) => this.#options.observer({ event: 'media-sent', line, packets }));
    return session;
  }

  /** Starts and pauses each stream as the state of the call asks. */
  #run(): void {
    if (this.#closed || !this.#pathReady || this.#answeredAt === undefined) return;
    for (const [line, session] of this.#sessions) {
      if (!this.#allowed.has(line)) session.pause();
      else if (this.#options.startWhenHeard !== true || this.#heard.has(line)) session.startSending();
      else this.#patience ??= setTimeout(() => session.startSending(), hearingPatience);
    }
  }

  #sinceAnswer(time: number): number {
    return Math.max(0, Math.round(time - (this.#answeredAt ?? time)));
  }
}
