import { randomInt } from 'node:crypto';
import type { PathName } from './candidate-pair';
import { EdgeError } from '../errors';
import type { Direction } from '../sdp/session-view';
import { answeringDirection, maySend, readDescription, writeDescription, type RemoteStream } from './description';
import { MediaSession } from './media-session';
import type { MediaTransport } from './media-transport';
import type { StreamReport } from './report';
import type { Observer, Party } from './ue-event';

export interface CallMediaOptions {
  /** Our address for media. */
  address: string;
  observer: Observer;
  /** RTP packets to send on each stream, then silence; undefined: no limit. */
  limit?: number | undefined;
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

/** What we offer: one stream of audio. */
const offeredKinds = ['audio'] as const;

/**
 * The media of one call: writes its offers and answers, reads the peer's, opens a path for each stream and
 * runs RTP on it. Sending begins when the call is answered and the path is there.
 */
export class CallMedia {
  readonly #options: CallMediaOptions;
  readonly #sessionId = randomInt(1, 2 ** 40);
  readonly #sessions = new Map<number, MediaSession>();
  readonly #heardAt = new Map<number, number>();
  /** The path that each line was heard on: the far end may close its connection before we report. */
  readonly #heardOn = new Map<number, PathName>();
  #version = 0;
  #transport: MediaTransport | undefined;
  /** Of our newest offer or answer; by m= line. */
  #directions: Direction[] = [];
  #remote: readonly RemoteStream[] = [];
  #remoteSdp = '';
  #answeredAt: number | undefined;
  #pathReady = false;
  #holding = false;
  #heldByPeer = false;
  #patience: NodeJS.Timeout | undefined;
  #closed = false;
  readonly #path: { promise: Promise<void>; resolve: () => void; reject: (error: unknown) => void };

  constructor(options: CallMediaOptions) {
    this.#options = options;
    let resolve: () => void = () => undefined;
    let reject: (error: unknown) => void = () => undefined;
    const promise = new Promise<void>((settle, fail) => {
      resolve = settle;
      reject = fail;
    });
    promise.catch(() => undefined);
    this.#path = { promise, resolve, reject };
  }

  /** Resolves once every stream has a path; rejects with `no-path`, `no-usable-media` or `closed`. */
  get path(): Promise<void> {
    return this.#path.promise;
  }

  /** All packets of the limit were sent, on every stream. */
  get finished(): boolean {
    return this.#sessions.size > 0 && [...this.#sessions.values()].every(({ finished }) => finished);
  }

  /** ms since RTP was last received on any stream; undefined if it never was. */
  get silentFor(): number | undefined {
    const silences = [...this.#sessions.values()].map(({ silentFor }) => silentFor);
    return silences.reduce(
      (least, next) => (least === undefined || (next ?? Infinity) < least ? next : least),
      undefined,
    );
  }

  /** An offer; the same sockets and credentials in each of them (RFC 8839 §4.4.1.3). */
  async offer(): Promise<string> {
    if (this.#transport === undefined)
      await this.#open(
        offeredKinds.map((_, line) => line),
        true,
      );
    const direction = this.#holding ? 'sendonly' : 'sendrecv';
    const lines = this.#remote.length > 0 ? this.#remote : undefined;
    this.#directions = (lines ?? offeredKinds).map(() => direction);
    return this.#write(lines ?? []);
  }

  /** The answer to the peer's offer. Rejects with `sdp-invalid` or `no-usable-media` (488). */
  async answer(offer: string): Promise<string> {
    const remote = readDescription(offer);
    const accepted = remote.filter((stream) => stream.accepted);
    if (accepted.length === 0) throw noUsableMedia();
    if (this.#transport === undefined) {
      await this.#open(
        accepted.map(({ line }) => line),
        accepted.every(({ ice, rtcpMux }) => ice !== undefined && rtcpMux),
      );
    }
    this.#directions = remote.map(({ direction }) => answeringDirection(direction));
    this.#learn(remote, offer);
    return this.#write(remote);
  }

