import { gatewayPriority } from '../ice/priority';
import { formatCandidate, parseCandidate } from './candidate';
import { isAttribute } from './sdp-lines';

/** Where the candidate on port 80 ranks: below every UDP candidate, or above the relayed ones of the UE (B5). */
export type TcpPriority = 'lowest' | 'above-relay';

const typePreferences: Record<TcpPriority, number> = { lowest: 0, 'above-relay': 10 };

/**
 * The section of a media line with the gateway's passive TCP candidates added behind its own, one for each
 * address (B1, B21), the lowest of the line (A3), each with a foundation of its own (B7).
 *
 * @param addresses what is advertised, one per address family and port, the preferred first
 */
export function withGatewayCandidates(
  section: readonly string[],
  addresses: readonly { address: string; port: number }[],
  priority: TcpPriority = 'lowest',
): readonly string[] {
  const present = section.flatMap((line) => parseCandidate(line) ?? []);
  const foundations = new Set(present.map((candidate) => candidate.foundation));
  const ceiling = Math.min(2 ** 31 - 1, ...present.map((candidate) => candidate.priority)) - addresses.length;
  const hosts = [...new Set(addresses.map(({ address }) => address))];
  const added = addresses.map(({ address, port }, i) =>
    formatCandidate({
      foundation: freeFoundation(`tcp${hosts.indexOf(address) + 1}`, foundations),
      component: 1,
      transport: 'tcp',
      priority: Math.max(1 + i, Math.min(gatewayPriority(i, typePreferences[priority]), ceiling + i)),
      address,
      port,
      type: 'host',
      tcpType: 'passive',
      extensions: [],
    }),
  );
  const last = section.findLastIndex((line) => isAttribute(line, 'candidate'));
  // Behind the last candidate, because a=end-of-candidates may follow it (RFC 8838 §8.2).
  const at = last === -1 ? section.length : last + 1;
  return [...section.slice(0, at), ...added, ...section.slice(at)];
}

function freeFoundation(wanted: string, taken: ReadonlySet<string>): string {
  let foundation = wanted;
  while (taken.has(foundation)) foundation += 'x';
  return foundation;
}
