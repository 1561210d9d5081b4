import type { CallMsrp, MsrpSections } from '../media/call-msrp';
import type { Fallback } from '../media/fallback';
import { withSections, type Sdp } from '../sdp/sdp';
import { accessSides, type AccessSides } from './access-sides';
import { Leg, type LegOptions } from './leg';
import type { Tags, Told } from './told';

export interface NgCallOptions extends Omit<LegOptions, 'name'> {
  id: string;
  accessInterfaces: readonly string[];
  /** Undefined: MSRP passes as it is. */
  msrp: ((call: string, told: Told, ueIsFrom: boolean) => CallMsrp) | undefined;
}

/** Legs of one call at most: branches of a fork, and ends that come and go. */
const maxLegs = 32;

/** What we have of one call of a client: the legs that may come over TCP, and the MSRP between them. */
export class NgCall {
  readonly #options: NgCallOptions;
  /** By tag, and by branch for those whose tag is not known yet. */
  readonly #legs = new Map<string, Leg>();
  #count = 0;
  /** As it was told; undefined: the default holds. */
  fallback: Fallback | undefined;
  #msrp: CallMsrp | undefined;

  constructor(options: NgCallOptions) {
    this.#options = options;
  }

  get id(): string {
    return this.#options.id;
  }

  get legs(): ReadonlySet<Leg> {
    return new Set(this.#legs.values());
  }

  /** Something of ours is open for it, or may be, or it was told what holds for all of it. */
  get isUsed(): boolean {
    return (
      this.#msrp !== undefined ||
      this.fallback !== undefined ||
      [...this.legs].some(({ isAccess }) => isAccess === true)
    );
  }

  /** The leg of this name, and a tag of it. */
  named(name: string): { leg: Leg; tag: string } | undefined {
    const [tag, leg] = [...this.#legs].find(([key, each]) => each.name === name && !key.includes('\0')) ?? [];
    return leg === undefined || tag === undefined ? undefined : { leg, tag };
  }

  /** Which sides are access, by the rule of access-sides.ts. */
  sidesOf(told: Told): AccessSides {
    const { from, to } = told.what === 'offer' ? this.#find(told.tags) : swapped(this.#find(told.tags));
    return accessSides(told, { from: from?.isAccess, to: to?.isAccess }, this.#options.accessInterfaces);
  }

  /**
   * Opens what MSRP lines need, before rtpengine is asked.
   * @returns by line what the other side gets of it
   * @throws EdgeError
   */
  async messages(told: Told, sides: AccessSides): Promise<MsrpSections> {
    const { msrp } = this.#options;
    if (msrp === undefined || (this.#msrp === undefined && (sides.from === sides.to || !hasMessages(told.sdp))))
      return new Map();
    this.#msrp ??= msrp(this.#options.id, told, sides.from);
    const from = sides.from ? 'access' : 'core';
    return told.what === 'offer' ? this.#msrp.offer(from, told.sdp) : this.#msrp.answer(from, told.sdp);
  }

  /** rtpengine has refused an offer. */
  refused(): void {
    this.#msrp?.rollback();
  }

  /**
   * rtpengine has taken it.
   * @param reply what it wrote for the other side
   * @returns the same with what is ours
   */
  taken(told: Told, sides: AccessSides, reply: Sdp, messages: MsrpSections): Sdp {
    const { what, tags, sdp, fallback } = told;
    const said = what === 'offer' ? this.#leg(tags.from) : this.#answering(tags);
    const gets = what === 'offer' ? this.#offeredTo(tags) : this.#leg(tags.from);
    if (said) said.isAccess = sides.from;
    if (gets) gets.isAccess = sides.to;
    if (what === 'offer') said?.offered(sdp);
    else said?.answered(sdp);
    const written = messages.size === 0 ? reply : withSections(reply, messages);
    return sides.to && gets ? gets.toward({ what, sdp: written, said: sdp, fallback }) : written;
  }

  /** A branch is gone, of several; false: it is not one of ours. */
  closeBranch(tags: Tags): boolean {
    const key = branchKey(tags);
    const leg = this.#legs.get(key);
    if (tags.branch === '' || leg === undefined || this.legs.size <= 2) return false;
    leg.close();
    for (const [name, each] of this.#legs) if (each === leg) this.#legs.delete(name);
    return true;
  }

  close(): void {
    for (const leg of this.legs) leg.close();
    this.#msrp?.close();
    this.#legs.clear();
  }

  #find(tags: Tags): { from: Leg | undefined; to: Leg | undefined } {
    const to = tags.to === undefined ? undefined : this.#legs.get(tags.to);
    return { from: this.#legs.get(tags.from), to: to ?? this.#legs.get(branchKey(tags)) };
  }

  #offeredTo(tags: Tags): Leg | undefined {
    const known = tags.to === undefined ? undefined : this.#legs.get(tags.to);
    return known ?? this.#leg(tags.to ?? branchKey(tags));
  }

  /** Who answers first takes the leg that was offered to nobody by name; all forks of one offer have one. */
  #answering(tags: Tags): Leg | undefined {
    const { to = '' } = tags;
    const isOffered = (key: string) => key.startsWith(branchKey({ ...tags, branch: '' }));
    const [, offered] = [...this.#legs].find(([key]) => isOffered(key)) ?? [];
    const leg = this.#legs.get(to) ?? this.#legs.get(branchKey(tags)) ?? offered;
    if (leg !== undefined && this.#legs.size < 2 * maxLegs) this.#legs.set(to, leg);
    return leg ?? this.#leg(to);
  }

  /** Undefined where there are too many. */
  #leg(key: string): Leg | undefined {
    const known = this.#legs.get(key);
    if (known !== undefined || this.#count >= maxLegs) return known;
    this.#count += 1;
    const leg = new Leg({ ...this.#options, name: `${this.#options.id} ${this.#count}` });
    this.#legs.set(key, leg);
    return leg;
  }
}

/** No tag has a NUL. */
function branchKey({ from, branch }: Tags): string {
  return `${from}\0${branch}`;
}

function swapped<T>({ from, to }: { from: T; to: T }): { from: T; to: T } {
  return { from: to, to: from };
}

function hasMessages({ media }: Sdp): boolean {
  return media.some(({ kind, port }) => kind === 'message' && port !== 0);
}
