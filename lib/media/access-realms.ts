import { BlockList, isIP } from 'node:net';
import type { Fallback } from './fallback';

/** UEs of one access network, told by their address or that of the NAT they are behind (A7). */
export interface AccessRealm {
  /** An address, or a prefix such as `198.51.100.0/24`. */
  prefix: string;
  fallback: Fallback;
}

/**
 * Who is given the candidate on port 80, by the UE's address: the realm with the longest prefix decides.
 * @param otherwise for UEs that are in none of the realms
 */
export function fallbackByRealm(
  realms: readonly AccessRealm[],
  otherwise: Fallback,
): (ueAddress: string | undefined) => Fallback {
  const known = realms
    .map(({ prefix, fallback }) => ({ ...parsePrefix(prefix), fallback }))
    .sort((a, b) => b.length - a.length)
    .map(({ address, length, family, fallback }) => {
      const list = new BlockList();
      list.addSubnet(address, length, family);
      return { list, fallback };
    });
  return (ueAddress) => {
    if (ueAddress === undefined || known.length === 0) return otherwise;
    const family = isIP(ueAddress) === 6 ? 'ipv6' : 'ipv4';
    return known.find(({ list }) => list.check(ueAddress, family))?.fallback ?? otherwise;
  };
}

/** Whether it is an address, or one with a length that its family has. */
export function isPrefix(text: string): boolean {
  const { address, length, most } = parsePrefix(text);
  return isIP(address) !== 0 && Number.isInteger(length) && length >= 0 && length <= most;
}

function parsePrefix(text: string): { address: string; length: number; most: number; family: 'ipv4' | 'ipv6' } {
  const [, address = '', digits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  const most = family === 'ipv6' ? 128 : 32;
  return { address, length: digits === undefined ? most : Number(digits), most, family };
}
