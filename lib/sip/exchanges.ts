import type { Headers, IncomingRequest, IncomingResponse, ResponseSender } from '../drachtio/messages';
import type { Srf } from '../drachtio/srf';
import { isUnreachable } from '../drachtio/refusals';
import { EdgeError } from '../errors';
import type { Side } from '../media/media-anchor';
import { otherSide } from '../media/media-anchor';
import { fromCore } from './core-reach';
import type { UePolicy } from './ue-policy';
import { contentHeaders, exchangeHeaders, responseHeaders } from './header-policy';
import { redirection } from './redirection';
import { bodyOf } from './session-body';
import type { Target } from './target';
import { reply } from './final-status';

/**
 * Passes a request that belongs to no dialog (MESSAGE, OPTIONS, PUBLISH …) to the other side, as a request of our own,
 * and the response back: neither side sees the other's route. Rejects where it cannot be sent, with `core-unreachable`
 * (503), and with `flow-failed` (430) where the UE has no connection any more.
 */
export async function exchange(
  srf: Srf,
  request: IncomingRequest,
  response: ResponseSender,
  { from, target }: { from: Side; target: Target },
): Promise<void> {
  const { policy } = target;
  const headers = policy.request(otherSide(from), exchangeHeaders(request));
  const final = await sendOn(srf, request, headers, { from, target });
  passBack(final, response, { to: from, policy, uri: request.uri });
}

/** Sends a request outside of dialogs on, with these headers. Resolves and rejects as {@link exchange} does. */
export async function sendOn(
  srf: Srf,
  request: IncomingRequest,
  headers: Headers,
  { from, target }: { from: Side; target: Target },
): Promise<IncomingResponse> {
  const { proxy, headers: notes } = target.way();
  const options = { method: request.method, proxy, headers: { ...headers, ...notes }, ...bodyOf(request) };
  const sending = srf.send(target.uri, options);
  const final = await (from === 'access' ? fromCore(proxy, sending) : sending);
  if (from === 'core' && isUnreachable(final)) {
    throw new EdgeError('flow-failed', 'The UE cannot be reached over its connection.');
  }
  return final;
}

interface Passing {
  to: Side;
  policy: UePolicy;
  /** What was asked for. */
  uri: string;
  hide?: (headers: Headers) => Headers;
}

/** Answers a request for `uri` with the response that it got on the other side; `hide` has the last word on its headers. */
export function passBack(
  final: IncomingResponse,
  response: ResponseSender,
  { to, policy, uri, hide = (headers) => headers }: Passing,
): void {
  const { status, reason, body } = final;
  reply(response, {
    status,
    reason,
    headers: {
      ...hide(policy.response(to, { ...responseHeaders(final), ...redirection(final, to, uri) })),
      ...contentHeaders(final),
    },
    body,
  });
}
