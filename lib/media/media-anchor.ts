import type { EventEmitter } from 'node:events';

/** Which side of the edge an SDP came from: `access` is the UE, `core` the IMS or PBX. */
export type Side = 'access' | 'core';

export function otherSide(side: Side): Side {
  return side === 'access' ? 'core' : 'access';
}

/** The way that one stream's media takes toward the UE, once it is known. */
export interface SelectedPath {
  call: string;
  /** Index of the m= line, from 0. */
  line: number;
  path: 'tcp80';
  /** The UE's address as the gateway sees it. */
  remote: { address: string; port: number };
}

export interface MediaAnchorEvents {
  /** A UE nominated its connection to TCP 80 (RFC 8445 §7.3.2): media flows there from now on. */
  selected: [SelectedPath];
  /** The selected connection of a stream ended; the UE may come back with a new one (RFC 6544 §11.1). */
  'connection-lost': [SelectedPath];
}

/**
 * rtpengine and the TCP gateway as one thing: takes each offer and answer of a call and gives back
 * the SDP for the other side. A call is named by a string that the caller chose, unique over the
 * anchor; sides, not tags, tell the two directions apart, so that forks in the core stay behind one
 * ICE session of the UE.
 *
 * `offer` and `answer` reject with an EdgeError: `sdp-invalid` or `no-usable-media` (488),
 * `anchor-unavailable` (503 with Retry-After), `answer-unexpected` (488, there is no offer of the other side) or
 * `call-ended` (481, the call was released). After a first offer that was rejected nothing is allocated; a later
 * offer or answer that is rejected leaves the call's media as it was. (One exception: rtpengine fails at the answer to
 * an ICE restart of the UE. Release the call then.)
 */
export interface MediaAnchor extends EventEmitter<MediaAnchorEvents> {
  offer(call: string, from: Side, sdp: string): Promise<string>;
  answer(call: string, from: Side, sdp: string): Promise<string>;
  /**
   * Takes back the last offer: the far end refused the re-INVITE or UPDATE that carried it, or it stays without an
   * answer for another reason, and the call goes on (RFC 3261 §14.1, RFC 3264 §8). Call it for each later offer
   * that was taken here and gets no answer, before the refusal is passed on; media is then again as the last
   * complete exchange left it. Does nothing where there is no such offer, where it was the first one (the call is
   * to be released) or for an unknown call. Rejects with `anchor-unavailable` if rtpengine does not do it: its
   * media then stays as the refused offer had it, until the next exchange.
   */
  rollback(call: string): Promise<void>;
  /** Frees all that the call holds; safe to call twice and for an unknown call; never rejects. */
  release(call: string): Promise<void>;
  close(): Promise<void>;
}
