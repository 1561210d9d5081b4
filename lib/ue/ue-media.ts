import { randomInt } from 'node:crypto';
import { EdgeError } from '../errors';
import type { Direction } from '../sdp/session-view';
import { withResolvers } from '../with-resolvers';
import { CallAudio, type CallAudioOptions } from './call-audio';
import { CallMessages, type CallMessagesOptions } from './call-messages';
import {
  answeringDirection,
  maySend,
  readDescription,
  writeDescription,
  type LocalStream,
  type RemoteStream,
} from './description';
import type { MediaKind, Observer, Party } from './ue-event';

export interface CallMediaOptions extends CallAudioOptions {
  /** Our address for media. */
  address: string;
  observer: Observer;
  messages: Omit<CallMessagesOptions, 'observer'>;
  /** What our first offer has: one stream of each. */
  offers: readonly MediaKind[];
}

/**
 * The media of one call: writes its offers and answers, reads the peer's, and leaves the RTP streams and the MSRP
 * session to their own. An m= line keeps its place as long as the call lasts (RFC 3264 §8).
 */
export class UeMedia {
  readonly audio: CallAudio;
  readonly messages: CallMessages;
  readonly #options: CallMediaOptions;
  readonly #sessionId = randomInt(1, 2 ** 40);
  #version = 0;
  #wanted: ReadonlySet<MediaKind>;
  /** The kind of each m= line, by our newest offer or answer. */
  #kinds: string[] = [];
  #directions: Direction[] = [];
  #remote: readonly RemoteStream[] = [];
  #remoteSdp = '';
  #holding = false;
  #heldByPeer = false;
  #closed = false;
  readonly #path = withResolvers();

  constructor(options: CallMediaOptions) {
    this.#options = options;
    this.#wanted = new Set(options.offers);
    this.audio = new CallAudio(options);
    this.messages = new CallMessages({ ...options.messages, observer: options.observer });
    this.#path.promise.catch(() => undefined);
  }

  /** Resolves once every stream has a path; rejects with `no-path`, `no-usable-media` or `closed`. */
  get path(): Promise<void> {
    return this.#path.promise;
  }

  /** What the next offer has; a kind that is left out is dropped with its line's port 0 (RFC 3264 §8.2). */
  want(kinds: readonly MediaKind[]): void {
    this.#wanted = new Set(kinds);
  }

  get wanted(): readonly MediaKind[] {
    return [...this.#wanted];
  }

  /** Rejects with `address-unusable` or `closed`. */
  async offer(): Promise<string> {
    for (const kind of this.#wanted) if (!this.#kinds.includes(kind)) this.#kinds.push(kind);
    const direction = this.#holding ? 'sendonly' : 'sendrecv';
    this.#directions = this.#kinds.map(() => direction);
    const audio = this.#wanted.has('audio')
      ? this.#kinds.flatMap((kind, line) => (kind === 'audio' ? [line] : []))
      : [];
    if (audio.length === 0) this.audio.drop();
    // Lines that the peer declined when we had others stay declined.
    await this.audio.open(audio, true);
    if (this.#wanted.has('message')) await this.messages.prepareOffer(this.#kinds.indexOf('message'));
    else this.messages.drop();
    return this.#write();
  }

  /** The answer to the peer's offer. Rejects with `sdp-invalid` or `no-usable-media` (488). */
  async answer(offer: string): Promise<string> {
    const remote = readDescription(offer);
    const { audio, message } = this.#usable(remote);
    this.#kinds = remote.map(({ kind }) => kind);
    this.#wanted = new Set([...(audio.length > 0 ? ['audio' as const] : []), ...(message ? ['message' as const] : [])]);
    const audioLines = audio.map(({ line }) => line);
    if (audio.length === 0) this.audio.drop();
    await this.audio.open(
      audioLines,
      audio.every(({ ice, rtcpMux }) => ice !== undefined && rtcpMux),
    );
    if (message === undefined) this.messages.drop();
    else await this.messages.prepareAnswer(message);
    this.#directions = remote.map(({ direction }) => answeringDirection(direction));
    this.#learn(remote, offer, message);
    return this.#write();
  }

  /** The peer's answer to our offer; an answer seen before (18x, then 200) changes nothing. */
  accept(answer: string): void {
    if (answer === this.#remoteSdp) return;
    const remote = readDescription(answer);
    const { audio, message } = this.#usable(remote);
    if (audio.length === 0) this.audio.drop();
    if (message === undefined) this.messages.drop();
    this.#learn(remote, answer, message);
  }

  /** Whether the next offer puts the call on hold; nothing is sent meanwhile. */
  hold(holding: boolean): void {
    this.#holding = holding;
    this.#allow();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.audio.close();
    this.messages.close();
    this.#path.reject(new EdgeError('closed', 'The call ended before its media had a path.'));
  }

  /** Throws `no-usable-media` (488) where the peer has nothing that we speak. */
  #usable(remote: readonly RemoteStream[]): { audio: RemoteStream[]; message: RemoteStream | undefined } {
    const audio = remote.filter(({ accepted, kind }) => accepted && kind === 'audio');
    const message = remote.find((stream) => stream.accepted && this.messages.speaks(stream));
    if (audio.length > 0 || message !== undefined) return { audio, message };
    throw new EdgeError('no-usable-media', 'The peer offers neither audio in PCMU over RTP nor MSRP that we speak.');
  }

  #learn(remote: readonly RemoteStream[], sdp: string, message: RemoteStream | undefined): void {
    this.#remote = remote;
    this.#remoteSdp = sdp;
    this.#noteHold(remote.filter(({ kind }) => kind === 'audio'));
    this.#allow();
    const messagesOpen = message === undefined ? Promise.resolve() : this.messages.connect(message);
    Promise.all([this.audio.connect(remote), messagesOpen]).then(
      () => this.#path.resolve(),
      (error: unknown) => this.#path.reject(error),
    );
  }

  #noteHold(remote: readonly RemoteStream[]): void {
    const peerHears = (direction: Direction) => direction === 'sendrecv' || direction === 'recvonly';
    const present = remote.filter(({ accepted }) => accepted);
    const held = !this.#holding && present.length > 0 && !present.some(({ direction }) => peerHears(direction));
    if (held === this.#heldByPeer) return;
    this.#heldByPeer = held;
    const by: Party = 'peer';
    this.#options.observer(held ? { event: 'held', by } : { event: 'resumed', by });
  }

  #allow(): void {
    const lines = this.#remote.filter(
      ({ accepted, kind, line }) => accepted && kind === 'audio' && maySend(this.#directions[line] ?? 'inactive'),
    );
    this.audio.allow(new Set(this.#holding || this.#heldByPeer ? [] : lines.map(({ line }) => line)));
  }

  #write(): string {
    this.#version += 1;
    return writeDescription({
      address: this.#options.address,
      sessionId: this.#sessionId,
      version: this.#version,
      streams: this.#kinds.map((kind, line) => this.#stream(kind, line)),
    });
  }

  #stream(kind: string, line: number): LocalStream {
    const peer = this.#remote[line];
    const direction = this.#directions[line] ?? 'inactive';
    const echoed = peer && { transport: peer.transport, formats: peer.formats };
    if (kind === 'message')
      return this.messages.local(line) ?? { kind, port: 0, direction, ...declinedMessage, ...echoed };
    const local = this.audio.has(line) ? this.audio.local(line) : undefined;
    return { kind, direction, ...echoed, ...local, port: local?.port ?? 0 };
  }
}

/** How a line of ours is dropped that the peer has not seen. */
const declinedMessage = { transport: 'TCP/MSRP', formats: '*' };
