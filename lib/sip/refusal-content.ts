import type { IncomingResponse } from '../drachtio/messages';
import { capabilitiesOf } from '../media/capabilities';
import { contentHeaders, responseHeaders } from './header-policy';
import { sessionBody, type Content } from './session-body';
import type { FinalStatus } from './final-status';

/** A final response of the other side that ends what it answers, with all that it says. */
export function passedRefusal(response: IncomingResponse): FinalStatus {
  const { status, reason } = response;
  const { headers, body } = contentOf(response);
  return { status, reason, headers: { ...responseHeaders(response), ...headers }, body };
}

/** A session description in it says what its sender could do; where its media would go is not told. */
function contentOf(response: IncomingResponse): Content {
  try {
    const { sdp, with: having } = sessionBody(response);
    if (sdp) return having(capabilitiesOf(sdp));
  } catch {
    return { headers: {}, body: '' };
  }
  return { headers: contentHeaders(response), body: response.body };
}
