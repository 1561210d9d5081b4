import { addressBytes } from '../ip-address';
import type { TcpType } from '../ice/priority';
import type { TransportAddress } from '../ice/transport-address';

/** An a=candidate (RFC 8839 §5.1, RFC 6544 §4.5). */
export interface Candidate {
  foundation: string;
  /** 1 RTP, 2 RTCP. */
  component: number;
  /** Lower case: `udp`, `tcp`, or a token that we do not know. */
  transport: string;
  priority: number;
  /** An IP address, or a name (FQDN, mDNS). */
  address: string;
  port: number;
  /** `host`, `srflx`, `prflx`, `relay`, or a token that we do not know. */
  type: string;
  related?: TransportAddress;
  tcpType?: TcpType;
  /** Name and value of each further extension, in order. */
  extensions: [name: string, value: string][];
}

/** W and drafts of RFC 6544 wrote `tcp-active`, and `tcp-act` for the transport (B2). */
const tcpTypes: Record<string, TcpType> = {
  active: 'active',
  'tcp-active': 'active',
  'tcp-act': 'active',
  passive: 'passive',
  'tcp-passive': 'passive',
  'tcp-pass': 'passive',
  so: 'so',
  'tcp-so': 'so',
};

/**
 * Reads `a=candidate:…` (with or without `a=`), leniently: any case, and the spellings of W and of the drafts.
 * Undefined if it is no candidate at all.
 */
export function parseCandidate(line: string): Candidate | undefined {
  const match =
    /^(?:a=)?candidate:\s*(\S+) +(\d{1,3}) +(\S+) +(\d{1,10}) +(\S+) +(\d{1,5}) +typ +(\S+)((?: +\S+)*) *$/i.exec(line);
  if (match === null) return undefined;
  const [, foundation = '', component, protocol = '', priority, address = '', port, type = '', rest = ''] = match;
  if (Number(port) > 65535) return undefined;
  const legacyType = tcpTypes[protocol.toLowerCase()];
  const candidate: Candidate = {
    foundation,
    component: Number(component),
    transport: legacyType === undefined ? protocol.toLowerCase() : 'tcp',
    priority: Number(priority),
    address,
    port: Number(port),
    type: type.toLowerCase(),
    extensions: [],
    ...(legacyType === undefined ? {} : { tcpType: legacyType }),
  };
  readExtensions(candidate, rest.trim().split(/ +/));
  return candidate;
}

/** How a TCP candidate's type is written: as RFC 6544 has it (`tcptype passive`), or as W (`tcptyp tcp-passive`). */
export type CandidateSpelling = 'rfc6544' | 'w';

/** Writes `a=candidate:…`; `tcptype` comes before the other extensions (B1). */
export function formatCandidate(candidate: Candidate, spelling: CandidateSpelling = 'rfc6544'): string {
  const { foundation, component, transport, priority, address, port, type, related, tcpType, extensions } = candidate;
  return [
    `a=candidate:${foundation} ${component} ${written(transport)} ${priority} ${address} ${port} typ ${type}`,
    ...(related === undefined ? [] : [`raddr ${related.address} rport ${related.port}`]),
    ...(tcpType === undefined ? [] : [spelling === 'w' ? `tcptyp tcp-${tcpType}` : `tcptype ${tcpType}`]),
    ...extensions.map(([name, value]) => `${name} ${value}`),
  ].join(' ');
}

/** As RFC 8839 §5.1 has it; libwebrtc writes and reads its own in small letters. */
function written(transport: string): string {
  return ['udp', 'tcp'].includes(transport) ? transport.toUpperCase() : transport;
}

/** False for what is to be ignored (B18): names instead of addresses, unknown transports. */
export function isUsable(candidate: Candidate): boolean {
  return addressBytes(candidate.address) !== undefined && ['udp', 'tcp'].includes(candidate.transport);
}

/** True for a TCP candidate that connects to a passive one of ours (A9). */
export function canConnect(candidate: Candidate): boolean {
  return candidate.transport === 'tcp' && (candidate.tcpType === 'active' || candidate.tcpType === 'so');
}

function readExtensions(candidate: Candidate, words: readonly string[]): void {
  let relatedAddress: string | undefined;
  let relatedPort: number | undefined;
  for (let i = 0; i + 1 < words.length; i += 2) {
    const [name = '', value = ''] = words.slice(i, i + 2);
    const key = name.toLowerCase();
    const tcpType = tcpTypes[value.toLowerCase()];
    if (key === 'raddr') relatedAddress = value;
    else if (key === 'rport') relatedPort = Number(value);
    else if ((key === 'tcptype' || key === 'tcptyp') && tcpType !== undefined) candidate.tcpType = tcpType;
    else candidate.extensions.push([name, value]);
  }
  if (relatedAddress !== undefined) candidate.related = { address: relatedAddress, port: relatedPort ?? 0 };
}
