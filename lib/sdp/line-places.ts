import { declined, isRtp, parseMediaLine } from './media-line';
import type { SdpLines } from './sdp-lines';

/** For each line of an SDP, by its index, which line of the session it is. */
export type LinePlaces = readonly number[];

/**
 * Which lines of the session those of a later offer or of an answer are. Lines keep their places (RFC 3264 §8), and an
 * answer has all of them (§6); some leave out those that they do not use. Which ones those are is told by the kinds of
 * the others, where they stand in the session in the same order; else they are the last ones.
 */
export function placesIn(session: SdpLines, sdp: SdpLines): LinePlaces {
  const places: number[] = [];
  if (sdp.media.length < session.media.length)
    for (const section of sdp.media) {
      const from = (places.at(-1) ?? -1) + 1;
      const place = session.media.findIndex((known, index) => index >= from && isSameKind(known, section));
      if (place === -1) break;
      places.push(place);
    }
  return places.length === sdp.media.length ? places : [...sdp.media.keys()];
}

/** The SDP with its lines at their places, and those that it leaves out as declined. */
export function atPlaces(sdp: SdpLines, places: LinePlaces, session: SdpLines): SdpLines {
  const count = Math.max(session.media.length, (places.at(-1) ?? -1) + 1);
  if (count === sdp.media.length) return sdp;
  const media = Array.from({ length: count }, (_, index) => {
    const section = sdp.media[places.indexOf(index)];
    return section ?? declined(session.media[index] ?? []);
  });
  return { session: sdp.session, media };
}

/** The SDP with the lines of these places alone: what its reader knows. */
export function ofPlaces(sdp: SdpLines, places: LinePlaces): SdpLines {
  return { session: sdp.session, media: places.map((index) => sdp.media[index] ?? []) };
}

/** Whether one line can answer the other (RFC 3264 §6): RTP is one kind in all its profiles. */
export function isSameKind(a: readonly string[], b: readonly string[]): boolean {
  const [one, other] = [parseMediaLine(a[0] ?? ''), parseMediaLine(b[0] ?? '')];
  return one.kind === other.kind && carriedBy(one.transport) === carriedBy(other.transport);
}

function carriedBy(transport: string): string {
  return isRtp(transport) ? 'RTP' : transport.toUpperCase();
}
