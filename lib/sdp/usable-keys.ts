import { declined, hasKeys, isRtp, parseMediaLine } from './media-line';
import { hasAttribute, isAttribute, withEachSection, withoutAttributes, type SdpLines } from './sdp-lines';

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
export function withUsableKeys(sdp: SdpLines, role: 'active' | 'passive'): SdpLines {
  return withEachSection(sdp, (section) => {
    const usable = withRole(hasAttribute(section, 'crypto') ? section.flatMap(usableKey) : section, role);
    const { port, transport } = parseMediaLine(section[0] ?? '');
    const hasOwn = ['crypto', 'fingerprint'].some((name) => hasAttribute(usable, name));
    return port !== 0 && isRtp(transport) && hasKeys(transport) && !hasOwn ? declined(section) : usable;
  });
}

function withRole(section: readonly string[], role: string): readonly string[] {
  if (!hasAttribute(section, 'fingerprint')) return section;
  if (section.some((line) => /^a=setup:(?:active|passive|actpass)$/.test(line))) return section;
  return [...withoutAttributes(section, ['setup']), `a=setup:${role}`];
}

function usableKey(line: string): readonly string[] {
  if (!isAttribute(line, 'crypto')) return [line];
  const [, tag = '', suite = '', key = '', rest = ''] =
    /^a=crypto:(\d{1,9}) +(\S+) +inline:([^\s|]+)(.*)$/i.exec(line) ?? [];
  const name = suite.toUpperCase();
  const isUsable = Buffer.from(key, 'base64').length === keyBytes[name];
  return isUsable ? [`a=crypto:${tag} ${name} inline:${key}${rest}`] : [];
}
