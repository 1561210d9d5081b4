import { isAttribute, withEachSection, withInherited, type SdpLines } from './sdp-lines';

const directions = ['sendrecv', 'sendonly', 'recvonly', 'inactive'];

/**
 * The SDP with one direction at most on each line, the last one that it says, and none in the session part, whose
 * direction is that of lines without (RFC 8866 §6.7): rtpengine takes the first that it finds.
 */
export function withOwnDirections(sdp: SdpLines): SdpLines {
  return withEachSection(withInherited(sdp, directions), (section) => {
    const last = section.findLastIndex(isDirection);
    return section.some((line, at) => at < last && isDirection(line))
      ? section.filter((line, at) => at === last || !isDirection(line))
      : section;
  });
}

function isDirection(line: string): boolean {
  return directions.some((direction) => isAttribute(line, direction));
}
