import type { Socket } from 'node:net';
import type { TransportAddress } from '../ice/transport-address';
import type { CloseReason, PlaneCounters } from './counters';

/** Names a connection from `accepted` to `closed`; never used again. */
export type ConnectionId = number;

/**
 * What a stream carries beside STUN: `rtp` is RTP and RTCP, `dtls` those and DTLS, `msrp` a stream of bytes, of which
 * frames are arbitrary pieces and none is media (RFC 6544 §10).
 */
export type StreamContent = (typeof streamContents)[number];

export const streamContents = ['rtp', 'dtls', 'msrp'] as const;

/** What is known of one connection. */
export interface ConnectionStatus {
  /** Bytes that came from the UE, framing included: unchanged since the last look, the UE was silent. */
  received: number;
  /** Frames and datagrams of this connection that were dropped, in both directions, for whatever reason. */
  dropped: number;
  /** Packets of media that went to rtpengine, and that came from it for the UE. */
  toAnchor: number;
  fromAnchor: number;
}

/** What control says of an `opening`, unless it has closed the connection. */
export type OpeningVerdict =
  /** More has to come. */
  | 'wait'
  /** From this byte on all is frames; `reply` is sent as it is, before anything else. */
  | { frames: number; reply?: Buffer }
  /** From this byte on all is TURN over TCP: STUN without a frame, and ChannelData padded to 4 (RFC 8656 §12.5). */
  | { relay: number }
  /** The connection is given away, with what came from this byte on. */
  | { handOver: number };

/** Ports that a relayed address must not have; `shared`: any that another connection has, or gets. */
export type AvoidedPorts = readonly number[] | 'shared';

/** Whom a UE may exchange data with through its relayed address, as control permits it. */
export interface RelayPeer {
  /** As the UE calls it: what rtpengine advertises. */
  named: TransportAddress;
  /** Where that is bound. */
  at: TransportAddress;
  /** 0x4000 to 0x4fff (RFC 8656 §12); unset: what comes from it goes to the UE as Data indications. */
  channel?: number | undefined;
}

/**
 * What owns the sockets and touches every packet: accepting, framing, the UDP socket of each connection
 * toward rtpengine, queues and counters. It decides nothing: who may connect, what a check is answered
 * and which connection is selected is the control plane's business.
 *
 * The two are apart so that the plane through which media runs can be written in another language and put
 * in its place; the interface therefore has no object that both share, and an unknown or already closed
 * connection is not a fault in any method: its `closed` may be on its way.
 */
