import type { SipMessage } from '../wire/sip-message';
import { invalid } from './errand';

/**
 * Runs an edit on a message. Throws what the edit throws, and EdgeError `egress-invalid` if it wrote something that
 * could break out of its line.
 */
export function runEdit(edit: ((message: SipMessage) => void) | undefined, message: SipMessage): void {
  if (!edit) return;
  const before = new Set(message.headers);
  const { startLine, body } = message;
  edit(message);
  for (const header of message.headers) {
    if (before.has(header)) continue;
    if (!/^[\w.!%*+`'~-]+$/.test(header.name) || !isSafe(header.value)) {
      throw invalid(`The header ${JSON.stringify(header.name)} cannot be written.`);
    }
  }
  if (message.startLine !== startLine && !isSafe(message.startLine)) throw invalid('The start line cannot be written.');
  if (message.body !== body && /[^\0-\xff]/.test(message.body)) throw invalid('The body is not in bytes.');
}

/** Characters above 255 lose their upper bits on the wire, and may be line breaks then. */
function isSafe(text: string): boolean {
  return !/[\r\n\0]|[^\0-\xff]/.test(text);
}
