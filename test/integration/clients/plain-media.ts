import { randomInt } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Direction } from '../../../lib/sdp/session-view';
import { answeringDirection, maySend, readDescription, type RemoteStream } from '../../../lib/ue/description';
import { MediaSession } from '../../../lib/ue/media-session';
import { PlainTransport } from '../../../lib/ue/media-transport';
import { isRtcp, parseRtp } from '../../../lib/ue/rtp';
import type { Negotiator } from './client-media';
import { linear } from './mu-law';
import { Recording } from './recording';
import { tonePayload } from './tone-payload';
import { toneShare } from './tone-share';

export type Kind = 'audio' | 'video';

interface Stream {
  kind: string;
  direction: Direction;
  /** Undefined for a stream that is declined. */
  transport: PlainTransport | undefined;
  /** Of audio. */
  session: MediaSession | undefined;
  /** Packets to send back once it is known where to: they may be faster than the answer, and have the key frame. */
  waiting: Buffer[];
}

/** Packets of a stream. */
const mostWaiting = 100;

/** The payload types of VP8 and of digits in an offer of ours (RFC 3551 §3: dynamic). */
const ownVp8 = '96';
const ownDigits = '101';

/** By their numbers as events (RFC 4733 §3.2). */
const digits = '0123456789*#';

/** How much sound is judged: 10 packets. */
const heardSeconds = 0.2;

/** How long it takes until nothing is silence, in ms: more than the sound that is judged. */
const silenceMs = 400;

/** What tells the video that is sent back from that which came. */
const otherSsrc = 0x5a5a5a5a;

/**
 * Media of a phone in the core: plain RTP without ICE, a tone in PCMU, and VP8 that is sent back as it comes.
 * The lines of a session keep their places (RFC 3264 §8).
 */
export class PlainMedia implements Negotiator {
  /** Every SDP of the far end, oldest first. */
  readonly remoteSdps: string[] = [];
  readonly #address: string;
  readonly #frequency: number;
  readonly #sessionId = randomInt(1, 2 ** 40);
  #version = 0;
  #streams: Stream[] = [];
  #vp8 = ownVp8;
  #digitType = ownDigits;
  /** By the timestamps of their packets: each is sent several times. */
  readonly #digits = new Map<number, string>();
  #holding = false;
  #recording = new Recording();

  /** @param frequency of the tone that is sent, Hz */
  constructor(address: string, frequency: number) {
    this.#address = address;
    this.#frequency = frequency;
  }

  /** What our offers have beside the lines that there are. */
  async add(kind: Kind): Promise<void> {
    this.#streams.push(await this.#open(kind, this.#streams.length));
  }

  hold(holding: boolean): void {
    this.#holding = holding;
  }

