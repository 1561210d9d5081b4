import type { SipMessage } from '../wire/sip-message';

/**
 * What the egress relay does with one request of the SIP server on its way to the core, and with the responses
 * to it on their way back. It is also done to the request's CANCEL and to the ACK of a non-2xx response, except
 * for the edits.
 */
export interface Errand {
  /** SIP URI to send to: host name or address, port, transport. */
  readonly nextHop: string;
  /** Route set as name-addrs, topmost first; all other Route headers of the request are taken away. */
  readonly routes: readonly string[];
  /** Request-URI, where it is to be another one than the server can send (`urn:`, `tel:`). */
  readonly requestUri?: string;
  /** Changes the request; `routes` and `requestUri` are in place, the relay's own Via is not. */
  readonly editRequest?: (request: SipMessage) => void;
  /** Changes a response; the relay's own Via is gone. */
  readonly editResponse?: (response: SipMessage) => void;
}
