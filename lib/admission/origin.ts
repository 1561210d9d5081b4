import { addressBytes, networkOf } from '../ip-address';

/** Bytes of an IPv6 prefix that a site may have. */
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
  const source = networkOf(address);
  const bytes = addressBytes(address);
  return { source, network: bytes?.length === 16 ? bytes.toString('latin1', 0, sitePrefix) : source };
}
