import { invalidSdp } from './invalid-sdp';

/** An m= line (RFC 8866 §5.14). */
export interface MediaLine {
  /** `audio`, `video`, `message` … */
  kind: string;
  port: number;
  /** `RTP/AVP`, `TCP/MSRP` …, as written. */
  transport: string;
  /** The rest: payload types or format names, as written. */
  formats: string;
}

/** @throws EdgeError `sdp-invalid` (488) */
export function parseMediaLine(line: string): MediaLine {
  const match = /^m=(\S+) (\d{1,5})(?:\/\d+)? (\S+)(?: (.*))?$/.exec(line);
  const [, kind, port, transport, formats] = match ?? [];
  if (kind === undefined || transport === undefined || Number(port) > 65535)
    throw invalidSdp('an m= line is not of the form "m=media port transport formats"');
  return { kind, port: Number(port), transport, formats: formats ?? '' };
}

export function formatMediaLine({ kind, port, transport, formats }: MediaLine): string {
  return `m=${kind} ${port} ${transport}${formats === '' ? '' : ` ${formats}`}`;
}

/** RTP in all its profiles, over UDP or TCP. */
export function isRtp(transport: string): boolean {
  return /^([A-Z]+\/)*RTP\/S?AVPF?$/i.test(transport);
}

/** What has keys: SRTP, and all over TLS or DTLS. */
export function hasKeys(transport: string): boolean {
  return /(?:^|\/)D?TLS\/|\/SAVPF?$/i.test(transport);
}

/** RTP over UDP in all its profiles: what rtpengine anchors and what may be carried in RFC 4571 frames. */
export function isRtpOverUdp(transport: string): boolean {
  return /^(UDP\/TLS\/)?RTP\/S?AVPF?$/i.test(transport);
}

/**
 * True for what rtpengine understands. It passes every other transport through with the sender's own
 * address, so it must not see it.
 */
export function isAnchorable(transport: string): boolean {
  return isRtpOverUdp(transport) || /^udptl$/i.test(transport);
}
