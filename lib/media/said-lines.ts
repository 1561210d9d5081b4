/** What an SDP says of one m= line, as far as that tells why media fails. */
export interface SaidLine {
  /** audio, video, message, … */
  kind: string;
  /** 0: the line is declined (RFC 3264 §6). */
  port: number;
  /** Of its c= line; empty: it has none. */
  address: string;
  direction: string;
  /** The name of its first format; empty: it names none. */
  codec: string;
  hasIce: boolean;
  /** It has a fingerprint: its keys come by DTLS. */
  hasDtls: boolean;
  /** Candidates by the way that they stand for. */
  candidates: { udp: number; tcp: number; relay: number };
}

const most = 16;

/** Of those that need no a=rtpmap (RFC 3551 §6). */
const staticNames: Readonly<Record<string, string>> = { 0: 'PCMU', 3: 'GSM', 8: 'PCMA', 9: 'G722', 18: 'G729' };

/** Reads lines of an SDP, and none of its secrets; nothing is checked: whoever sent it may have been refused for it. */
export function saidLines(sdp: string): SaidLine[] {
  const session = newLine();
  const lines: SaidLine[] = [];
  for (const text of sdp.split(/\r?\n/)) {
    const media = /^m=(\S{1,32}) (\d+)/.exec(text);
    if (media !== null) {
      if (lines.length === most) break;
      const codec = staticNames[text.split(' ')[3] ?? ''] ?? '';
      const candidates = { ...session.candidates };
      lines.push({ ...session, candidates, kind: media[1] ?? '', port: Number(media[2]), codec });
    } else read(text, lines.at(-1) ?? session);
  }
  return lines;
}

function newLine(): SaidLine {
  const candidates = { udp: 0, tcp: 0, relay: 0 };
  return {
    kind: '',
    port: 0,
    address: '',
    direction: 'sendrecv',
    codec: '',
    hasIce: false,
    hasDtls: false,
    candidates,
  };
}

function read(text: string, line: SaidLine): void {
  if (text.startsWith('c=')) line.address = text.split(/[ /]/)[2]?.slice(0, 64) ?? '';
  else if (text.startsWith('a=candidate:')) countCandidate(text, line);
  else if (text.startsWith('a=rtpmap:')) line.codec ||= /^\S+ ([^/\s]{1,32})/.exec(text)?.[1] ?? '';
  else if (text.startsWith('a=ice-ufrag:')) line.hasIce = true;
  else if (text.startsWith('a=fingerprint:')) line.hasDtls = true;
  else if (/^a=(?:sendrecv|sendonly|recvonly|inactive)\s*$/.test(text)) line.direction = text.slice(2).trimEnd();
}

function countCandidate(text: string, { candidates }: SaidLine): void {
  const [, , transport = '', , , , , type] = text.split(' ');
  if (type === 'relay') candidates.relay += 1;
  else if (transport.toLowerCase() === 'udp') candidates.udp += 1;
  else candidates.tcp += 1;
}
