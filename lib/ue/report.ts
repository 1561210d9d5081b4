import type { PathName } from './candidate-pair';

/** What one stream of a call came to. Times in ms; null is what was not measured. */
export interface UeStreamReport {
  line: number;
  kind: string;
  path: PathName | null;
  /** From the answer to the first RTP packet received. */
  mediaMs: number | null;
  sent: number;
  received: number;
  /** By sequence numbers; what came after the last packet received is not known to be lost. */
  lost: number;
  rtcpSent: number;
  rtcpReceived: number;
  /** By RTCP (RFC 3550 §6.4.1), or by the connectivity checks where no RTCP answered. */
  rttMs: number | null;
  unansweredUdpChecks: number;
}

/** What went one way, whole. */
export interface MsrpTransfer {
  bytes: number;
  /** Of the content, hex. */
  sha256: string;
}

/** What the MSRP of one call came to. */
export interface MsrpReport {
  path: PathName | null;
  sent: MsrpTransfer[];
  received: MsrpTransfer[];
}

/** What it all came to: the last line of the UE tool. Numbers are sums over the RTP streams, path and times the first's. */
export interface Report extends Omit<UeStreamReport, 'line' | 'kind'> {
  event: 'report';
  ok: boolean;
  role: 'ue' | 'core';
  direction: 'originating' | 'terminating' | null;
  registered: boolean;
  setupMs: number | null;
  /** The RTP streams. */
  streams: UeStreamReport[];
  msrp: MsrpReport | null;
  error: { code: string; message: string } | null;
}
