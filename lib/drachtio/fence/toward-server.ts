import { isLoopback } from '../../ip-address';
import type { SipMessage } from '../../wire/sip-message';

/* How a connection to drachtio-server is opened and used. */

/**
 * From where: on loopback from the server's own address, since it chooses its contact by the peer's address [17c], and finds
 * this one so.
 */
export function dialledFrom(server: string): { localAddress?: string } {
  return isLoopback(server) ? { localAddress: server } : {};
}

/** Its keep-alives get no answer: it reads nothing more once a CRLF and a message come in one segment [16c3, 16c4]. */
export function leaveUnanswered(): void {
  // Nothing is sent.
}

/**
 * A Route is for those before the server. Outside of dialogs it is left as it is [15k], inside of one the server would follow
 * it to wherever it leads.
 */
export function dropRoutes(request: SipMessage): void {
  request.remove('route');
}
