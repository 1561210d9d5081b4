import { randomBytes, randomInt } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { monotonicNow } from '../ops/clock';
import { Reception } from './reception';
import { buildRtcp, parseRtcp, roundTrip, type ReportBlock } from './rtcp';
import { buildRtp, isRtcp, parseRtp } from './rtp';
import { pcmu, tone } from './tone';

export interface MediaSessionEvents {
  /** The first RTP packet came in. */
  heard: [];
  /** The last packet of the limit was sent. */
  done: [packets: number];
}

/** What RTP packets carry in the place of a tone, for who measures with them. */
export interface Sound {
  /** The payload of the next packet: 160 bytes, 20 ms of PCMU. */
  next(): Buffer;
  /** The payload of a packet that came in. */
  heard(payload: Buffer): void;
}

export interface MediaSessionOptions {
  /** Send on the stream's path; false if that was not possible, and the packet does not count. */
  sendRtp: (packet: Buffer) => boolean;
  sendRtcp: (packet: Buffer) => boolean;
  /** RTP packets to send before falling silent; undefined: no limit. */
  limit?: number | undefined;
  /** Default: a tone, and nobody hears. */
  sound?: Sound | undefined;
}

/** ms */
const packetInterval = 20;
const rtcpInterval = 1000;

/** Packets that a late timer makes up for at once; beyond it, time that was slept through is let go. */
const maxBurst = 25;

/**
 * RTP and RTCP of one audio stream (RFC 3550): sends 50 PCMU packets a second, an SR or RR each second,
 * and counts what comes in. Packets are paced by the time since the start, so that timers that fire late
 * do not add up. It knows nothing of paths: packets go out by the callbacks and come in by `receive`.
 */
export class MediaSession extends EventEmitter<MediaSessionEvents> {
  readonly #options: MediaSessionOptions;
  readonly #ssrc = randomBytes(4).readUInt32BE();
  readonly #cname = randomBytes(9).toString('base64');
  readonly #firstTimestamp = randomBytes(4).readUInt32BE();
  readonly #openedAt = performance.now();
  #sequence = randomInt(0, 0x8000);
  #reception = new Reception(pcmu.clockRate);
  #remoteSsrc: number | undefined;
  /** Of senders before the present one: a peer may begin anew with another SSRC. */
  #before = { received: 0, lost: 0 };
  #lastSr: { middle: number; at: number } | undefined;
  #sent = 0;
  #sentAtLastReport = 0;
  #rtcpSent = 0;
  #rtcpReceived = 0;
  #rttMs: number | undefined;
  #lastHeardAt: number | undefined;
  /** When the next packet is due; undefined while not sending. */
  #nextAt: number | undefined;
  #marker = true;
  #paused = false;
  #stopped = false;
  #timer: NodeJS.Timeout | undefined;
  #rtcpTimer: NodeJS.Timeout | undefined;

  constructor(options: MediaSessionOptions) {
    super();
    this.#options = options;
  }

  get counts() {
    return {
      sent: this.#sent,
      received: this.#before.received + this.#reception.received,
      lost: this.#before.lost + this.#reception.lost,
      rtcpSent: this.#rtcpSent,
      rtcpReceived: this.#rtcpReceived,
    };
  }

  /** By RTCP, ms. */
  get rttMs(): number | undefined {
    return this.#rttMs;
  }

  /** The limit is reached, or sending was stopped. */
  get finished(): boolean {
    return this.#stopped;
  }

  /** Time since the last RTP packet came in, ms; undefined if none ever did. */
  get silentFor(): number | undefined {
    return this.#lastHeardAt === undefined ? undefined : performance.now() - this.#lastHeardAt;
  }

