import { hasKeys, isRtp } from './media-line';
import { withEachSection, type Sdp } from './sdp';
import { SdpLine } from './sdp-line';
import type { MediaSection } from './sdp-part';

/** Bytes of master key and salt of the suites that rtpengine knows (RFC 4568 §6.2, RFC 6188 §4, RFC 7714 §14.2). */
const keyBytes: Readonly<Record<string, number>> = {
  AEAD_AES_256_GCM: 44,
  AEAD_AES_128_GCM: 28,
  AES_256_CM_HMAC_SHA1_80: 46,
  AES_256_CM_HMAC_SHA1_32: 46,
  AES_192_CM_HMAC_SHA1_80: 38,
  AES_192_CM_HMAC_SHA1_32: 38,
  AES_CM_128_HMAC_SHA1_80: 30,
  AES_CM_128_HMAC_SHA1_32: 30,
  F8_128_HMAC_SHA1_80: 30,
  F8_128_HMAC_SHA1_32: 30,
  NULL_HMAC_SHA1_80: 30,
  NULL_HMAC_SHA1_32: 30,
};

/**
 * The SDP with the keys of SDES alone that can be used, their suites in capitals as rtpengine wants them; each line in use
 * whose profile wants keys and that has none is declined (RFC 4568 §5.1.2): nobody could read what comes on it. With DTLS
 * each has a role: rtpengine does none without.
 * @param role the sender's where it says none, or one without a meaning here
 */
export function withUsableKeys(sdp: Sdp, role: 'active' | 'passive'): Sdp {
  return withEachSection(sdp, (section) => {
    const { port, transport, lines } = section;
    const usable = withRole(section.has('crypto') ? section.withLines(lines.flatMap(usableKey)) : section, role);
    const isWithout = isRtp(transport) && hasKeys(transport) && !usable.has('crypto', 'fingerprint');
    return port !== 0 && isWithout ? section.declined() : usable;
  });
}

function withRole(section: MediaSection, role: string): MediaSection {
  if (!section.has('fingerprint')) return section;
  if (section.lines.some(({ text }) => /^a=setup:(?:active|passive|actpass)$/.test(text))) return section;
  return section.without(['setup']).and([`a=setup:${role}`]);
}

function usableKey(line: SdpLine): readonly SdpLine[] {
  if (!line.is('crypto')) return [line];
  const [, tag = '', suite = '', key = '', rest = ''] =
    /^a=crypto:(\d{1,9}) +(\S+) +inline:([^\s|]+)(.*)$/i.exec(line.text) ?? [];
  const name = suite.toUpperCase();
  const isUsable = Buffer.from(key, 'base64').length === keyBytes[name];
  return isUsable ? [new SdpLine(`a=crypto:${tag} ${name} inline:${key}${rest}`)] : [];
}
