import {
  areApart,
  bundleGroups,
  hasBundle,
  withBundleGroups,
  withBundleOnly,
  withDeclined,
  withoutBundle,
  writtenAsShared,
  type BundleGroup,
  type SharedTransports,
} from '../sdp/bundle';
import { isRtpOverUdp } from '../sdp/media-line';
import { distinctMids, eachOnce, midsOf, withMids, type Mids } from '../sdp/mids';
import type { Sdp } from '../sdp/sdp';
import { otherSide, type Side } from './media-anchor';

/** A group of the UE, with whether each of its lines has a transport of its own. */
interface OfferedGroup {
  lines: BundleGroup;
  areApart: boolean;
}

/** What rtpengine wrote for the UE, with the groups that it gets. */
export interface GroupedForUe {
  sdp: Sdp;
  groups: readonly BundleGroup[];
  shared: SharedTransports;
  /** Of an offer: shared lines that the UE has not bundled yet. */
  bundleOnly: ReadonlySet<number>;
}

/**
 * BUNDLE toward the UE of one call, and what its lines are called (B22). rtpengine is shown the lines of both sides by
 * the UE's names. A group that it bundles is kept. Else a group names one line alone, and the same one as long as that is
 * in use: libwebrtc takes no line out of a group before it is declined, and with max-bundle wants one to be in it. Where
 * a group is answered whose lines all have transports of their own, it names none: a later offer of libwebrtc has all
 * lines bundled with what was in a group, and such an offer could only be answered by declining them. The core sees no
 * group, and keeps its own names.
 */
export class CallBundle {
  /** By what they said last of each line, and what the UE was told. */
  #names: Record<Side, Mids> = { access: [], core: [] };
  /** In the last SDP of the UE; undefined: it has said nothing yet. */
  #ue: { mids: Mids; groups: readonly OfferedGroup[]; bundles: boolean } | undefined;
  /** The lines that the last answer left in a group; undefined: there was none yet, or no line was in use. */
  #grouped: ReadonlySet<number> | undefined;

  /** @param written an offer or answer as it came */
  heard(from: Side, written: Sdp): void {
    const mids = midsOf(written);
    const known = this.#names[from];
    const length = Math.max(mids.length, known.length);
    this.#names[from] = Array.from({ length }, (_, index) => mids[index] ?? known[index]);
    if (from === 'core') return;
    const groups = bundleGroups(written).map((lines) => ({ lines, areApart: areApart(written, lines) }));
    this.#ue = { mids, groups, bundles: hasBundle(written) };
  }

  /** The UE has agreed that nothing is bundled, which stays so. */
  get areApart(): boolean {
    return this.#grouped?.size === 0;
  }

  /** What a side calls the lines: by its own word, else as it was told. */
  namesOf(side: Side): Mids {
    const [own, others] = [this.#names[side], this.#names[otherSide(side)]];
    return Array.from({ length: Math.max(own.length, others.length) }, (_, index) => own[index] ?? others[index]);
  }

  /** Whether an offer to the UE has a group: as long as its own SDPs do, and in the first one if it speaks WebRTC. */
  offersGroup(speaksWebrtc: boolean): boolean {
    return this.#ue?.bundles ?? speaksWebrtc;
  }

  /** An SDP of the core as rtpengine is shown it; with a group in the offer to the UE each line needs a name. */
  ofCore(sdp: Sdp, offersGroup: boolean): Sdp {
    const { access, core } = this.#names;
    const lines = sdp.media.length;
    if (offersGroup) this.#names.access = [...distinctMids(lines, access, core), ...access.slice(lines)];
    const names = this.namesOf('access');
    // rtpengine would bundle all lines that have a name, those of UDPTL too.
    const isBundled = (index: number) => !offersGroup || isRtpOverUdp(sdp.media[index]?.transport ?? '');
    return withMids(
      withoutBundle(sdp),
      names.map((mid, index) => (isBundled(index) ? mid : undefined)),
    );
  }

  towardCore(sdp: Sdp, isAnswer: boolean): Sdp {
    const { access, core } = this.#names;
    const mid = (_: unknown, index: number) => core[index] ?? (isAnswer ? undefined : access[index]);
    return withMids(withoutBundle(sdp), eachOnce(sdp.media.map(mid)));
  }

  /**
   * What rtpengine wrote, as answer to the UE's last offer.
   * @param shared the lines of that offer that have no transport of their own: outside of a group there is none for them
   * @param bundles rtpengine does
   */
  inAnswer(reply: Sdp, shared: SharedTransports, bundles: boolean): GroupedForUe {
    const bundled = bundleGroups(reply);
    const groups = (this.#ue?.groups ?? []).map(({ lines, areApart }) => {
      const group = bundled.find(([tag = -1]) => lines.includes(tag));
      if (group !== undefined) return group;
      const usable = lines.filter((line) => isUsed(reply, line) && !shared.has(line));
      return !bundles && areApart && this.#grouped === undefined ? [] : this.#unbundled(usable);
    });
    const grouped = groups.flat();
    const lost = new Set([...shared.keys()].filter((index) => !grouped.includes(index)));
    const sdp = withDeclined(reply, lost);
    if (groups.length > 0) this.#agreed(sdp, grouped);
    return { sdp, groups, shared: writtenAsShared(reply, groups), bundleOnly: new Set() };
  }

  /**
   * @param answer the UE's to our offer
   * @param offeredGroup that had a group
   */
  answered(answer: Sdp, offeredGroup: boolean): void {
    if (offeredGroup) this.#agreed(answer, bundleGroups(answer).flat());
  }

  /**
   * What rtpengine wrote, as offer to the UE.
   * @param bundled the lines that have their transport from another by the last complete exchange
   */
  inOffer(reply: Sdp, offersGroup: boolean, bundled: SharedTransports): GroupedForUe {
    const groups = offersGroup ? this.#groupsOffered(reply) : [];
    const shared = writtenAsShared(reply, groups);
    return { sdp: reply, groups, shared, bundleOnly: new Set([...shared.keys()].filter((line) => !bundled.has(line))) };
  }

  /** The SDP that the UE gets: each line with its name, and the groups. */
  written(sdp: Sdp, { groups, bundleOnly }: GroupedForUe, isAnswer: boolean): Sdp {
    const mids = isAnswer ? (this.#ue?.mids ?? []) : this.namesOf('access');
    return withBundleOnly(withBundleGroups(withMids(withoutBundle(sdp), mids), groups), bundleOnly);
  }

  #groupsOffered(reply: Sdp): readonly BundleGroup[] {
    const bundled = bundleGroups(reply);
    if (bundled.length > 0) return bundled;
    return [this.#unbundled([...reply.media.keys()].filter((line) => isUsed(reply, line)))];
  }

  /** @param usable lines that may be in it */
  #unbundled(usable: readonly number[]): BundleGroup {
    if (this.areApart) return [];
    return usable
      .filter((line) => this.#grouped?.has(line))
      .concat(usable)
      .slice(0, 1);
  }

  #agreed(answer: Sdp, grouped: readonly number[]): void {
    const isAnyUsed = answer.media.some((_, index) => isUsed(answer, index));
    this.#grouped = isAnyUsed ? new Set(grouped) : undefined;
  }
}

function isUsed({ media }: Sdp, index: number): boolean {
  const { port = 0, transport = '' } = media[index] ?? {};
  return port !== 0 && isRtpOverUdp(transport);
}
