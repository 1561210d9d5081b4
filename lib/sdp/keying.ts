import { parseMediaLine } from './media-line';
import {
  hasAttribute,
  isAttribute,
  withEachSection,
  withInherited,
  withoutAttributes,
  type SdpLines,
} from './sdp-lines';

/** How the two ends of a line come by their keys: SDES (RFC 4568), or DTLS-SRTP (RFC 5763). */
type Keying = 'sdes' | 'dtls';

const attributesOf: Readonly<Record<Keying, readonly string[]>> = {
  sdes: ['crypto'],
  dtls: ['fingerprint', 'setup', 'tls-id'],
};

/** The SDP with one way of keying on each line that has both: that of its transport (RFC 5764 §8). */
export function withOneKeying(sdp: SdpLines): SdpLines {
  if (!sdp.media.some((section) => hasBoth(section, sdp))) return sdp;
  const own = attributesOf.dtls.reduce((whole, name) => withInherited(whole, [name]), sdp);
  return withEachSection(own, (section) =>
    hasBoth(section, sdp) ? withKeying(section, ofTransport(section)) : section,
  );
}

/**
 * What rtpengine wrote for one side, with the keying that the other has said: of itself it offers the other kind beside
 * it, and all suites of SDES that it knows.
 * @param said the offer that it was shown, whose lines have one kind each; of an answer, the offer that it answers
 */
export function withKeyingOf(written: SdpLines, said: SdpLines): SdpLines {
  const media = written.media.map((section, index) => {
    const theirs = said.media[index] ?? [];
    const suites = theirs.flatMap((line) => suiteOf(line) ?? []);
    const keying = suites.length > 0 ? 'sdes' : hasDtls(theirs, said) ? 'dtls' : ofTransport(section);
    const isSaid = (line: string) =>
      suites.length === 0 || !isAttribute(line, 'crypto') || suites.includes(suiteOf(line) ?? '');
    return withKeying(section, keying).filter(isSaid);
  });
  return { session: written.session, media };
}

function withKeying(section: readonly string[], keying: Keying): readonly string[] {
  return withoutAttributes(section, attributesOf[keying === 'sdes' ? 'dtls' : 'sdes']);
}

function hasBoth(section: readonly string[], sdp: SdpLines): boolean {
  return hasAttribute(section, 'crypto') && hasDtls(section, sdp);
}

function hasDtls(section: readonly string[], { session }: SdpLines): boolean {
  return hasAttribute(section, 'fingerprint') || hasAttribute(session, 'fingerprint');
}

function ofTransport(section: readonly string[]): Keying {
  return /\/D?TLS\//i.test(parseMediaLine(section[0] ?? '').transport) ? 'dtls' : 'sdes';
}

/** Tag and suite of an a=crypto: an answer takes one by both (RFC 4568 §5.1.2). */
function suiteOf(line: string): string | undefined {
  return /^a=crypto:(\d+ +\S+)/.exec(line)?.[1]?.replace(/ +/, ' ').toUpperCase();
}
