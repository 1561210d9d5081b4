import type { Call, EndCause } from '../calls/call';
import type { Dialog, IncomingRequest, ResponseSender, SentRequest, SipMessage } from '../drachtio/messages';
import type { FinalResponse, RequestOptions } from '../drachtio/srf';
import type { Side } from '../media/media-anchor';
import type { CallHeaders } from './call-headers';
import type { Content } from './session-body';
import type { SipEdge } from './sip-edge';
import type { Verdict } from './verdict';

/** What a leg is told when the call ends. */
export interface Ending {
  /** For the caller, where its INVITE has no final response yet. */
  verdict?: Verdict;
  /** Reason header (RFC 3326) for BYE and CANCEL. */
  reason?: string;
  /** What the BYE that ended it says, for the BYE of the other leg. */
  bye?: Content;
}

export type SendInDialog = (options: RequestOptions, onSent?: (request: SentRequest) => void) => Promise<FinalResponse>;

/** The two legs of a call, as what serves one kind of request sees them. */
export interface CallLegs {
  readonly edge: SipEdge;
  readonly call: Call;
  readonly headers: CallHeaders;
  dialog(side: Side): Dialog | undefined;
  /** What sends a request in that side's dialog: the confirmed one, or the early one as far as it can be reached. */
  wayTo(side: Side): SendInDialog | undefined;
  /** Whether a request of that side may be served; where not, it is refused here. */
  admits(from: Side, request: IncomingRequest, response: ResponseSender): boolean;
  /** Ends the call for a request that moves that side's end of it to where the server cannot send, not even a BYE. */
  abandon(from: Side, method: string, response: ResponseSender): void;
  /** Answers a request of that side. `sent` gets the response as it left, or why the server would not send it. */
  respond(
    to: Side,
    method: string,
    response: ResponseSender,
    verdict: Verdict,
    sent?: (refused: unknown, message?: SipMessage) => void,
  ): void;
  /** Tells what the call's ends can cause over and over. */
  warn(fields: object, message: string): void;
  /** Runs `expired` after `ms`, unless the returned function is called or the call ends before. */
  timer(ms: number, expired: () => void): () => void;
  /** Ends the call; only the first cause counts. */
  end(cause: EndCause, ending?: Ending): void;
  /** Ends the call for an error, with the verdict that it deserves. */
  fail(error: unknown): void;
}
