import type { Duplex } from 'node:stream';
import type { TransportAddress } from '../ice/transport-address';
import type { Nominated } from './nomination-ranks';

/** What the control plane keeps of one media line, whatever it carries. */
interface StreamIdentity {
  /** The local ICE user name fragment: the only key that a shared port has, unique over the listener. */
  ufrag: string;
  /** The local ICE password: checks toward us are authenticated with it (RFC 8445 §7.3). */
  pwd: string;
  /** For events and logs: the call and the index of its m= line. */
  call: string;
  line: number;
}

/** A line whose media goes to rtpengine. */
export interface MediaStream extends StreamIdentity {
  /** rtpengine's UDP address for this line. */
  anchor: { address: string; port: number };
  /** What it carries beside STUN; only with DTLS-SRTP may DTLS reach rtpengine, which else passes it on as media. */
  content: 'rtp' | 'dtls';
  /** Bounds the age of what waits for a slow UE: audio 200 ms, video 1000 ms. */
  kind: 'audio' | 'video' | 'other';
  /** What rtpengine was sent under this ufrag before the stream was closed; nominations to come rank above that. */
  nominated?: Nominated;
}

/** A line that is a stream of bytes (RFC 6544 §10). */
export interface MsrpStream extends StreamIdentity {
  content: 'msrp';
  /** The UE nominated a connection: what it carries, framing and STUN taken out. Once for each `addStream`, at most. */
  opened: (bytes: Duplex) => void;
}

export type Stream = MediaStream | MsrpStream;

/** Where a stream's media goes, or went until now. */
export interface StreamPath {
  stream: Stream;
  /** The UE's address. */
  remote: TransportAddress;
  /** The port of ours that it dialled. */
  port: number;
}

/** What is known of an open stream. */
export interface StreamStatus {
  /** Of the selected connection; undefined where there is none. */
  remote: TransportAddress | undefined;
  port: number | undefined;
  /** Of it too: where rtpengine sends to, if it sends to that connection. */
  mapped: TransportAddress | undefined;
  /** How often another connection was selected than before. */
  reconnects: number;
  /** Packets dropped, in both directions, on all its connections. */
  dropped: number;
}

/** An address and port that is written into candidates (advertised), which may differ from the bound one. */
export interface AdvertisedAddress {
  address: string;
  port: number;
  family: 4 | 6;
  /** Where its candidate ranks, if not as the setting for all says. */
  rank?: 'lowest' | 'above-relay';
  /** Default: `tcp`. */
  transport?: 'tcp' | 'ssltcp';
}
