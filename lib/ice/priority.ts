/** Type preferences (RFC 8445 §5.1.2.2). */
export const typePreference = { host: 126, peerReflexive: 110, serverReflexive: 100, relayed: 0 } as const;

export type TcpType = 'active' | 'passive' | 'so';

/** Direction preferences (RFC 6544 §4.2). */
const hostDirection = { active: 6, passive: 4, so: 2 } as const;
const natDirection = { so: 6, active: 4, passive: 2 } as const;

/**
 * A candidate's priority (RFC 8445 §5.1.2.1): 2^24 × type preference (0–126) + 2^8 × local preference
 * (0–65535) + (256 − component), component from 1.
 */
export function candidatePriority(type: number, local: number, component: number): number {
  return type * 2 ** 24 + local * 2 ** 8 + (256 - component);
}

/**
 * The local preference of a TCP candidate (RFC 6544 §4.2): 2^13 × direction + other, other 0–8191.
 * Behind a NAT (server- and peer-reflexive) the directions rank otherwise than for host and relayed.
 */
export function tcpLocalPreference(tcpType: TcpType, other: number, reflexive = false): number {
  return 2 ** 13 * (reflexive ? natDirection : hostDirection)[tcpType] + other;
}

/**
 * The priority of the gateway's passive candidate: with type preference 0 below every UDP candidate,
 * relayed ones included (B5). `other` sets the candidates of several addresses or ports apart: 0 for the
 * first gives 8388863, 1 for the second 8389119.
 */
export function gatewayPriority(other: number, type = 0): number {
  return candidatePriority(type, tcpLocalPreference('passive', other), 1);
}
