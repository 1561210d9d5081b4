import { hasKeys, isRtp } from './media-line';
import { withEachInherited, withEachSection, type Sdp } from './sdp';
import type { SdpLine } from './sdp-line';
import type { MediaSection } from './sdp-part';

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
export function withOneKeying(sdp: Sdp): Sdp {
  return withEachSection(withOwnDtls(sdp), (section) =>
    section.has('crypto') && section.has('fingerprint') ? withKeying(section, ofTransport(section)) : section,
  );
}

function withOwnDtls(sdp: Sdp): Sdp {
  if (!sdp.session.has('fingerprint')) return sdp;
  const isFor = sdp.media.some(({ transport }) => hasKeys(transport)) ? hasKeys : isRtp;
  return withEachInherited(sdp, attributesOf.dtls, isFor);
}

/**
 * What rtpengine wrote for one side, with the keying that the other has said: of itself it offers the other kind beside
 * it, and all suites of SDES that it knows.
 * @param said the offer that it was shown, whose lines have one kind each; of an answer, the offer that it answers
 */
export function withKeyingOf(written: Sdp, said: Sdp): Sdp {
  return withEachSection(written, (section, index) => {
    const theirs = said.media[index];
    const suites = theirs?.lines.flatMap((line) => suiteOf(line) ?? []) ?? [];
    const keying = suites.length > 0 ? 'sdes' : theirs?.has('fingerprint') === true ? 'dtls' : ofTransport(section);
    const isSaid = (line: SdpLine) => suites.length === 0 || !line.is('crypto') || suites.includes(suiteOf(line) ?? '');
    return withKeying(section, keying).filter(isSaid);
  });
}

function withKeying(section: MediaSection, keying: Keying): MediaSection {
  return section.without(attributesOf[keying === 'sdes' ? 'dtls' : 'sdes']);
}

function ofTransport({ transport }: MediaSection): Keying {
  return /\/D?TLS\//i.test(transport) ? 'dtls' : 'sdes';
}

/** Tag and suite of an a=crypto: an answer takes one by both (RFC 4568 §5.1.2). */
function suiteOf({ text }: SdpLine): string | undefined {
  return /^a=crypto:(\d+ +\S+)/.exec(text)?.[1]?.replace(/ +/, ' ').toUpperCase();
}
