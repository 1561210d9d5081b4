import type { RemoteInfo } from 'node:dgram';
import type { TransportAddress } from '../ice/transport-address';
import { isCheckOfControlled } from '../ice/controlled-check';
import { TurnFramer, type TurnSink } from '../ice/turn-framer';
import { channelData, channelHeaderBytes, dataIndication, isMessage, longestData, readSend } from '../ice/turn-frames';
import { normalAddress } from '../ip-address';
import { isControlText } from './control-text';
import { countPacket, type CloseReason, type DropReason, type PlaneCounters } from './counters';
import { packetKind } from './first-byte';
import type {
  AvoidedPorts,
  ConnectionId,
  ConnectionStatus,
  ForwardingPlaneListener,
  RelayPeer,
} from './forwarding-plane';
import type { GatewayLimits } from './limits';
import { RelaySocket, type RelaySocketListener } from './relay-socket';
import type { UeWriter } from './ue-writer';

/** Whose relay it is; may close it whenever it is called. */
interface RelayOwner {
  readonly id: ConnectionId;
  drop(reason: DropReason): void;
  close(reason: CloseReason): void;
}

interface RelaySurroundings {
  listener: ForwardingPlaneListener;
  limits: GatewayLimits;
  counters: PlaneCounters;
}

/**
 * A connection that carries TURN (RFC 8656): its frames, its relayed address, and the peers that control permits. As in
 * native/relay.h.
 */
export class Relay implements TurnSink, RelaySocketListener {
  readonly #owner: RelayOwner;
  readonly #writer: UeWriter;
  readonly #around: RelaySurroundings;
  /** Packets of media that passed. */
  readonly #passed: Pick<ConnectionStatus, 'toAnchor' | 'fromAnchor'>;
  readonly #framer: TurnFramer;
  /** By `named` and by `at`, as `key` has them. */
  readonly #named = new Map<string, RelayPeer>();
  readonly #at = new Map<string, RelayPeer>();
  readonly #channels = new Map<number, RelayPeer>();
  #socket: RelaySocket | undefined;
  /** What `open` waits for counts only while this is the same. */
  #opening: object | undefined;
  #isClosed = false;

  constructor(
    owner: RelayOwner,
    writer: UeWriter,
    around: RelaySurroundings,
    passed: Pick<ConnectionStatus, 'toAnchor' | 'fromAnchor'>,
  ) {
    this.#owner = owner;
    this.#writer = writer;
    this.#around = around;
    this.#passed = passed;
    this.#framer = new TurnFramer(around.limits.firstFrameBytes, this);
    writer.carryTurn();
  }

  push(chunk: Buffer): void {
    this.#framer.push(chunk);
  }

  /** Of this plane no port is shared. */
  open(toward: string, avoid: AvoidedPorts): void {
    if (this.#opening !== undefined) return;
    const opening = {};
    this.#opening = opening;
    const isCurrent = () => this.#opening === opening;
    RelaySocket.open(normalAddress(toward), avoid === 'shared' ? [] : avoid, this).then(
      (socket) => {
        if (isCurrent()) this.#opened(socket);
        else socket.close();
      },
      () => {
        if (!isCurrent()) return;
        this.#opening = undefined;
        this.#around.counters.anchorErrors += 1;
        this.#around.listener.relayed(this.#owner.id, undefined);
      },
    );
  }

  /** With its connection. */
  close(): void {
    this.#isClosed = true;
    this.giveBack();
  }

  /** The relayed address, with all peers. */
  giveBack(): void {
    this.#opening = undefined;
    this.#socket?.close();
    this.#socket = undefined;
    for (const table of [this.#named, this.#at, this.#channels]) table.clear();
  }

  permit(peer: RelayPeer): void {
    if (this.#socket === undefined) return;
    this.forbid(peer.named);
    this.#named.set(key(peer.named), peer);
    this.#at.set(key(peer.at), peer);
    if (peer.channel !== undefined) this.#channels.set(peer.channel, peer);
  }

  forbid(named: TransportAddress): void {
    const peer = this.#named.get(key(named));
    if (peer === undefined) return;
    this.#named.delete(key(named));
    this.#at.delete(key(peer.at));
    if (peer.channel !== undefined) this.#channels.delete(peer.channel);
  }

  relay(named: TransportAddress, data: Buffer): void {
    const peer = this.#named.get(key(named));
    if (peer === undefined) this.#owner.drop('not-permitted');
    else this.#toPeer(peer, data);
  }

  /** From the framer. */
  frame(frame: Buffer): boolean {
    return isMessage(frame) ? this.#message(frame) : this.#channelData(frame);
  }

  /** From the framer. */
  frameTooLong(): void {
    this.#owner.close('frame-too-long');
  }

  /** From the framer. */
  brokenFraming(): void {
    this.#owner.close('broken-framing');
  }

  /** From the socket. */
  received(packet: Buffer, from: RemoteInfo): void {
    const peer = this.#at.get(key(from));
    const kind = packetKind(packet);
    if (peer === undefined || kind === 'other' || packet.length > longestData) {
      this.#owner.drop(peer === undefined ? 'anchor-source' : 'first-byte');
      return;
    }
    countPacket(this.#around.counters.fromAnchor, kind, packet.length);
    if (kind !== 'stun') this.#passed.fromAnchor += 1;
    const { channel, named } = peer;
    this.#writer.media(channel === undefined ? dataIndication(named, packet) : channelData(channel, packet));
  }

  /** From the socket. */
  failed(): void {
    this.#around.counters.anchorErrors += 1;
  }

  #opened(socket: RelaySocket): void {
    this.#socket = socket;
    const { limits } = this.#around;
    this.#framer.limit = limits.frameBytes;
    this.#around.listener.relayed(this.#owner.id, socket.address);
  }

  #message(message: Buffer): boolean {
    const sent = readSend(message);
    const peer = sent && this.#named.get(key(sent.to));
    return peer === undefined ? this.#toControl(message) : this.#fromUe(peer, sent?.data ?? Buffer.alloc(0), message);
  }

  #channelData(frame: Buffer): boolean {
    const peer = this.#channels.get(frame.readUInt16BE(0));
    if (peer !== undefined) return this.#fromUe(peer, frame.subarray(channelHeaderBytes), frame);
    this.#owner.drop('not-permitted');
    return true;
  }

  #toControl(frame: Buffer): boolean {
    countPacket(this.#around.counters.fromUe, 'stun', frame.length);
    this.#around.listener.controlFrame(this.#owner.id, frame);
    return !this.#isClosed;
  }

  /** @param frame that the packet came in */
  #fromUe(peer: RelayPeer, packet: Buffer, frame: Buffer): boolean {
    if (isCheckOfControlled(packet)) return this.#toControl(frame);
    if (this.#toPeer(peer, packet)) countPacket(this.#around.counters.fromUe, packetKind(packet), packet.length);
    return true;
  }

  /** False if it is nothing that a relay carries. */
  #toPeer({ at }: RelayPeer, packet: Buffer): boolean {
    const kind = packetKind(packet);
    if (kind === 'other' || isControlText(packet)) {
      this.#owner.drop(kind === 'other' ? 'first-byte' : 'control-text');
      return false;
    }
    if (this.#socket?.send(packet, at) !== true) {
      this.#owner.drop('anchor-queue');
      return true;
    }
    countPacket(this.#around.counters.toAnchor, kind, packet.length);
    if (kind !== 'stun') this.#passed.toAnchor += 1;
    return true;
  }
}

function key({ address, port }: TransportAddress): string {
  return `${normalAddress(address)} ${port}`;
}
