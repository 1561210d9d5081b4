import { setTimeout } from 'node:timers/promises';
import type { IncomingRequest, IncomingResponse } from '../drachtio/messages';
import type { Srf } from '../drachtio/srf';
import type { DialogEnds } from '../wire/dialog-request';
import { listOf, uriOf } from '../wire/sip-uri';
import type { Egress } from './egress';
import { beyondRelay } from './relayed';

/** What a BYE needs when no SIP server holds its dialog any more. */
export type Farewell = Required<DialogEnds>;

/**
 * Above all that the lost server has sent in the dialog: of its counting nothing is left, and a number only has to be
 * below 2^31 (RFC 3261 §8.1.1.5). It is the last one of the dialog.
 */
const lastCSeq = 2 ** 31 - 2;

/** Those beyond are not told: with no link for so long, far ends have other means (RFC 4028). */
const mostWaiting = 10_000;

/** So many at once, that the server is not flooded as soon as it is back; and the pause before the next, ms. */
const burst = 50;
const pauseMs = 100;

/**
 * The far ends in the core whose calls the SIP server has lost, because it ended or the link to it did. They get a BYE as
 * soon as there is a server again, as a request that belongs to none of its dialogs.
 */
export class Farewells {
  readonly #egress: Egress;
  #waiting: Farewell[] = [];

  constructor(egress: Egress) {
    this.#egress = egress;
  }

  get size(): number {
    return this.#waiting.length;
  }

  add(farewell: Farewell): void {
    if (this.#waiting.length < mostWaiting) this.#waiting.push(farewell);
  }

  /** Sends all that wait. What becomes of them is not waited for: a far end that has hung up meanwhile answers 481. */
  async send(srf: Srf): Promise<void> {
    const all = this.#waiting;
    this.#waiting = [];
    for (const [index, farewell] of all.entries()) {
      if (!srf.connected) {
        this.#waiting.push(...all.slice(index, index + mostWaiting - this.#waiting.length));
        return;
      }
      this.#bye(srf, farewell).catch(() => undefined);
      if (index % burst === burst - 1) await setTimeout(pauseMs);
    }
  }

  async #bye(srf: Srf, { target, routes, from, to, callId }: Farewell): Promise<void> {
    const nextHop = uriOf(routes[0] ?? `<${target}>`);
    const { proxy, headers: notes } = this.#egress.send({ nextHop, routes });
    const headers = { ...notes, From: from, To: to, 'Call-ID': callId, CSeq: `${lastCSeq} BYE` };
    await srf.send(target, { method: 'BYE', proxy, headers });
  }
}

/**
 * The farewell to the callee whose 2xx has made the dialog.
 * @param callId the one that the callee knows the dialog by
 */
export function farewellToCallee(response: IncomingResponse, callId: string, egress: Egress): Farewell {
  return {
    ...{ callId, target: targetIn(response), from: response.get('from') ?? '', to: response.get('to') ?? '' },
    routes: beyondRelay(listOf(response.get('record-route')).reverse(), egress),
  };
}

/** The farewell to the caller who got a 2xx with this tag. */
export function farewellToCaller(invite: IncomingRequest, tag: string, egress: Egress): Farewell {
  return {
    callId: invite.get('call-id') ?? '',
    target: targetIn(invite),
    from: `${invite.get('to') ?? ''};tag=${tag}`,
    to: invite.get('from') ?? '',
    routes: beyondRelay(listOf(invite.get('record-route')), egress),
  };
}

function targetIn(message: IncomingRequest | IncomingResponse): string {
  return message.getParsedHeader('contact')[0]?.uri ?? '';
}
