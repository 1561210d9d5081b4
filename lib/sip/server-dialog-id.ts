import type { SipMessage } from '../drachtio/messages';

/** drachtio's name for the dialog that a request starts, whoever sent it: its Call-ID and From tag. */
export function serverDialogId(request: SipMessage): string {
  return `${request.get('call-id') ?? ''};from-tag=${request.getParsedHeader('from').params['tag'] ?? ''}`;
}
