import { withEachSection, withInherited, type Sdp } from './sdp';

const directions = ['sendrecv', 'sendonly', 'recvonly', 'inactive'];

/**
 * The SDP with one direction at most on each line, the last one that it says, and none in the session part, whose
 * direction is that of lines without (RFC 8866 §6.7): rtpengine takes the first that it finds.
 */
export function withOwnDirections(sdp: Sdp): Sdp {
  return withEachSection(withInherited(sdp, directions), (section) => {
    const last = section.lines.findLast((line) => line.is(...directions));
    return section.filter((line) => line === last || !line.is(...directions));
  });
}
