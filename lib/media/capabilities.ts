import { withoutForeignHosts } from '../sdp/foreign-hosts';
import { parseSdp, withEachPart, writeSdp } from '../sdp/sdp';
import { SdpLine } from '../sdp/sdp-line';

/** Attributes that are nothing but a place. */
const places = ['candidate', 'remote-candidates', 'rtcp', 'path'];

/**
 * A session description that says what somebody could do (RFC 3261 §21.4.26), not where media is to go: without the places
 * in it, which are of one side alone. Empty for what cannot be read.
 */
export function capabilitiesOf(sdp: string): string {
  const shown = (line: SdpLine) => {
    if (line.is(...places)) return [];
    if (line.type === 'c') return [new SdpLine('c=IN IP4 0.0.0.0')];
    return [line.type === 'o' ? new SdpLine(line.text.replace(/ IN IP[46] \S+\s*$/, ' IN IP4 0.0.0.0')) : line];
  };
  try {
    const placeless = withEachPart(parseSdp(sdp), (part) => part.withLines(part.lines.flatMap(shown)));
    return writeSdp(withoutForeignHosts(placeless));
  } catch {
    return '';
  }
}
