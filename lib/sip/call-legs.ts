import type { SentRequest } from '../drachtio/messages';
import type { FinalResponse, RequestOptions } from '../drachtio/srf';
import type { CallSession } from './call-session';
import type { Content } from './session-body';
import type { FinalStatus } from './final-status';

/** What a leg is told when the call ends. */
export interface Ending {
  /** For the caller, where its INVITE has no final response yet. */
  final?: FinalStatus;
  /** Reason header (RFC 3326) for BYE and CANCEL. */
  reason?: string;
  /** What the BYE that ended it says, for the BYE of the other leg. */
  bye?: Content;
}

export type SendInDialog = (options: RequestOptions, onSent?: (request: SentRequest) => void) => Promise<FinalResponse>;

/** The two legs of a call, as what serves one kind of request sees them. */
export type CallLegs = Pick<
  CallSession,
  | 'edge'
  | 'call'
  | 'headers'
  | 'dialog'
  | 'wayTo'
  | 'admits'
  | 'abandon'
  | 'respond'
  | 'warn'
  | 'timer'
  | 'end'
  | 'fail'
>;
