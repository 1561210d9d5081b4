import parser from 'drachtio-srf/lib/sip-parser/parser';
import { credentialHeaders, credentialsOf } from '../wire/credentials';

/*
 * drachtio-srf joins the lines of a header with commas, and writes one line for each header. Challenges and credentials
 * must not be joined (RFC 3261 §7.3.1): who reads `Digest …, Digest …` takes it for one with odd parameters.
 */

const stringify = parser.stringifySipMessage;
const isCredentials = new RegExp(`^(${credentialHeaders.join('|')}):`, 'i');

/** From now on drachtio-srf writes each challenge, and each of several credentials, on a line of its own. */
parser.stringifySipMessage = (message) => {
  const text = stringify(message);
  const end = text.indexOf('\r\n\r\n');
  const lines = text.slice(0, end).split('\r\n');
  return lines.flatMap(onLines).join('\r\n') + text.slice(end);
};

function onLines(line: string): string[] {
  const [name = ''] = isCredentials.exec(line) ?? [];
  return name === '' ? [line] : credentialsOf(line.slice(name.length)).map((each) => `${name} ${each}`);
}
