import { addressBytes } from '../ip-address';
import { withEachPart, type Sdp } from './sdp';
import { SdpLine } from './sdp-line';

/** Attributes with addresses that are ours by now, or a path that both ends of MSRP have to know (RFC 6714). */
const ours = ['candidate', 'rtcp', 'path'];

/**
 * An SDP that has been written for one side, without the hosts of the other that are left in it: lines that nobody
 * here has to understand, such as a=alt or a=source-filter, may hold addresses, and a=tool names software. The CNAME of
 * a source (RFC 5576) may be of the form user@address: it stays, as other lines go by it, with another address.
 */
export function withoutForeignHosts(sdp: Sdp): Sdp {
  return withEachPart(sdp, (part) => part.withLines(part.lines.flatMap(shown)));
}

function shown(line: SdpLine): readonly SdpLine[] {
  const { type, text } = line;
  if (line.is('tool')) return [];
  if (type === 'o' || type === 'c' || line.is(...ours) || !tellsAddress(text)) return [line];
  if (type === 's') return [new SdpLine('s=-')];
  return line.is('ssrc') ? [new SdpLine(text.replace(/@\S+/, '@0.0.0.0'))] : [];
}

function tellsAddress(line: string): boolean {
  const value = withoutName(line.slice(2));
  if (/(?<![\w.])\d{1,3}(\.\d{1,3}){3}(?![\w.])/.test(value)) return true;
  return value.split(/[\s,;=/<>()"'@|[\]]+/).some((word) => word.includes(':') && addressBytes(word) !== undefined);
}

/** An attribute's value. One pattern for this would take minutes for a line without a colon. */
function withoutName(text: string): string {
  const colon = text.indexOf(':');
  const name = text.slice(0, Math.max(colon, 0));
  // What looks like the first group of an IPv6 address is no name.
  return /^\S+$/.test(name) && /[^\da-f]/i.test(name) ? text.slice(colon + 1) : text;
}
