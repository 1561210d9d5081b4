import { EdgeError } from '../errors';
import { ofFamily, unspecified } from '../ip-address';
import { withGroupsOf } from '../sdp/groups';
import { changedFamily } from '../sdp/line-family';
import { emptySdp, type Sdp } from '../sdp/sdp';
import type { CallAtRtpengine, ShownSdp } from './call-at-rtpengine';
import type { CallFamilies } from './call-families';
import { saidBy, type CompleteExchange, type Exchange } from './exchange';
import { otherSide, type Side } from './media-anchor';
import type { OfferWishes } from './ng-options';
import type { CallProfiles } from './profiles';
import type { UeWords } from './ue-words';

export interface CallCommandsOptions {
  rtpengine: CallAtRtpengine;
  profiles: CallProfiles;
  families: CallFamilies;
  ue: UeWords;
  /** Addresses of ours that a side is shown where rtpengine shows it none. */
  own: Readonly<Partial<Record<Side, readonly string[]>>>;
}

/** What rtpengine is asked for one call: an offer anew, what it was told before once more, or an answer. */
export class CallCommands {
  readonly #options: CallCommandsOptions;

  constructor(options: CallCommandsOptions) {
    this.#options = options;
  }

  /** What the other side is offered beside the SDP. */
  wishesToward(to: Side): OfferWishes {
    const { ue, profiles, families } = this.#options;
    return {
      ueDeclinedIce: ue.declinesIce,
      profile: profiles.toward(to),
      offersGroup: false,
      family: families.toward(to),
    };
  }

  /**
   * @param complete the last exchange with an answer
   * @returns what it wrote; undefined where no line for it is in use
   * @throws EdgeError
   */
  async offer(offer: ShownSdp & OfferWishes, complete: CompleteExchange | undefined): Promise<Sdp | undefined> {
    if (complete) await this.#moveSockets(saidBy(offer.from, complete).shown, offer, complete);
    return this.#options.rtpengine.offer(offer);
  }

  /**
   * Offers what one end, or both, will not hear of.
   * @throws EdgeError, also `anchor-lost` where rtpengine has lost the call since the exchange
   */
  async offerAgain({ losses }: Exchange, offer: ShownSdp & OfferWishes): Promise<void> {
    const { rtpengine } = this.#options;
    await rtpengine.offer(offer);
    if (rtpengine.losses === losses) return;
    throw new EdgeError('anchor-lost', 'rtpengine has lost the call: its ports are not those that both ends have.');
  }

  /**
   * Tells it a complete exchange again.
   * @param last the last one, be it complete
   * @throws EdgeError, as {@link offerAgain}
   */
  async tellAgain(complete: CompleteExchange, last: Exchange | undefined): Promise<void> {
    const { exchange, answer } = complete;
    if (last?.from === exchange.from) await this.#moveSockets(last.shown, exchange, complete);
    const { family } = this.wishesToward(answer.from);
    await this.offerAgain(exchange, { ...exchange, family });
    await this.#options.rtpengine.answer(answer, false);
  }

  /** What it wrote for the other side, with the groups of what it was shown; or an SDP without lines. */
  written(reply: Sdp | undefined, { from, shown }: Pick<ShownSdp, 'from' | 'shown'>): Sdp {
    if (reply !== undefined) return withGroupsOf(reply, shown);
    const { families, own } = this.#options;
    const to = otherSide(from);
    const family = families.toward(to);
    return emptySdp(ofFamily(own[to] ?? [], family) ?? unspecified(family ?? 'IP4'));
  }

  /**
   * rtpengine ignores a place of another family than its socket toward that side has. So this side is offered the other
   * family first, by what the other side said last: that moves the socket, and nobody is told.
   * @param before what it has been shown of this side
   */
  async #moveSockets(before: Sdp, { from, shown }: ShownSdp, complete: CompleteExchange): Promise<void> {
    const family = changedFamily(before, shown);
    if (family === undefined) return;
    const other = saidBy(otherSide(from), complete);
    await this.#options.rtpengine.offer({ ...other, ...this.wishesToward(from), family });
  }
}
