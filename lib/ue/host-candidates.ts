import { candidatePriority, tcpLocalPreference, typePreference } from '../ice/priority';
import type { TransportAddress } from '../ice/transport-address';
import type { Candidate } from '../sdp/candidate';

/** Local preference of the one address that we have, within a direction (RFC 6544 §4.2). */
const otherPreference = 8191;

/**
 * What a UE gathers for a stream without asking anybody: a UDP candidate, if the stream may go over UDP, and an
 * active TCP one. Port 9 of the active one is "discard": its real port is known only when it connects (RFC 6544 §4.5).
 */
export function hostCandidates(address: string, udpPort: number | undefined): Candidate[] {
  const host = { component: 1, address, type: 'host', extensions: [] };
  // Below UDP's 126, as RFC 6544 §4.2 recommends, so that UDP is checked first and wins.
  const tcpType = typePreference.host - 1;
  const active: Candidate = {
    ...host,
    foundation: '2',
    transport: 'tcp',
    tcpType: 'active',
    port: 9,
    priority: candidatePriority(tcpType, tcpLocalPreference('active', otherPreference), 1),
  };
  if (udpPort === undefined) return [active];
  const priority = candidatePriority(typePreference.host, 65535, 1);
  return [{ ...host, foundation: '1', transport: 'udp', port: udpPort, priority }, active];
}

/** A relayed address; of UDP, whatever the way to the server. `related`: ours (RFC 8839 §5.1). */
export function relayedCandidate({ address, port }: TransportAddress, related: string): Candidate {
  return {
    ...{ foundation: '3', component: 1, transport: 'udp', address, port, type: 'relay' },
    priority: candidatePriority(typePreference.relayed, 65535, 1),
    related: { address: related, port: 9 },
    extensions: [],
  };
}

/** What a peer-reflexive candidate learned from a check of this candidate would have (RFC 8445 §7.1.1). */
export function reflexivePriority(local: Candidate): number {
  const preference = local.tcpType === undefined ? 65535 : tcpLocalPreference(local.tcpType, otherPreference, true);
  return candidatePriority(typePreference.peerReflexive, preference, local.component);
}
