import { invalidSdp, isAttribute, type SdpLines } from './sdp-lines';

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

/** The section with this c= line in place of its own (RFC 8866 §5: behind m= and i=). */
export function withConnection(section: readonly string[], address: string): readonly string[] {
  const rest = section.filter((line) => !line.startsWith('c='));
  const at = rest.findLastIndex((line) => /^[mi]=/.test(line)) + 1;
  return [...rest.slice(0, at), `c=IN ${address.includes(':') ? 'IP6' : 'IP4'} ${address}`, ...rest.slice(at)];
}

/** The SDP with an address on each line that has none and inherits none (RFC 8866 §5.7): that of another line, or of o=. */
export function withAddresses(sdp: SdpLines): SdpLines {
  const hasAddress = (lines: readonly string[]) => lines.some((line) => line.startsWith('c='));
  if (hasAddress(sdp.session) || sdp.media.every(hasAddress)) return sdp;
  const place = sdp.media
    .flat()
    .find((line) => line.startsWith('c='))
    ?.split(' ')[2];
  const address = place ?? sdp.session.find((line) => line.startsWith('o='))?.split(' ')[5] ?? '0.0.0.0';
  const media = sdp.media.map((section) => (hasAddress(section) ? section : withConnection(section, address)));
  return { session: sdp.session, media };
}

/**
 * The section of a media line that is not used: port 0 (RFC 3264 §6) and a=mid, by which a peer that has one on each line
 * tells them apart (RFC 8843 §7.1.1). Nothing else, so that no address of one side is shown to the other.
 */
export function declined(section: readonly string[]): readonly string[] {
  const mid = section.filter((line) => isAttribute(line, 'mid'));
  return [formatMediaLine({ ...parseMediaLine(section[0] ?? ''), port: 0 }), ...mid];
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
