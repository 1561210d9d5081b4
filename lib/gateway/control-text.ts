import { isUtf8 } from 'node:buffer';

/**
 * Text by which services are commanded, in what is said to be RTP or RTCP: a message of rtpengine's ng protocol (a
 * cookie, which may well be an RTP header, a space, and a dictionary, bencoded or in JSON), or one of SIP. Media has none
 * of it, and may be sent to where it would be obeyed (N1).
 *
 * Media is not taken for it: of what is encoded or encrypted, one packet in 10^16 has "SIP/2.0" or a space, "d" and
 * ":command" in it, and one in 10^11 a first space with "{" behind it and then nothing but UTF-8 with "}", a quote and a
 * colon. Told by bytes that are rare in it, so that almost every packet costs two searches for one byte.
 */
export function isControlText(packet: Buffer): boolean {
  return hasSip(packet) || isNg(packet);
}

/** Its version, in which case does not matter (RFC 3261 §7.1). */
function hasSip(packet: Buffer): boolean {
  for (let at = packet.indexOf(0x2f, 3); at >= 0; at = packet.indexOf(0x2f, at + 1)) {
    const isVersion = packet[at + 1] === 0x32 && packet[at + 2] === 0x2e && packet[at + 3] === 0x30;
    if (isVersion && /^sip$/i.test(packet.toString('latin1', at - 3, at))) return true;
  }
  return false;
}

/** Its cookie ends at the first space. */
function isNg(packet: Buffer): boolean {
  const begin = packet.indexOf(0x20) + 1;
  if (begin === 0) return false;
  if (packet[begin] === 0x64) return packet.includes(':command', begin, 'latin1');
  if (packet[begin] !== 0x7b || !isUtf8(packet.subarray(begin))) return false;
  return [0x7d, 0x22, 0x3a].every((byte) => packet.includes(byte, begin));
}