  offer(): Promise<string> {
    for (const stream of this.#streams) stream.direction = this.#holding ? 'sendonly' : 'sendrecv';
    return Promise.resolve(this.#write());
  }

  async answer(offer: string): Promise<string> {
    const remote = readDescription(offer);
    const vp8 = /^a=rtpmap:(\d+) VP8\/90000/m.exec(offer)?.[1];
    this.#vp8 = vp8 ?? ownVp8;
    this.#digitType = /^a=rtpmap:(\d+) telephone-event\/8000/m.exec(offer)?.[1] ?? ownDigits;
    for (const { line, kind, formats, rtp } of remote) {
      const known = (kind === 'audio' && formats.split(' ').includes('0')) || (kind === 'video' && vp8 !== undefined);
      const used = known && rtp.port !== 0;
      if (this.#streams[line]?.transport !== undefined && used) continue;
      close(this.#streams[line]);
      this.#streams[line] = used ? await this.#open(kind, line) : declined(kind);
    }
    for (const { line, direction } of remote) this.#streams[line]!.direction = answeringDirection(direction);
    this.#learn(remote, offer);
    return this.#write();
  }

  accept(answer: string): Promise<void> {
    this.#learn(readDescription(answer), answer);
    return Promise.resolve();
  }

  /** How much of the sound that comes next is a tone of this frequency (Hz), 0 to 1; 0 if hardly any comes. */
  async hear(frequency: number): Promise<number> {
    this.#recording = new Recording(heardSeconds);
    const heard = await Promise.race([this.#recording.complete, wait(silenceMs)]);
    return heard ? toneShare(heard.samples, frequency, heard.sampleRate) : 0;
  }

  /** What was pressed at the far end in this call, as it came in RTP (RFC 4733). */
  get digits(): string {
    return [...this.#digits.values()].join('');
  }

  close(): void {
    for (const stream of this.#streams) close(stream);
  }

  async #open(kind: string, line: number): Promise<Stream> {
    const session = kind === 'audio' ? this.#session(line) : undefined;
    const packet = (_: number, bytes: Buffer) => {
      if (session && this.#isDigit(bytes)) return;
      if (session) session.receive(bytes);
      else if (!isRtcp(bytes)) this.#sendBack(line, bytes);
    };
    const transport = await PlainTransport.open({ address: this.#address, lines: [line], packet });
    return { kind, direction: 'sendrecv', transport, session, waiting: [] };
  }

  #isDigit(bytes: Buffer): boolean {
    const packet = isRtcp(bytes) ? undefined : parseRtp(bytes);
    if (packet?.payloadType !== Number(this.#digitType)) return false;
    this.#digits.set(packet.timestamp, digits[packet.payload[0] ?? digits.length] ?? '?');
    return true;
  }

  #session(line: number): MediaSession {
    let sent = 0;
    const send = (packet: Buffer) => this.#streams[line]?.transport?.send(line, packet) ?? false;
    return new MediaSession({
      sendRtp: send,
      sendRtcp: send,
      sound: {
        next: () => tonePayload(this.#frequency, sent++),
        heard: (payload) => this.#recording.add(Int16Array.from(payload, linear), 8000),
      },
    });
  }

  #sendBack(line: number, packet: Buffer): void {
    const back = Buffer.from(packet);
    back.writeUInt32BE((packet.readUInt32BE(8) ^ otherSsrc) >>> 0, 8);
    const { transport, waiting } = this.#streams[line] ?? declined('video');
    if (transport?.send(line, back) === false && waiting.length < mostWaiting) waiting.push(back);
  }

  #learn(remote: readonly RemoteStream[], sdp: string): void {
    this.remoteSdps.push(sdp);
    for (const stream of remote) {
      const { transport, session, direction, waiting } = this.#streams[stream.line] ?? declined(stream.kind);
      void transport?.connect([{ ...stream, accepted: stream.rtp.port !== 0 }]);
      for (const packet of waiting.splice(0)) transport?.send(stream.line, packet);
      if (maySend(direction) && maySend(answeringDirection(stream.direction)) && !this.#holding)
        session?.startSending();
      else session?.pause();
    }
  }

  #write(): string {
    this.#version += 1;
    const lines = [
      ...['v=0', `o=- ${this.#sessionId} ${this.#version} IN IP4 ${this.#address}`, 's=-'],
      ...[`c=IN IP4 ${this.#address}`, 't=0 0'],
      ...this.#streams.flatMap((stream, line) => this.#line(stream, line)),
    ];
    return lines.map((line) => `${line}\r\n`).join('');
  }

  #line({ kind, transport, direction }: Stream, line: number): string[] {
    const [format, codec] = kind === 'video' ? [this.#vp8, 'VP8/90000'] : ['0', 'PCMU/8000'];
    if (transport === undefined) return [`m=${kind} 0 RTP/AVP ${format}`];
    const { port } = transport.local(line);
    const [more, events] =
      kind === 'video' ? ['', []] : [` ${this.#digitType}`, [`a=rtpmap:${this.#digitType} telephone-event/8000`]];
    return [`m=${kind} ${port} RTP/AVP ${format}${more}`, `a=rtpmap:${format} ${codec}`, ...events, `a=${direction}`];
  }
}

function declined(kind: string): Stream {
  return { kind, direction: 'inactive', transport: undefined, session: undefined, waiting: [] };
}

function close(stream: Stream | undefined): void {
  stream?.session?.close();
  stream?.transport?.close();
}
