import type { IncomingResponse } from '../drachtio/messages';
import { EdgeError } from '../errors';

/** An INVITE of ours was refused, or timed out (408 made by the server). */
export class SipRejection extends EdgeError {
  readonly response: IncomingResponse;

  constructor(response: IncomingResponse) {
    super('sip-rejected', `The far end answered ${response.status} ${response.reason}.`, {
      sipStatus: response.status,
    });
    this.response = response;
  }
}
