import type { Errand } from '../egress/errand';
import type { Target } from './target';

/** How a request goes out: next hop, and notes to other parts of the edge on its way. */
export type Way = Pick<Target, 'proxy' | 'headers' | 'coreCallId'>;

/** The egress relay: gives the way that the SIP server must send a request, so that the errand is done to it. */
export interface Egress {
  send(errand: Errand): Way;
}
