import { withoutForeignHosts } from '../sdp/foreign-hosts';
import { isAttribute, joinSdp, splitSdp } from '../sdp/sdp-lines';

/** Attributes that are nothing but a place. */
const places = ['candidate', 'remote-candidates', 'rtcp', 'path'];

/**
 * A session description that says what somebody could do (RFC 3261 §21.4.26), not where media is to go: without the places
 * in it, which are of one side alone. Empty for what cannot be read.
 */
export function capabilitiesOf(sdp: string): string {
  const shown = (lines: readonly string[]) =>
    lines.flatMap((line) => {
      if (places.some((name) => isAttribute(line, name))) return [];
      if (line.startsWith('c=')) return ['c=IN IP4 0.0.0.0'];
      return line.startsWith('o=') ? [line.replace(/ IN IP[46] \S+\s*$/, ' IN IP4 0.0.0.0')] : [line];
    });
  try {
    const { session, media } = splitSdp(sdp);
    return joinSdp(withoutForeignHosts({ session: shown(session), media: media.map(shown) }));
  } catch {
    return '';
  }
}
