import { EdgeError } from '../errors';
import type { IncomingRequest } from './messages';

/**
 * Throws `sip-invalid` where drachtio-srf cannot read later what the SIP server let pass: it throws then, wherever it is
 * asked to.
 */
export function mustBeReadable(request: IncomingRequest): void {
  try {
    for (const header of ['from', 'to', 'cseq'] as const) request.getParsedHeader(header as 'from');
    if (request.has('contact') && request.get('contact')?.trim() !== '*') request.getParsedHeader('contact');
  } catch (cause) {
    throw new EdgeError('sip-invalid', 'A header cannot be read.', { cause });
  }
}
