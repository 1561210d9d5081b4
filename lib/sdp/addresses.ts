import { withEachSection, type Sdp } from './sdp';

/** The SDP with an address on each line that has none and inherits none (RFC 8866 §5.7): that of another line, or of o=. */
export function withAddresses(sdp: Sdp): Sdp {
  if (sdp.session.hasType('c') || sdp.media.every((section) => section.hasType('c'))) return sdp;
  const [connection] = sdp.media.flatMap(({ lines }) => lines.filter(({ type }) => type === 'c'));
  const origin = sdp.session.lines.find(({ type }) => type === 'o');
  const address = connection?.text.split(' ')[2] ?? origin?.text.split(' ')[5] ?? '0.0.0.0';
  return withEachSection(sdp, (section) => (section.hasType('c') ? section : section.at(address)));
}
