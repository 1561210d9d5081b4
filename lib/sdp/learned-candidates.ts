import type { TransportAddress } from '../ice/transport-address';
import { formatCandidate } from './candidate';
import { withEachSection, type Sdp } from './sdp';

/** A peer-reflexive candidate (RFC 8445 §7.3.1.3). */
export interface LearnedCandidate extends TransportAddress {
  priority: number;
}

/** The SDP with peer-reflexive UDP candidates added to one line. */
export function withLearnedCandidates(sdp: Sdp, line: number, candidates: readonly LearnedCandidate[]): Sdp {
  const added = candidates.map(({ address, port, priority }, i) =>
    formatCandidate({
      foundation: `learned${i + 1}`,
      component: 1,
      transport: 'udp',
      priority,
      address,
      port,
      type: 'prflx',
      related: { address, port },
      extensions: [],
    }),
  );
  return withEachSection(sdp, (section, index) => (index === line ? section.and(added) : section));
}
