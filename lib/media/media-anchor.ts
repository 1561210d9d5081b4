import type { EventEmitter } from 'node:events';
import type { AddressFamily } from '../ip-address';
import type { Quality } from '../rtpengine/call-statistics';
import type { SaidLine } from './said-lines';

/** Which side of the edge an SDP came from: `access` is the UE, `core` the IMS or PBX. */
export type Side = 'access' | 'core';

export function otherSide(side: Side): Side {
  return side === 'access' ? 'core' : 'access';
}

/** What is known of the ends of a call beside their SDP. */
export interface SipEnds {
  /** The UE's address, or that of the NAT it is behind, as its SIP shows it. */
  address: string;
  /** The address family that the core speaks SIP on; unset: not known, and the core is offered that of the UE. */
  coreFamily?: AddressFamily | undefined;
  /** Whom what the call takes is charged to, with all other calls of the same; unset: to the call alone. */
  owner?: string | undefined;
  /** All names of the UE's user, as `accountNamed` writes them; unset: none is known. */
  users?: readonly string[] | undefined;
}

/**
 * How media reaches the UE: `udp`, TCP on a port of the gateway (`tcp80`, `tcp443`), or `relay`: a relayed address of
 * ours, by TURN.
 */
export type MediaPath = 'udp' | 'relay' | `tcp${number}`;

/** Whether rtpengine hears the UE by itself there, and the gateway has no connection of its stream. */
export function isAtRtpengine(path: MediaPath | undefined): boolean {
  return path === 'udp' || path === 'relay';
}

/** The way that one stream's media takes toward the UE, once it is known. */
export interface SelectedPath {
  call: string;
  /** Index of the m= line, from 0. */
  line: number;
  path: MediaPath;
  /** The UE's address as gateway or rtpengine see it. */
  remote: { address: string; port: number };
}

/**
 * Why the media of a stream took TCP: nothing of the UE ever came over UDP, or it came before and does no more, or the UE
 * has no candidate for UDP.
 */
type TcpReason = 'udp-unanswered' | 'udp-lost' | 'udp-not-offered';

/** What became of one stream toward the UE. */
export interface StreamReport {
  /** Index of the m= line, from 0. */
  line: number;
  /** The last one; both undefined if none was ever known. */
  path: MediaPath | undefined;
  remote: SelectedPath['remote'] | undefined;
  /** Undefined unless that is TCP. */
  tcpReason: TcpReason | undefined;
  /** Between rtpengine and the UE, by RTCP, ms; undefined where there was none. */
  rttMs: number | undefined;
  /** How often the UE came back on another connection to the gateway. */
  reconnects: number;
  /** Packets that the gateway dropped, in both directions. */
  dropped: number;
  /** What came of the UE's RTP and what of the core's, as the far ends' RTCP tells it; undefined where there was none. */
  quality: Record<Side, Quality | undefined>;
  /** RTP packets of the UE, and of the core, as rtpengine counted them; undefined if it did not tell. */
  packets: { access: number; core: number } | undefined;
}

/**
 * `udp-silent`: nothing has come for a while from a UE that was heard on UDP and could use TCP: its UDP may have died.
 * `two-senders`: two addresses send as the UE, of which one has overheard it. The UE alone learns the new credentials.
 */
export type RestartCause = 'udp-silent' | 'two-senders';

/** An offer or answer of one side that was taken, and what the other side is told in its place. */
export interface SaidSdp {
  from: Side;
  what: 'offer' | 'answer';
  said: readonly SaidLine[];
  told: readonly SaidLine[];
}

/** An ICE check of the UE over TCP that names a line of the call. */
export interface SeenCheck {
  /** Index of the m= line, from 0. */
  line: number;
  path: MediaPath;
  remote: SelectedPath['remote'];
  /** `accepted`, `nominated`, or why it was not taken. */
  outcome: string;
}

