import type { IncomingResponse } from '../drachtio/messages';
import type { RestartCause, Side } from '../media/media-anchor';
import type { CallLegs } from './call-legs';
import type { CallSession } from './call-session';
import type { MediaRollback } from './media-rollback';
import { sendOffer } from './offer-in-dialog';
import { sessionBody } from './session-body';
import { taken, withAsked } from './session-expires';

/** The call whose ends are offered something that neither of them asked for. */
type OfferingCall = CallLegs & Pick<CallSession, 'timers'>;

/** Says that an offer is under way, and is told when it is no more; undefined: there is another one already. */
type Claim = () => (() => void) | undefined;

/** Offers of ours in a call. */
export class OwnOffers {
  readonly #session: OfferingCall;
  readonly #media: MediaRollback;
  readonly #claim: Claim;

  constructor(session: OfferingCall, media: MediaRollback, claim: Claim) {
    this.#session = session;
    this.#media = media;
    this.#claim = claim;
  }

  /**
   * Offers the UE an ICE restart, of which the core hears nothing. Not while another offer is under way, which may do as
   * well. Never rejects.
   */
  async restartIce(cause: RestartCause): Promise<void> {
    const { call } = this.#session;
    const done = call.answeredAt === undefined ? undefined : this.#claim();
    if (!done) return;
    try {
      const offer = await call.media.restartIce();
      if (offer === undefined) return;
      this.#session.warn({ cause }, 'the UE is offered an ICE restart');
      const accepted = await this.#send('access', offer);
      // Once it has taken that, a failure leaves the two sides apart.
      if (accepted) await this.#answered(accepted).catch((error: unknown) => this.#session.fail(error));
      else await this.#media.run();
    } catch (error) {
      if (!call.ended) this.#session.warn({ err: error }, 'ICE was not restarted');
    } finally {
      done();
    }
  }

  /**
   * The media is at another place: the UE is offered that, and then the core. Never rejects.
   * @returns whether both have taken it
   */
  async move(): Promise<boolean> {
    const { call } = this.#session;
    const done = call.answeredAt === undefined ? undefined : this.#claim();
    if (!done) return false;
    try {
      const offer = await call.media.restartIce();
      const accepted = offer === undefined ? undefined : await this.#send('access', offer);
      return accepted !== undefined && (await this.#send('core', await this.#answered(accepted))) !== undefined;
    } catch (error) {
      if (!call.ended) this.#session.warn({ err: error }, 'the media of a call could not be moved');
      return false;
    } finally {
      done();
    }
  }

  /** What the core is to know of it. */
  async #answered(response: IncomingResponse): Promise<string> {
    return await this.#session.call.media.answer('access', sessionBody(response).sdp);
  }

  /** The 2xx; undefined where there is none. */
  async #send(to: Side, offer: string): Promise<IncomingResponse | undefined> {
    const { headers, timers } = this.#session;
    const send = this.#session.wayTo(to);
    if (!send) return undefined;
    const asked = { ...withAsked({}, timers.interval(to)), 'Content-Type': 'application/sdp' };
    const options = { method: 'INVITE' as const, headers: headers.request(to, 'INVITE', asked), body: offer };
    const final = await sendOffer(this.#session, send, options, new AbortController().signal).catch(() => undefined);
    if (final === undefined || final.response.status >= 300) return undefined;
    timers.refreshed(to, taken(final.response));
    return final.response;
  }
}
