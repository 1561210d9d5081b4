import { gatewayPriority } from '../ice/priority';
import type { TransportAddress } from '../ice/transport-address';
import { formatCandidate, type CandidateSpelling } from './candidate';
import { SdpLine } from './sdp-line';
import type { MediaSection } from './sdp-part';

/** Where a candidate of the gateway ranks: below every UDP candidate, or above the relayed ones of the UE (B5). */
export type TcpPriority = 'lowest' | 'above-relay';

/** What is advertised. */
export interface GatewayAddress extends TransportAddress {
  /** Default: lowest. */
  rank?: TcpPriority;
  /** `ssltcp`: libwebrtc begins with a hello of pseudo-TLS, for firewalls that look for one (J9); default: `tcp`. */
  transport?: 'tcp' | 'ssltcp';
}

const typePreferences: Record<TcpPriority, number> = { lowest: 0, 'above-relay': 10 };

const highest = 2 ** 31 - 1;

/**
 * The section of a media line with the gateway's passive TCP candidates added behind its own, one for each
 * address and port (B1, B21), the lowest of the line (A3), each address with a foundation of its own (B7).
 *
 * @param addresses the port most wanted first (A8)
 */
export function withGatewayCandidates(
  section: MediaSection,
  addresses: readonly GatewayAddress[],
  spelling: CandidateSpelling,
): MediaSection {
  const { lines } = section;
  const present = lines.flatMap(({ candidate }) => candidate ?? []);
  const foundations = new Set(present.map((candidate) => candidate.foundation));
  const priorities = belowAll(
    wantedPriorities(addresses),
    present.map((candidate) => candidate.priority),
  );
  const hosts = hostsOf(addresses);
  const added = addresses.map(({ address, port, transport = 'tcp' }, i) =>
    formatCandidate(
      {
        foundation: freeFoundation(`${transport}${hosts.indexOf(address) + 1}`, foundations),
        component: 1,
        transport,
        priority: priorities[i] ?? 1,
        address,
        port,
        type: 'host',
        tcpType: 'passive',
        extensions: [],
      },
      spelling,
    ),
  );
  // libwebrtc keeps one candidate of each address and port, the first. Others do not know pseudo-TLS, and read on.
  const isPseudo = (_: string, i: number) => addresses[i]?.transport === 'ssltcp';
  const written = [...added.filter(isPseudo), ...added.filter((text, i) => !isPseudo(text, i))];
  const last = lines.findLastIndex((line) => line.is('candidate'));
  // Behind the last candidate, because a=end-of-candidates may follow it (RFC 8838 §8.2).
  const at = last === -1 ? lines.length : last + 1;
  return section.withLines([...lines.slice(0, at), ...written.map((text) => new SdpLine(text)), ...lines.slice(at)]);
}

/**
 * Rank decides first, then the port, the most wanted highest, pseudo-TLS below plain TCP of its port, then the address: the
 * second is above the first (B5).
 */
function wantedPriorities(addresses: readonly GatewayAddress[]): number[] {
  const hosts = hostsOf(addresses);
  const ways = [...new Set(addresses.map(wayOf))].reverse();
  return addresses.map(({ address, rank = 'lowest', ...way }) =>
    gatewayPriority(ways.indexOf(wayOf(way)) * hosts.length + hosts.indexOf(address), typePreferences[rank]),
  );
}

/** The priorities in their order, as far down as it needs to be below those present, each once (A3, B6). */
function belowAll(wanted: readonly number[], present: readonly number[]): number[] {
  const lowered = [...wanted];
  let ceiling = Math.min(highest + 1, ...present);
  let left = wanted.length;
  for (const at of [...wanted.keys()].sort((a, b) => (wanted[b] ?? 0) - (wanted[a] ?? 0))) {
    ceiling = Math.max(left--, Math.min(wanted[at] ?? 0, ceiling - 1));
    lowered[at] = ceiling;
  }
  return lowered;
}

function wayOf({ port, transport = 'tcp' }: Pick<GatewayAddress, 'port' | 'transport'>): string {
  return `${port} ${transport}`;
}

function hostsOf(addresses: readonly GatewayAddress[]): string[] {
  return [...new Set(addresses.map(({ address }) => address))];
}

function freeFoundation(wanted: string, taken: ReadonlySet<string>): string {
  let foundation = wanted;
  while (taken.has(foundation)) foundation += 'x';
  return foundation;
}
