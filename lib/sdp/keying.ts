import { hasKeys, isRtp, parseMediaLine } from './media-line';
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

/**
 * The SDP with one way of keying at most on each line: of both, that of its transport (RFC 5764 §8). What the session part
 * says of DTLS is for the lines whose transport has keys; where none has, for those of RTP, which may have SRTP if the
 * other end takes it (RFC 8643).
 */
export function withOneKeying(sdp: SdpLines): SdpLines {
  return withEachSection(withOwnDtls(sdp), (section) =>
    hasAttribute(section, 'crypto') && hasAttribute(section, 'fingerprint')
      ? withKeying(section, ofTransport(section))
      : section,
  );
}

function withOwnDtls(sdp: SdpLines): SdpLines {
  if (!hasAttribute(sdp.session, 'fingerprint')) return sdp;
  const { session, media } = attributesOf.dtls.reduce((whole, name) => withInherited(whole, [name]), sdp);
  const isFor = sdp.media.some((section) => hasKeys(transportOf(section))) ? hasKeys : isRtp;
  return {
    session,
    media: media.map((section, index) => (isFor(transportOf(section)) ? section : (sdp.media[index] ?? section))),
  };
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
    const keying = suites.length > 0 ? 'sdes' : hasAttribute(theirs, 'fingerprint') ? 'dtls' : ofTransport(section);
    const isSaid = (line: string) =>
      suites.length === 0 || !isAttribute(line, 'crypto') || suites.includes(suiteOf(line) ?? '');
    return withKeying(section, keying).filter(isSaid);
  });
  return { session: written.session, media };
}

function withKeying(section: readonly string[], keying: Keying): readonly string[] {
  return withoutAttributes(section, attributesOf[keying === 'sdes' ? 'dtls' : 'sdes']);
}

function ofTransport(section: readonly string[]): Keying {
  return /\/D?TLS\//i.test(transportOf(section)) ? 'dtls' : 'sdes';
}

function transportOf(section: readonly string[]): string {
  return parseMediaLine(section[0] ?? '').transport;
}

/** Tag and suite of an a=crypto: an answer takes one by both (RFC 4568 §5.1.2). */
function suiteOf(line: string): string | undefined {
  return /^a=crypto:(\d+ +\S+)/.exec(line)?.[1]?.replace(/ +/, ' ').toUpperCase();
}
