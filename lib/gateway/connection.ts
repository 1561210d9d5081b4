import type { Socket } from 'node:net';
import type { TransportAddress } from '../ice/transport-address';
import { AnchorSocket, type AnchorListener } from './anchor-socket';
import { countPacket, type CloseReason, type DropReason, type PlaneCounters } from './counters';
import { framed, longestAnnounced } from '../ice/deframer';
import { isControlText } from './control-text';
import { packetKind, type PacketKind } from './first-byte';
import type { ConnectionId, ConnectionStatus, ForwardingPlaneListener, StreamContent } from './forwarding-plane';
import type { GatewayLimits } from './limits';
import { MediaQueue } from './media-queue';
import { Relay } from './relay';
import { UeReader, type UeReaderOwner } from './ue-reader';
import { UeWriter, type UeWriterOwner } from './ue-writer';

/** What a connection shares with the others of its plane. */
export interface ConnectionSurroundings {
  listener: ForwardingPlaneListener;
  counters: PlaneCounters;
  limits: GatewayLimits;
  /** ms, rising. */
  now: () => number;
  /** It is the plane's no more. */
  left: (id: ConnectionId) => void;
}

/**
 * How far a connection has come: `stranger` until control admits it, `admitted` while its pair is valid and
 * not nominated, `nominating` from opening the socket toward rtpengine until it is `selected`, and when another one is.
 */
type Phase = 'stranger' | 'admitted' | 'nominating' | 'selected' | 'closed';

/** One TCP connection of a UE and, once nominated, the UDP socket that stands for it at rtpengine. */
export class Connection implements UeReaderOwner, AnchorListener, UeWriterOwner {
  readonly id: ConnectionId;
  readonly remote: TransportAddress;
  /** Of a connection that carries TURN. */
  relay: Relay | undefined;

  readonly #socket: Socket;
  readonly #around: ConnectionSurroundings;
  readonly #reader: UeReader;
  readonly #writer: UeWriter;
  /** What it counts as if the UE ends it. */
  #endReason: CloseReason = 'peer';
  #content: StreamContent = 'rtp';
  /** Control is to be told of the next packet of media. */
  #isListenedTo = false;
  #dropped = 0;
  /** Packets of media that passed. */
  readonly #passed = { toAnchor: 0, fromAnchor: 0 };
  #phase: Phase = 'stranger';
  #anchor: AnchorSocket | undefined;
  /** Media of the UE until the connection is selected: it may begin once a check was answered (RFC 8445 §12.1). */
  readonly #held: MediaQueue;

