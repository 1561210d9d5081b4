/** What a UE speaks SIP over (RFC 3261 §18, RFC 7118 §5.2). */
export type UeTransport = 'tcp' | 'tls' | 'ws' | 'wss';

/** A UE's connection, from when it reaches the SIP server. */
export interface UeFlow {
  /** Random: never given twice. */
  readonly id: string;
  readonly transport: UeTransport;
  /** Where the UE is, or the NAT that it is behind. */
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** Where the UE reached us. */
  readonly contact: { readonly host: string; readonly port: number };
  /** This connection as the SIP server sees it: address and port of its peer. */
  readonly serverSide: { readonly address: string; readonly port: number };
}

/** What the P-CSCF says is registered over a connection. */
export interface HeldRegistration {
  /** The public identity that was registered first. */
  readonly identity: string;
  /** s until the last one expires. */
  readonly seconds: number;
}
