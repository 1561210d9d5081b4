import {
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
 * the UE's names. A group that it bundles is kept; else each group names its first accepted line alone. The core sees no
 * group, and keeps its own names.
 */
export class CallBundle {
  /** By what they said last of each line, and what the UE was told. */
  #names: Record<Side, Mids> = { access: [], core: [] };
  /** In the last SDP of the UE; undefined: it has said nothing yet. */
  #ue: { mids: Mids; groups: readonly BundleGroup[]; bundles: boolean } | undefined;

  /** @param written an offer or answer as it came */
  heard(from: Side, written: Sdp): void {
    const mids = midsOf(written);
    const known = this.#names[from];
    const length = Math.max(mids.length, known.length);
    this.#names[from] = Array.from({ length }, (_, index) => mids[index] ?? known[index]);
    if (from === 'core') return;
    this.#ue = { mids, groups: bundleGroups(written), bundles: hasBundle(written) };
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
   */
  inAnswer(reply: Sdp, shared: SharedTransports): GroupedForUe {
    const bundled = bundleGroups(reply);
    const first = (offered: BundleGroup) => offered.find((line) => isUsed(reply, line) && !shared.has(line));
    const groups = (this.#ue?.groups ?? []).flatMap((offered) => {
      const group = bundled.find(([tag = -1]) => offered.includes(tag));
      if (group !== undefined) return [group];
      const tag = first(offered);
      return tag === undefined ? [] : [[tag]];
    });
    const grouped = groups.flat();
    const lost = new Set([...shared.keys()].filter((index) => !grouped.includes(index)));
    return { sdp: withDeclined(reply, lost), groups, shared: writtenAsShared(reply, groups), bundleOnly: new Set() };
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
    const first = reply.media.findIndex((_, index) => isUsed(reply, index));
    return first === -1 ? [] : [[first]];
  }
}

function isUsed({ media }: Sdp, index: number): boolean {
  const { port = 0, transport = '' } = media[index] ?? {};
  return port !== 0 && isRtpOverUdp(transport);
}