  /** Begins to send, or goes on after `pause`. */
  startSending(): void {
    if (this.#stopped || this.#nextAt !== undefined) return;
    this.#paused = false;
    this.#marker = true;
    this.#nextAt = performance.now();
    this.#rtcpTimer ??= setInterval(() => this.#report(), rtcpInterval);
    this.#pump();
  }

  /** Falls silent, as a call on hold does; RTCP goes on (RFC 3264 §8.4). */
  pause(): void {
    this.#paused = true;
    this.#nextAt = undefined;
    clearTimeout(this.#timer);
  }

  /** Sends nothing more; what is under way still comes in and is counted. */
  stopSending(): void {
    this.pause();
    this.#stopped = true;
    clearInterval(this.#rtcpTimer);
  }

  receive(packet: Buffer): void {
    if (isRtcp(packet)) this.#receiveRtcp(packet);
    else this.#receiveRtp(packet);
  }

  close(): void {
    this.stopSending();
    this.removeAllListeners();
  }

  #pump(): void {
    const now = performance.now();
    for (let burst = 0; this.#nextAt !== undefined && this.#nextAt <= now; burst++) {
      if (burst === maxBurst) this.#nextAt = now;
      this.#sendOne(this.#nextAt);
      // `done` may have stopped it.
      if (this.#isSending()) this.#nextAt += packetInterval;
    }
    if (this.#nextAt !== undefined) this.#timer = setTimeout(() => this.#pump(), this.#nextAt - performance.now());
  }

  #isSending(): boolean {
    return !this.#paused && !this.#stopped;
  }

  #sendOne(dueAt: number): void {
    const packet = buildRtp({
      payloadType: pcmu.payloadType,
      marker: this.#marker,
      sequence: this.#sequence,
      timestamp: this.#timestampAt(dueAt),
      ssrc: this.#ssrc,
      payload: this.#options.sound?.next() ?? tone,
    });
    if (!this.#options.sendRtp(packet)) return;
    this.#marker = false;
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#sent += 1;
    if (this.#sent !== this.#options.limit) return;
    this.stopSending();
    this.emit('done', this.#sent);
  }

  #timestampAt(time: number): number {
    return (this.#firstTimestamp + Math.round(((time - this.#openedAt) * pcmu.clockRate) / 1000)) >>> 0;
  }

  #report(): void {
    const sender = {
      wallClock: ntpClock(),
      rtpTimestamp: this.#timestampAt(performance.now()),
      packets: this.#sent,
      octets: this.#sent * pcmu.samplesPerPacket,
    };
    const block = this.#block();
    const packet = buildRtcp({
      ssrc: this.#ssrc,
      cname: this.#cname,
      ...(this.#sent > this.#sentAtLastReport && { sender }),
      ...(block && { block }),
    });
    this.#sentAtLastReport = this.#sent;
    if (this.#options.sendRtcp(packet)) this.#rtcpSent += 1;
  }

  #block(): ReportBlock | undefined {
    if (this.#remoteSsrc === undefined) return undefined;
    const lastSr = this.#lastSr;
    return {
      ssrc: this.#remoteSsrc,
      fractionLost: this.#reception.fractionLost(),
      cumulativeLost: this.#reception.lost,
      highestSequence: this.#reception.highestSequence,
      jitter: this.#reception.jitter,
      lastSr: lastSr?.middle ?? 0,
      delaySinceLastSr: lastSr === undefined ? 0 : Math.round(((performance.now() - lastSr.at) * 65536) / 1000) >>> 0,
    };
  }

  #receiveRtp(bytes: Buffer): void {
    const packet = parseRtp(bytes);
    if (packet === undefined) return;
    if (packet.ssrc !== this.#remoteSsrc) this.#newSender(packet.ssrc);
    const first = this.#lastHeardAt === undefined;
    this.#lastHeardAt = performance.now();
    this.#reception.packet(packet.sequence, packet.timestamp, this.#lastHeardAt);
    this.#options.sound?.heard(packet.payload);
    if (first) this.emit('heard');
  }

  #newSender(ssrc: number): void {
    const { received, lost } = this.counts;
    this.#before = { received, lost };
    this.#reception = new Reception(pcmu.clockRate);
    this.#remoteSsrc = ssrc;
    this.#lastSr = undefined;
  }

  #receiveRtcp(bytes: Buffer): void {
    const reports = parseRtcp(bytes);
    if (reports.length > 0) this.#rtcpReceived += 1;
    for (const { ntpMiddle: middle, blocks } of reports) {
      if (middle !== undefined) this.#lastSr = { middle, at: performance.now() };
      const ours = blocks.find(({ ssrc }) => ssrc === this.#ssrc);
      if (ours !== undefined) this.#rttMs = roundTrip(ours, ntpClock()) ?? this.#rttMs;
    }
  }
}

/** What our NTP timestamps are taken from, in ms since the epoch: round trips are differences of it, so it never jumps. */
function ntpClock(): number {
  return performance.timeOrigin + monotonicNow();
}
