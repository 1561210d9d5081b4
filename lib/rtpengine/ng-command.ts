import type { AddressFamily } from '../ip-address';

/**
 * The commands of rtpengine's ng protocol, as far as they are used. Option names are rtpengine's own.
 */
export interface NgCommands {
  ping: Record<string, never>;
  offer: OfferOptions;
  answer: AnswerOptions;
  /** Without a tag: the whole call. With one that rtpengine did not see, nothing would be deleted. */
  delete: { 'call-id': string; 'delete-delay': 0 };
  query: { 'call-id': string };
  /** The names of calls, `limit` at most; without it, 32. */
  list: { limit: number };
}

export type NgCommand = keyof NgCommands;

/** What offers and answers have in common. */
interface SdpOptions {
  'call-id': string;
  'from-tag': string;
  sdp: string;
  replace: readonly string[];
  flags?: readonly string[];
}

export interface OfferOptions extends SdpOptions {
  'to-tag'?: string;
  ICE: 'remove' | 'force';
  'ICE-lite': 'forward' | 'backward';
  'rtcp-mux': readonly ('offer' | 'demux' | 'require')[];
  direction: readonly [from: string, to: string];
  /** Of rtpengine's own address in what it writes; without it, that of the SDP it was given, or of the receiver's last one. */
  'address-family'?: AddressFamily;
  /** BUNDLE (RFC 9143): that of the sender is accepted, or the other side is offered one transport for all. Since mr14.0. */
  bundle?: readonly ('accept' | 'require')[];
  /** The profile that is offered; without it, that of the offer. */
  'transport-protocol'?: string;
  /** No `a=crypto` is offered. */
  SDES?: readonly ['off'];
  /** No `a=fingerprint` is offered. */
  DTLS?: 'off';
}

export interface AnswerOptions extends SdpOptions {
  'to-tag': string;
  ICE: 'remove' | 'default';
}

/** A reply that is no error; what else stands in it is by command. */
export interface NgReply {
  result: string;
  sdp?: string;
  [name: string]: unknown;
}