  constructor(id: ConnectionId, socket: Socket, remote: TransportAddress, around: ConnectionSurroundings) {
    this.id = id;
    this.remote = remote;
    this.#socket = socket;
    this.#around = around;
    const { limits, counters, now } = around;
    this.#reader = new UeReader(limits.firstFrameBytes, this);
    this.#writer = new UeWriter(socket, this, counters.toUe, limits, now);
    const dropped = (_reason: DropReason, frames: number) => this.drop('not-selected', frames);
    this.#held = new MediaQueue(limits.heldMs, limits.heldBytes, dropped, limits.heldFrames);
    socket.on('data', (chunk: Buffer) => this.#reader.read(chunk));
    socket.on('end', () => this.close(this.#endReason));
    socket.on('error', () => this.close('socket-error'));
    socket.on('close', () => this.close(this.#endReason));
  }

  admit(content: StreamContent): void {
    if (this.#phase !== 'stranger' || this.relay) return;
    this.#phase = 'admitted';
    this.#content = content;
    // Frames of a stream of bytes are no datagrams: whatever fits into the header is taken (RFC 4571 §2).
    this.#reader.admit(content === 'msrp' ? longestAnnounced : this.#around.limits.frameBytes);
  }

  listenForMedia(): void {
    this.#isListenedTo = true;
  }

  send(message: Buffer): void {
    if (!this.#writer.stun(message)) this.close('not-reading');
  }

  openAnchor(anchor: TransportAddress): void {
    if (this.#phase === 'closed' || this.#phase === 'stranger') return;
    this.#anchor?.close();
    this.#phase = 'nominating';
    this.#writer.hold();
    this.#anchor = new AnchorSocket(anchor, this);
  }

  sendToAnchor(message: Buffer): void {
    if (this.#anchor?.send(message)) countPacket(this.#around.counters.toAnchor, 'stun', message.length);
  }

  select(maxAge: number): void {
    if (this.#phase !== 'nominating' && this.#phase !== 'selected') return;
    this.#phase = 'selected';
    this.#release((frame) => this.#carryOwn(frame, packetKind(frame)));
    this.#writer.release(maxAge);
  }

  giveWay(selected: Connection | undefined, maxAge: number): void {
    if (this.#phase === 'selected') this.#phase = 'nominating';
    if (this.#phase === 'nominating') this.#writer.release(maxAge);
    this.#release((frame) => {
      if (selected === undefined) this.drop('not-selected');
      else selected.#carryForOther(frame);
    });
  }

  write(frames: Buffer): void {
    this.#writer.stream(frames);
  }

  pause(): void {
    // What comes is read, and left alone.
    if (this.#writer.isFinishing) return;
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  finish(reason: CloseReason): void {
    if (this.#phase === 'closed' || this.#writer.isFinishing) return;
    this.#endReason = reason;
    // Closed with bytes unread, the kernel would reset the connection, and the UE lose what it has not read.
    this.#socket.resume();
    this.#writer.finish();
  }

  status(): ConnectionStatus {
    return { received: this.#socket.bytesRead, dropped: this.#dropped, ...this.#passed };
  }

  /** May be called twice; the first reason counts. */
  close(reason: CloseReason): void {
    if (this.#phase === 'closed') return;
    this.#phase = 'closed';
    const { listener } = this.#around;
    this.drop('not-selected', this.#held.length);
    this.#leave(reason);
    this.#held.clear();
    this.#writer.close();
    this.#anchor?.close();
    this.relay?.close();
    const status = this.status();
    this.#socket.destroy();
    listener.closed(this.id, reason, status);
  }

  /** From the reader: what is no media is for control to tell apart. */
  opening(bytes: Buffer): void {
    const verdict = this.#around.listener.opening(this.id, bytes);
    if (!this.#isOpen() || verdict === 'wait') return;
    if ('handOver' in verdict) {
      this.#handOver(bytes.subarray(verdict.handOver));
      return;
    }
    if ('relay' in verdict) {
      this.relay = new Relay(this, this.#writer, this.#around, this.#passed);
      this.#reader.giveTo(this.relay, bytes.subarray(verdict.relay));
      return;
    }
    if (verdict.reply !== undefined) this.write(verdict.reply);
    this.#reader.takeFrames(bytes.subarray(verdict.frames));
  }

  /** From the reader. */
  frame(frame: Buffer): boolean {
    const { counters, listener } = this.#around;
    if (this.#writer.isFinishing) return true;
    const kind = packetKind(frame);
    if (this.#phase === 'stranger' || this.#content === 'msrp') {
      countPacket(counters.fromUe, kind, frame.length);
      listener.controlFrame(this.id, frame);
    } else if (!this.#carries(kind)) {
      this.drop('first-byte');
    } else if (this.#content === 'rtp' && kind !== 'stun' && isControlText(frame)) {
      this.drop('control-text');
    } else {
      countPacket(counters.fromUe, kind, frame.length);
      if (kind === 'stun') listener.controlFrame(this.id, frame);
      else this.#carry(frame, kind);
    }
    return this.#isOpen();
  }

  /** From the reader. */
  frameTooLong(): void {
    this.close('frame-too-long');
  }

  /** From the writer too. */
  drop(reason: DropReason, packets = 1): void {
    this.#around.counters.drops[reason] += packets;
    this.#dropped += packets;
  }

  /** From the writer. */
  drained(): void {
    this.#around.listener.drained(this.id);
  }

  /** From the anchor's socket. */
  anchorPacket(packet: Buffer): void {
    const { counters, listener } = this.#around;
    const kind = packetKind(packet);
    if (!this.#carries(kind)) {
      this.drop('first-byte');
      return;
    }
    countPacket(counters.fromAnchor, kind, packet.length);
    if (kind === 'stun') {
      listener.anchorDatagram(this.id, packet);
    } else {
      this.#passed.fromAnchor += 1;
      this.#writer.media(framed(packet));
    }
  }

  anchorStranger(): void {
    this.drop('anchor-source');
  }

  anchorError(): void {
    this.#around.counters.anchorErrors += 1;
  }

  #handOver(read: Buffer): void {
    this.#phase = 'closed';
    this.#writer.close();
    this.#leave('handed-over');
    const socket = this.#socket;
    socket.pause();
    for (const event of ['data', 'end', 'error', 'close', 'drain']) socket.removeAllListeners(event);
    socket.unshift(read);
    this.#around.listener.handedOver(this.id, socket);
  }

  #leave(reason: CloseReason): void {
    const { counters, left } = this.#around;
    counters.closes[reason] += 1;
    counters.open -= 1;
    left(this.id);
  }

  #carries(kind: PacketKind): boolean {
    return kind !== 'other' && (kind !== 'dtls' || this.#content === 'dtls');
  }

  #isOpen(): boolean {
    return this.#phase !== 'closed';
  }

  #carry(frame: Buffer, kind: PacketKind): void {
    if (this.#isListenedTo) {
      this.#isListenedTo = false;
      this.#around.listener.mediaHeard(this.id);
    }
    if (this.#phase === 'selected') this.#carryOwn(frame, kind);
    else if (this.#isOpen()) this.#hold(frame);
  }

  #carryOwn(frame: Buffer, kind: PacketKind): void {
    if (this.#toAnchor(frame, kind)) this.#passed.toAnchor += 1;
  }

  /** Not counted as media of this connection: the UE did not send it here. */
  #carryForOther(frame: Buffer): void {
    if (this.#phase === 'selected') this.#toAnchor(frame, packetKind(frame));
    else if (this.#isOpen()) this.#hold(frame);
    else this.drop('not-selected');
  }

  #toAnchor(frame: Buffer, kind: PacketKind): boolean {
    if (this.#anchor?.send(frame) !== true) {
      this.drop('anchor-queue');
      return false;
    }
    countPacket(this.#around.counters.toAnchor, kind, frame.length);
    return true;
  }

  #hold(frame: Buffer): void {
    // A view would keep all that was read with it.
    this.#held.push(Buffer.from(frame), this.#around.now());
  }

  #release(carry: (frame: Buffer) => void): void {
    const next = () => this.#held.shift(this.#around.now());
    for (let frame = next(); frame !== undefined; frame = next()) carry(frame);
  }
}
