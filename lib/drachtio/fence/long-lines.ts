import { messageLimits } from '../../wire/limits';
import type { Header, SipMessage } from '../../wire/sip-message';

/* drachtio-server refuses a message with a line above its limit, and ends the connection that it came on [16b]. */

export function hasLongLine(message: SipMessage): boolean {
  return message.startLine.length > messageLimits.line || message.headers.some(isLong);
}

/** What is left of a response is worth more than nothing. */
export function dropLongLines(response: SipMessage): void {
  if (response.headers.some(isLong)) response.headers = response.headers.filter((header) => !isLong(header));
}

function isLong({ name, value }: Header): boolean {
  return name.length + ': '.length + value.length > messageLimits.line;
}
