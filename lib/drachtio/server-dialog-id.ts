import type { ParsedMessage } from './messages';

/** drachtio's name for the dialog that a request starts, whoever sent it: its Call-ID and From tag [2.4]. */
export function serverDialogId(request: ParsedMessage): string {
  return idOf(request, 'from');
}

/** The same for a dialog that we started, by a request in it that came before the server knew of it. */
export function idAtReceiver(request: ParsedMessage): string {
  return idOf(request, 'to');
}

function idOf(request: ParsedMessage, ours: 'from' | 'to'): string {
  return `${request.get('call-id') ?? ''};from-tag=${request.getParsedHeader(ours).params['tag'] ?? ''}`;
}
