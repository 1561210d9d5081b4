import { addressBytes } from '../ip-address';
import type { Candidate } from '../sdp/candidate';

/** How a stream's media travels: `udp`, `relay` (by TURN), or `tcp` and the edge's port: `tcp80`. */
export type PathName = 'udp' | 'relay' | `tcp${number}`;

export interface CandidatePair {
  local: Candidate;
  remote: Candidate;
  path: PathName;
  /** RFC 8445 §6.1.2.3; goes beyond 2^53. */
  priority: bigint;
}

/** The most pairs of one check list (RFC 8445 §6.1.2.5): a bound on what a peer can make us send. */
const maxPairs = 100;

/** pair priority = 2^32·MIN(G,D) + 2·MAX(G,D) + (G>D ? 1 : 0), G the controlling side's (RFC 8445 §6.1.2.3). */
export function pairPriority(controlling: number, controlled: number): bigint {
  const smaller = BigInt(Math.min(controlling, controlled));
  const larger = BigInt(Math.max(controlling, controlled));
  return (smaller << 32n) + 2n * larger + (controlling > controlled ? 1n : 0n);
}

/**
 * The check list of one stream: each local candidate with each remote one of the same component,
 * address family and transport, our active TCP candidates with the peer's passive ones (RFC 6544 §6.2),
 * highest priority first, without repetitions. We are the controlling agent: the edge is lite
 * (RFC 8445 §6.1.1).
 */
export function formPairs(locals: readonly Candidate[], remotes: readonly Candidate[]): CandidatePair[] {
  const pairs = new Map<string, CandidatePair>();
  for (const local of locals) {
    for (const remote of remotes.filter((candidate) => fit(local, candidate))) {
      const key = `${local.transport} ${local.address} ${local.port} ${remote.address} ${remote.port}`;
      const priority = pairPriority(local.priority, remote.priority);
      const known = pairs.get(key);
      if (known !== undefined && known.priority >= priority) continue;
      const path = pathOf(local, remote);
      pairs.set(key, { local, remote, path, priority });
    }
  }
  return [...pairs.values()].sort((a, b) => (a.priority < b.priority ? 1 : -1)).slice(0, maxPairs);
}

function pathOf(local: Candidate, remote: Candidate): PathName {
  if (local.type === 'relay') return 'relay';
  return remote.transport === 'udp' ? 'udp' : `tcp${remote.port}`;
}

function fit(local: Candidate, remote: Candidate): boolean {
  if (local.component !== remote.component || local.transport !== remote.transport || remote.port === 0) return false;
  const family = addressBytes(remote.address)?.length;
  if (family === undefined || family !== addressBytes(local.address)?.length) return false;
  return local.transport === 'udp' || (local.tcpType === 'active' && remote.tcpType === 'passive');
}
