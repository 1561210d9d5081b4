import type { Dialog, IncomingRequest, ResponseSender } from '../drachtio/messages';
import { otherSide, type Side } from '../media/media-anchor';
import type { CallLegs } from './call-legs';
import { contentHeaders, inDialogHeaders, responseHeaders } from './header-policy';
import { retryLater, finalStatusOf } from './final-status';

/** What goes from one dialog of a call to the other as it is; INVITE, UPDATE, PRACK and BYE have their own ways. */
const forwarded = ['info', 'message', 'options', 'notify', 'refer', 'publish', 'subscribe'] as const;

/** Passes requests of the far end of `dialog` on to the other side of its call. */
export function forwardInDialog(legs: CallLegs, from: Side, dialog: Dialog): void {
  for (const method of forwarded) {
    dialog.on(method, (request, response) => void forward(legs, from, request, response));
  }
}

async function forward(legs: CallLegs, from: Side, request: IncomingRequest, response: ResponseSender): Promise<void> {
  const to = otherSide(from);
  const { method } = request;
  if (!legs.admits(from, request, response)) return;
  const other = legs.dialog(to);
  if (!other) {
    // A callee is quicker than the 200 to its caller.
    legs.respond(from, method, response, retryLater(1));
    return;
  }
  try {
    const headers = legs.headers.request(to, method, inDialogHeaders(request));
    const final = await legs.edge.srf.requestInDialog(other, { method, headers, body: request.body });
    const { status, reason, body } = final.response;
    const passed = { ...responseHeaders(final.response), ...contentHeaders(final.response) };
    legs.respond(from, method, response, { status, reason, headers: passed, body });
  } catch (error) {
    legs.respond(from, method, response, finalStatusOf(error, legs.edge.agent));
  }
}
