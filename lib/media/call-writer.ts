import { randomInt } from 'node:crypto';
import { withAddresses } from '../sdp/addresses';
import { withOfferedLines } from '../sdp/anchored-lines';
import { withoutTurnedFeedback } from '../sdp/feedback';
import { withoutForeignHosts } from '../sdp/foreign-hosts';
import { withLiveGroups } from '../sdp/groups';
import { withIceLite, withoutIce } from '../sdp/ice-attributes';
import { ofPlaces } from '../sdp/line-places';
import { withSections, type Sdp } from '../sdp/sdp';
import { SessionOrigin } from '../sdp/session-origin';
import type { MediaView } from '../sdp/session-view';
import type { CallBundle, GroupedForUe } from './call-bundle';
import type { MsrpSections } from './call-msrp';
import type { Exchange } from './exchange';
import type { Side } from './media-anchor';
import type { CallTellings } from './told-places';

/** Writes the SDPs of one call as they leave. `answered`: of an answer, the exchange that its reader has offered in. */
export class CallWriter {
  readonly #bundle: CallBundle;
  readonly #told: CallTellings;
  readonly #origins = { access: new SessionOrigin(randomInt(2 ** 47)), core: new SessionOrigin(randomInt(2 ** 47)) };

  /** @param told learns where the sides are told that our media is */
  constructor(bundle: CallBundle, told: CallTellings) {
    this.#bundle = bundle;
    this.#told = told;
  }

  forUe(lines: Sdp, grouped: GroupedForUe, messages: MsrpSections, answered?: Exchange): string {
    const sdp = whole(withIceLite(withSections(lines, messages)), answered);
    return this.#write('access', this.#bundle.written(sdp, grouped, answered !== undefined), answered);
  }

  /** Nothing of the access side's ICE or TCP is left in it (B19). */
  forCore(reply: Sdp, ueLines: readonly MediaView[], messages: MsrpSections, answered?: Exchange): string {
    const transports = ueLines.map(({ transport }) => transport);
    const lines = withSections(withoutIce(withoutTurnedFeedback(reply, transports)), messages);
    const sdp = this.#bundle.towardCore(whole(lines, answered), answered !== undefined);
    return this.#write('core', sdp, answered);
  }

  #write(to: Side, sdp: Sdp, answered: Exchange | undefined): string {
    const lines = answered === undefined ? sdp : ofPlaces(sdp, answered.places);
    const written = withoutForeignHosts(withLiveGroups(withAddresses(lines)));
    this.#told.tell(to, written);
    return this.#origins[to].write(written);
  }
}

function whole(sdp: Sdp, answered: Exchange | undefined): Sdp {
  return answered === undefined ? sdp : withOfferedLines(sdp, answered.written);
}