/** A connection from the UE's address that ended before it brought a check that was taken. */
export interface VainConnection {
  path: MediaPath;
  remote: SelectedPath['remote'];
  /** Why it ended. */
  reason: string;
}

export interface CallMediaEvents {
  said: [SaidSdp];
  checked: [SeenCheck];
  'dialled-in-vain': [VainConnection];
  /**
   * The path of a stream is known, or another one than before: the UE nominated a connection to the gateway (RFC 8445
   * §7.3.2), or rtpengine was seen to get its media on UDP.
   */
  selected: [SelectedPath];
  /** The selected connection of a stream ended; the UE may come back with a new one (RFC 6544 §11.1). */
  'connection-lost': [SelectedPath];
  /**
   * Nothing came from the UE on a stream over the gateway for 30 s, be it that its connection ended (RFC 7675 §5.1), and
   * it is not on UDP instead.
   */
  'media-lost': [SelectedPath];
  /** An ICE restart that the UE is offered lets it look for its ways anew (RFC 8445 §9). */
  'restart-due': [cause: RestartCause];
  /**
   * What carried the call is gone, and another node can: `restartIce` gives what the UE is to be offered there, and what
   * its answer gives is to be offered to the core. Where that does not happen, release the call.
   */
  moved: [];
  /** Nothing passes between the ends any more: the call's rtpengine was started anew, or is gone. Release the call. */
  lost: [];
}

/**
 * The media of one call: takes each offer and answer and gives back the SDP for the other side. Sides, not tags, tell
 * the two directions apart, so that forks in the core stay behind one ICE session of the UE. What is asked runs one after
 * the other, and the release after the last of it, so that nothing can allocate again what was released.
 *
 * `offer` and `answer` reject with an EdgeError: `sdp-invalid` or `no-usable-media` (488),
 * `anchor-unavailable` (503 with Retry-After), `answer-unexpected` (488, there is no offer of the other side) or
 * `call-ended` (487, the call is released). After a first offer that was rejected nothing is allocated; a later
 * offer or answer that is rejected leaves the call's media as it was. (One exception: rtpengine fails at the answer to
 * an ICE restart of the UE. Release the call then.)
 */
export interface CallMedia extends EventEmitter<CallMediaEvents> {
  offer(from: Side, sdp: string): Promise<string>;
  answer(from: Side, sdp: string): Promise<string>;
  /**
   * Takes back the last offer: the far end refused the re-INVITE or UPDATE that carried it, or it stays without an
   * answer for another reason, and the call goes on (RFC 3261 §14.1, RFC 3264 §8). Call it for each later offer
   * that was taken here and gets no answer, before the refusal is passed on; media is then again as the last
   * complete exchange left it. Does nothing where there is no such offer, where it was the first one (the call is
   * to be released) or for a released call. Rejects with `anchor-unavailable` if rtpengine does not do it: its
   * media then stays as the refused offer had it, until the next exchange.
   */
  rollback(): Promise<void>;
  /**
   * An offer to the UE that says what the core said last, and restarts ICE; what the UE answers is given to `answer`, and
   * what that gives back is nothing new for the core, but after `moved`. Undefined where there is nothing to restart, or not now. Rejects as
   * `offer` does.
   */
  restartIce(): Promise<string | undefined>;
  /** What has become of its streams so far, as rtpengine and gateway tell it now. Never rejects. */
  look(): Promise<readonly StreamReport[]>;
  /** Frees all that the call holds, and tells what became of its streams. Safe to call twice; never rejects. */
  release(): Promise<readonly StreamReport[]>;
}

/** rtpengine and the TCP gateway as one thing. */
export interface MediaAnchor {
  /**
   * The media of a new call, to be released whatever becomes of it.
   * @param call names it: unique over the anchor
   * @throws EdgeError `anchor-unavailable` (503) of an anchor that is closing
   */
  open(call: string, ends?: SipEnds): CallMedia;
}
