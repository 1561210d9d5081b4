export type TransportName = 'udp' | 'tcp';

/** Where a message is to be sent: an IP address, IPv6 without brackets. */
export interface Destination {
  readonly transport: TransportName;
  readonly address: string;
  readonly port: number;
}

/** A next hop as its URI names it. */
export interface NextHop {
  /** Host name or address, IPv6 without brackets. */
  readonly host: string;
  readonly port: number | undefined;
  readonly transport: TransportName;
}

/** A way to one peer: a UDP socket with the peer's address, or a connection. */
export interface Link extends Destination {
  /** The relay's own end as it stands in a Via: host and port. */
  readonly sentBy: string;
  /** A connection that does not stand yet. */
  readonly isConnecting?: boolean;
  /** Text has one character a byte (latin1). Does nothing once the link is lost. */
  send(text: string): void;
  /** The peer brought something of use: it is no stranger any more. */
  prove(): void;
}

export function isSamePeer(one: Destination, other: Destination): boolean {
  return isSameHost(one, other) && one.port === other.port;
}

export function isSameHost(one: Destination, other: Destination): boolean {
  return one.transport === other.transport && one.address === other.address;
}
