import { familyOf, normalAddress, type AddressFamily } from '../ip-address';
import { isAnchorable } from './media-line';
import type { Sdp } from './sdp';
import { isUnspecified, viewSession, type MediaView } from './session-view';

/** The address family in which a line of an SDP is shown to rtpengine, which takes its own address for it from that. */
export type LineFamilies = (line: MediaView) => AddressFamily;

/**
 * The family that a line itself shows: that of c=; where c= names no place (a hold by 0.0.0.0, a name, no default yet),
 * that of its candidates.
 * @param preferred if there are candidates of both families
 * @returns undefined if it shows none
 */
export function shownFamily(
  { address, candidates }: MediaView,
  preferred: AddressFamily | undefined,
): AddressFamily | undefined {
  if (address !== undefined && !isUnspecified(normalAddress(address))) return familyOf(address);
  const families = candidates.map((candidate) => familyOf(candidate.address));
  return families.find((family) => family === preferred) ?? families[0];
}

/** The families of the lines in use of an SDP that rtpengine was shown, by their indexes. */
export function familiesShown(shown: Sdp): ReadonlyMap<number, AddressFamily> {
  const inUse = viewSession(shown).media.filter(({ port, transport }) => port !== 0 && isAnchorable(transport));
  return new Map(inUse.map(({ index, address }) => [index, familyOf(address ?? '')]));
}

/**
 * The family that lines without ICE have in an SDP and did not have in the one before, from the same side; undefined if
 * there are none. Lines with ICE do not count: their candidates say where media goes.
 */
export function changedFamily(before: Sdp, now: Sdp): AddressFamily | undefined {
  const known = familiesShown(before);
  const families = familiesShown(now);
  const moved = viewSession(now).media.find(({ index, hasIce }) => {
    const family = families.get(index);
    return !hasIce && family !== undefined && known.has(index) && known.get(index) !== family;
  });
  return moved && families.get(moved.index);
}