export interface ForwardingPlane {
  /** Rejects with the system's error, which has `code`, `address` and `port`; nothing is left open then. */
  listen(addresses: readonly TransportAddress[]): Promise<void>;
  /** The bound addresses, in the order of `listen`. */
  address(): TransportAddress[];
  /**
   * From now on longer frames are taken (of `msrp` any length), and of media only STUN goes to control; of `msrp`
   * all frames do.
   */
  admit(connection: ConnectionId, content: StreamContent): void;
  /** Of the next packet of media that comes from the UE, control is told by `mediaHeard`, once. */
  listenForMedia(connection: ConnectionId): void;
  /** Sends a STUN message to the UE, before any media that waits, and never drops it; of TURN without a frame. */
  send(connection: ConnectionId, message: Buffer): void;
  /**
   * Opens a UDP socket toward rtpengine's address, in place of any earlier one of this connection. Until
   * `select`, no media passes, either way: it waits on the connection that it came for, the newest of it.
   */
  openAnchor(connection: ConnectionId, anchor: TransportAddress): void;
  /** Sends a STUN message from that socket. */
  sendToAnchor(connection: ConnectionId, message: Buffer): void;
  /** Lets media pass both ways, what waited first; `maxAge` (ms) bounds what waits for the UE from now on. */
  select(connection: ConnectionId, maxAge: number): void;
  /**
   * Another connection of its stream, `selected`, has been selected. What waits of the UE goes to rtpengine with that
   * one; what comes later on this one waits. What rtpengine sent to this one, or sends, passes, as after `select`. If the
   * other one is not selected yet, what waits of the UE waits there, within what one connection may hold.
   */
  giveWay(connection: ConnectionId, selected: ConnectionId, maxAge: number): void;
  /** Sends frames of `msrp`, header included, as they are: in order, none dropped, STUN before them. */
  write(connection: ConnectionId, frames: Buffer): void;
  /** Nothing is read from the UE until `resume`; what was read already may still come. */
  pause(connection: ConnectionId): void;
  resume(connection: ConnectionId): void;
  /** Closes the connection once the kernel has taken all that was written; of `msrp`, which no media goes to. */
  finish(connection: ConnectionId, reason: CloseReason): void;
  /**
   * Opens the relayed address of a connection that carries TURN: on that address of ours from which `toward` is reached,
   * at a port that is none of `avoid`. `relayed` tells it. From now on frames may be as long as media's. Of a connection
   * that has one, or carries no TURN: nothing.
   */
  openRelay(connection: ConnectionId, toward: string, avoid: AvoidedPorts): void;
  /** Gives it back, with all peers. */
  closeRelay(connection: ConnectionId): void;
  /**
   * From now on data passes both ways between the UE and this peer. Given again (the same `named`), all of it counts
   * anew: without a channel it has none any more. If another connection has that peer at the same port of ours, all that
   * the UE sends to it is dropped as `relay-taken`. Without an open relay: nothing.
   */
  permit(connection: ConnectionId, peer: RelayPeer): void;
  /** Nothing passes any more, either way, between the UE and that peer. */
  forbid(connection: ConnectionId, named: TransportAddress): void;
  /** Data of a Send indication that control was told of: to a permitted peer. */
  relay(connection: ConnectionId, named: TransportAddress, data: Buffer): void;
  /** Undefined once it is closed. */
  status(connection: ConnectionId): ConnectionStatus | undefined;
  closeConnection(connection: ConnectionId, reason: CloseReason): void;
  counters(): Readonly<PlaneCounters>;
  /** Closes listeners and connections; may be called twice. */
  close(): Promise<void>;
}

/** What the forwarding plane tells the control plane. */
export interface ForwardingPlaneListener {
  /** `local` is the address and port that the UE dialled. */
  accepted(connection: ConnectionId, remote: TransportAddress, local: TransportAddress): void;
  /**
   * It begins with something else than frames of STUN: all that came so far. Nothing more is read until control has
   * given its verdict.
   */
  opening(connection: ConnectionId, bytes: Buffer): OpeningVerdict;
  /** Told in place of `closed`: what came of it and counts will be read from this socket. */
  handedOver(connection: ConnectionId, socket: Socket): void;
  /**
   * A STUN frame; before `admit`, and of `msrp`, any frame. Of TURN a STUN message, but no Send indication to a permitted
   * peer, unless that has a check of an agent that takes itself for controlled (then ChannelData, too); what follows it is
   * not looked at before this returns.
   */
  controlFrame(connection: ConnectionId, frame: Buffer): void;
  /** The UE sends media on the connection; once for each `listenForMedia`. */
  mediaHeard(connection: ConnectionId): void;
  /** A STUN message from the socket toward rtpengine. */
  anchorDatagram(connection: ConnectionId, datagram: Buffer): void;
  /** What came of `openRelay`: where rtpengine sees the UE, or undefined if the system gave no such address. */
  relayed(connection: ConnectionId, address: TransportAddress | undefined): void;
  /** The kernel has taken all that was written. */
  drained(connection: ConnectionId): void;
  /** Exactly once for each accepted connection that was not handed over, whoever closed it, with its last status. */
  closed(connection: ConnectionId, reason: CloseReason, status: ConnectionStatus): void;
}
