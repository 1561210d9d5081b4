import { formatCandidate } from './candidate';
import type { SdpLines } from './sdp-lines';

/** A peer-reflexive candidate (RFC 8445 §7.3.1.3). */
export interface LearnedCandidate {
  address: string;
  port: number;
  priority: number;
}

/** The SDP with peer-reflexive UDP candidates added to one line. */
export function withLearnedCandidates(sdp: SdpLines, line: number, candidates: readonly LearnedCandidate[]): SdpLines {
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
  const media = sdp.media.map((section, index) => (index === line ? [...section, ...added] : section));
  return { session: sdp.session, media };
}