  /** The peer's answer to our offer; an answer seen before (18x, then 200) changes nothing. */
  accept(answer: string): void {
    if (answer === this.#remoteSdp) return;
    const remote = readDescription(answer);
    if (!remote.some(({ accepted }) => accepted)) throw noUsableMedia();
    this.#learn(remote, answer);
  }

  /** The call is answered: from now on media may be sent, and its times count. */
  answered(): void {
    this.#answeredAt ??= performance.now();
    this.#run();
  }

  /** Whether the next offer puts the call on hold; nothing is sent meanwhile. */
  hold(holding: boolean): void {
    this.#holding = holding;
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

  reports(): StreamReport[] {
    return [...this.#sessions].map(([line, session]) => {
      const heardAt = this.#heardAt.get(line);
      const rttMs = session.rttMs ?? this.#transport?.rttMs(line);
      return {
        line,
        kind: this.#remote[line]?.kind ?? 'audio',
        path: this.#transport?.path(line) ?? this.#heardOn.get(line) ?? null,
        mediaMs: heardAt === undefined ? null : this.#sinceAnswer(heardAt),
        ...session.counts,
        rttMs: rttMs === undefined ? null : Math.round(rttMs * 10) / 10,
        unansweredUdpChecks: this.#transport?.unansweredUdpChecks(line) ?? 0,
      };
    });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#patience);
    for (const session of this.#sessions.values()) session.close();
    this.#transport?.close();
    this.#path.reject(new EdgeError('closed', 'The call ended before its media had a path.'));
  }

  async #open(lines: readonly number[], ice: boolean): Promise<void> {
    const transport = await this.#options.open(lines, ice, (line, packet) => this.#sessions.get(line)?.receive(packet));
    if (this.#closed) {
      transport.close();
      throw new EdgeError('closed', 'The call ended before its media was set up.');
    }
    this.#transport = transport;
    for (const line of lines) this.#sessions.set(line, this.#session(line, transport));
  }

  #session(line: number, transport: MediaTransport): MediaSession {
    const send = (packet: Buffer) => transport.send(line, packet);
    const session = new MediaSession({ sendRtp: send, sendRtcp: send, limit: this.#options.limit });
    session.on('heard', () => {
      const now = performance.now();
      this.#heardAt.set(line, now);
      const path = transport.path(line);
      if (path !== undefined) this.#heardOn.set(line, path);
      this.#options.observer({ event: 'media-flowing', line, path: path ?? null, mediaMs: this.#sinceAnswer(now) });
      this.#run();
    });
    session.on('done', (packets) => this.#options.observer({ event: 'media-sent', line, packets }));
    return session;
  }

  #learn(remote: readonly RemoteStream[], sdp: string): void {
    this.#remote = remote;
    this.#remoteSdp = sdp;
    this.#noteHold(remote);
    this.#transport?.connect(remote).then(
      () => {
        this.#pathReady = true;
        this.#path.resolve();
        this.#run();
      },
      (error: unknown) => this.#path.reject(error),
    );
  }

  #noteHold(remote: readonly RemoteStream[]): void {
    const peerHears = (direction: Direction) => direction === 'sendrecv' || direction === 'recvonly';
    const held = !this.#holding && remote.every(({ direction, accepted }) => !accepted || !peerHears(direction));
    if (held === this.#heldByPeer) return;
    this.#heldByPeer = held;
    const by: Party = 'peer';
    this.#options.observer(held ? { event: 'held', by } : { event: 'resumed', by });
  }

  /** Starts and pauses each stream as the state of the call asks. */
  #run(): void {
    if (this.#closed || !this.#pathReady || this.#answeredAt === undefined) return;
    for (const [line, session] of this.#sessions) {
      const accepted = this.#remote.some((stream) => stream.line === line && stream.accepted);
      const wanted = accepted && !this.#holding && !this.#heldByPeer && maySend(this.#directions[line] ?? 'inactive');
      if (!wanted) session.pause();
      else if (this.#options.startWhenHeard !== true || this.#heardAt.has(line)) session.startSending();
      else this.#patience ??= setTimeout(() => session.startSending(), hearingPatience);
    }
  }

  #write(remote: readonly RemoteStream[]): string {
    this.#version += 1;
    const streams = this.#directions.map((direction, line) => {
      const peer = remote[line];
      const kind = peer?.kind ?? 'audio';
      const echoed = peer && { transport: peer.transport, formats: peer.formats };
      if (!this.#sessions.has(line) || peer?.accepted === false) return { kind, port: 0, direction, ...echoed };
      return {
        kind,
        direction,
        ...echoed,
        ...this.#transport?.local(line),
        port: this.#transport?.local(line).port ?? 0,
      };
    });
    return writeDescription({
      address: this.#options.address,
      sessionId: this.#sessionId,
      version: this.#version,
      streams,
    });
  }

  #sinceAnswer(time: number): number {
    return Math.max(0, Math.round(time - (this.#answeredAt ?? time)));
  }
}

function noUsableMedia(): EdgeError {
  return new EdgeError('no-usable-media', 'The peer offers no audio in PCMU over RTP.', { sipStatus: 488 });
}
