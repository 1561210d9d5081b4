import type { IncomingRequest, ResponseSender } from './messages';
import { UntypedSrf } from './untyped-srf';

/** What drachtio-srf makes something of inside a call. */
const known = new Set<string>([
  ...['ACK', 'BYE', 'INVITE', 'UPDATE'],
  ...['INFO', 'MESSAGE', 'NOTIFY', 'OPTIONS', 'PUBLISH', 'REFER', 'SUBSCRIBE'],
]);

interface Handling {
  handle: (this: Handling, request: IncomingRequest, response: ResponseSender) => void;
}

const prototype = UntypedSrf.Dialog.prototype as unknown as Handling;
const { handle } = prototype;

/**
 * From now on drachtio-srf gets no other request inside a call. It would write each to stderr, and so let whoever is in a
 * call fill the log (N7). A PRACK there acknowledges nothing any more (RFC 3262 §3).
 */
prototype.handle = function (request, response) {
  if (known.has(request.method)) handle.call(this, request, response);
  else response.send(request.method === 'PRACK' ? 481 : 501, undefined);
};
