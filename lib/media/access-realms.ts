import { addressBytes } from '../ip-address';
import { isWithin, parsePrefix } from '../ip-prefix';
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
    .flatMap(({ prefix, fallback }) => {
      const parsed = parsePrefix(prefix);
      return parsed === undefined ? [] : [{ prefix: parsed, fallback }];
    })
    .sort((a, b) => b.prefix.length - a.prefix.length);
  return (ueAddress) => {
    const bytes = addressBytes(ueAddress ?? '');
    if (bytes === undefined) return otherwise;
    return known.find(({ prefix }) => isWithin(bytes, prefix))?.fallback ?? otherwise;
  };
}
