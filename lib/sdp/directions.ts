import { withEachSection, withInherited, type Sdp } from './sdp';
import type { SdpLine } from './sdp-line';

const directions = ['sendrecv', 'sendonly', 'recvonly', 'inactive'];

/**
 * The SDP with one direction at most on each line, the last one that it says, and none in the session part, whose
 * direction is that of lines without (RFC 8866 §6.7): rtpengine takes the first that it finds.
 */
export function withOwnDirections(sdp: Sdp): Sdp {
  return withEachSection(withInherited(sdp, directions), (section) => {
    const last = section.lines.findLast(isDirection);
    return section.filter((line) => line === last || !isDirection(line));
  });
}

function isDirection(line: SdpLine): boolean {
  return directions.some((direction) => line.is(direction));
}
