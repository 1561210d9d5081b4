import { addressBytes } from '../ip-address';

/** Bytes of an IPv6 prefix that one host has to itself, and of one that a site may have. */
const hostPrefix = 8;
const sitePrefix = 6;

/** Where a connection comes from, as two keys for maps. */
export interface Origin {
  /** What one host may have to itself: an IPv4 address, an IPv6 /64. */
  readonly source: string;
  /** What one hand may hold: an IPv4 address, an IPv6 /48. */
  readonly network: string;
}

/** What is no IP address is a source of its own. */
export function originOf(address: string): Origin {
  const bytes = addressBytes(address);
  if (bytes?.length !== 16) {
    const key = bytes?.toString('latin1') ?? address;
    return { source: key, network: key };
  }
  return { source: bytes.toString('latin1', 0, hostPrefix), network: bytes.toString('latin1', 0, sitePrefix) };
}
