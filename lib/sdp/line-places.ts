import { isRtp, type MediaLine } from './media-line';
import { midsOf, type Mids } from './mids';
import type { Sdp } from './sdp';

/** For each line of an SDP, by its index, which line of the session it is. */
export type LinePlaces = readonly number[];

/**
 * Which lines of the session those of a later offer or of an answer are. Lines keep their places (RFC 3264 §8), and an
 * answer has all of them (§6); some leave out those that they do not use. Which ones those are is told by the kinds of
 * the others, and by their a=mid among several of a kind (RFC 5888 §6), where they stand in the session in the same order;
 * else they are the last ones.
 * @param names what the sender calls the lines of the session
 */
export function placesIn(session: Sdp, sdp: Sdp, names: Mids): LinePlaces {
  const places: number[] = [];
  const said = midsOf(sdp);
  if (sdp.media.length < session.media.length)
    for (const [at, section] of sdp.media.entries()) {
      const from = (places.at(-1) ?? -1) + 1;
      const alike = session.media.flatMap((line, index) => (index >= from && isSameKind(line, section) ? [index] : []));
      const named = alike.find((index) => said[at] !== undefined && names[index] === said[at]);
      const place = named ?? alike[0];
      if (place === undefined) break;
      places.push(place);
    }
  return places.length === sdp.media.length ? places : [...sdp.media.keys()];
}

/** The SDP with its lines at their places, and those that it leaves out as declined. */
export function atPlaces(sdp: Sdp, places: LinePlaces, session: Sdp): Sdp {
  const count = Math.max(session.media.length, (places.at(-1) ?? -1) + 1);
  if (count === sdp.media.length) return sdp;
  const media = Array.from({ length: count }, (_, index) => {
    return sdp.media[places.indexOf(index)] ?? session.media[index]?.declined() ?? [];
  });
  return { session: sdp.session, media: media.flat() };
}

/** The SDP with the lines of these places alone: what its reader knows. */
export function ofPlaces(sdp: Sdp, places: LinePlaces): Sdp {
  return { session: sdp.session, media: places.flatMap((index) => sdp.media[index] ?? []) };
}

/** Whether one line can answer the other (RFC 3264 §6): RTP is one kind in all its profiles. */
export function isSameKind(one: Pick<MediaLine, 'kind' | 'transport'>, other: typeof one): boolean {
  return one.kind === other.kind && carriedBy(one.transport) === carriedBy(other.transport);
}

function carriedBy(transport: string): string {
  return isRtp(transport) ? 'RTP' : transport.toUpperCase();
}
