import type { Headers, IncomingRequest, IncomingResponse, ResponseSender } from '../drachtio/messages';
import type { Srf } from '../drachtio/srf';
import type { Side } from '../media/media-anchor';
import { otherSide } from '../media/media-anchor';
import type { CallPolicy } from './call-policy';
import { exchangeHeaders, responseHeaders } from './header-policy';
import type { Target } from './target';
import { reply } from './verdict';

/**
 * Passes a request that belongs to no dialog (MESSAGE, OPTIONS, PUBLISH …) to the other side, as a request of our own,
 * and the response back: neither side sees the other's route. Rejects where it cannot be sent.
 */
export async function exchange(
  srf: Srf,
  request: IncomingRequest,
  response: ResponseSender,
  { from, target }: { from: Side; target: Target },
): Promise<void> {
  const { uri, proxy, policy } = target;
  const headers = { ...policy.request(otherSide(from), exchangeHeaders(request)), ...target.headers };
  const body = request.body && { body: request.body };
  const final = await srf.send(uri, { method: request.method, proxy, headers, ...body });
  passBack(final, response, { to: from, policy });
}

/** Answers a request with the response that it got on the other side; `hide` has the last word on its headers. */
export function passBack(
  final: IncomingResponse,
  response: ResponseSender,
  { to, policy, hide = (headers) => headers }: { to: Side; policy: CallPolicy; hide?: (headers: Headers) => Headers },
): void {
  const { status, reason, body } = final;
  const type = final.get('content-type');
  reply(response, {
    status,
    reason,
    headers: {
      ...hide(policy.response(to, responseHeaders(final))),
      ...(body && type !== undefined && { 'Content-Type': type }),
    },
    body,
  });
}
