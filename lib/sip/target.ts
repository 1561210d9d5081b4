import type { Headers } from '../drachtio/messages';
import type { UePolicy } from './ue-policy';
import type { Flow } from './flow-token';

/** Where a request that starts something goes: a call, a subscription, or an exchange of its own. */
export interface Target {
  /** Request-URI. */
  uri: string;
  /** URI of the next hop. */
  proxy: string;
  /** Of this one request: notes to other parts of the edge on its way. */
  headers: Headers;
  /** The Call-ID that the core knows a dialog by, where it is another than the SIP server has. */
  coreCallId?: (callId: string) => string;
  /** What it and all that follows undergo. */
  policy: UePolicy;
  /** The UE's. */
  flow: Flow;
}
