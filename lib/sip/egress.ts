import type { Errand, Way } from '../egress/errand';
import type { AddressFamily } from '../ip-address';

/** The egress relay: gives the way that the SIP server must send a request, so that the errand is done to it. */
export interface Egress {
  send(errand: Errand): Way;
  /** `host:port` where the core reaches UEs by way of it, on one of its addresses. */
  entry(address: string): string | undefined;
  /** The address family that it sends to this next hop in; undefined: it cannot be found. */
  familyOf(nextHop: string): Promise<AddressFamily | undefined>;
  /** To be told of a 2xx of the core to a SUBSCRIBE: until then what the core sends in the dialog waits, or is refused. */
  subscribed(callId: string): void;
  /** To be told that the SIP server is lost: it ends the INVITEs that have no answer. */
  serverLost(): void;
  /** Sends a message into the core past the server. */
  pass(text: string, uri: string): void;
}
