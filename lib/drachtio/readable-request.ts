import { EdgeError } from '../errors';
import type { IncomingRequest } from './messages';

/**
 * Throws `sip-invalid` where drachtio-srf cannot read later what the SIP server let pass: it throws then, wherever it is
 * asked to; and for a body without a Content-Type (RFC 3261 §20.15), which the server would not send on, unless it is SDP
 * by its looks.
 */
export function mustBeReadable(request: IncomingRequest): void {
  try {
    for (const header of ['from', 'to', 'cseq'] as const) request.getParsedHeader(header as 'from');
    if (request.has('contact') && request.get('contact')?.trim() !== '*') request.getParsedHeader('contact');
  } catch (cause) {
    throw new EdgeError('sip-invalid', 'A header cannot be read.', { cause });
  }
  const isTyped = request.body === '' || request.body.startsWith('v=0') || request.has('content-type');
  if (!isTyped) throw new EdgeError('sip-invalid', 'A body has no Content-Type.');
}
