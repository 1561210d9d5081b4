import { networkInterfaces } from 'node:os';
import { addressBytes, addressText, normalAddress } from '../lib/ip-address';
import { parsePrefix } from '../lib/ip-prefix';
import type { OwnAddresses } from '../lib/address-kind';
import { monotonicNow } from '../lib/ops/clock';

/** How long the addresses of the interfaces are taken as they were seen, ms. */
const freshMs = 1000;

/** The addresses of this machine as they are now, with those that it is known to have besides (1:1 NAT). */
export function ownAddresses(besides: readonly string[]): () => OwnAddresses {
  const known = besides.filter((text) => addressBytes(text) !== undefined).map(normalAddress);
  let seen = ofInterfaces(known);
  let seenAt = monotonicNow();
  return () => {
    if (monotonicNow() - seenAt > freshMs) {
      seen = ofInterfaces(known);
      seenAt = monotonicNow();
    }
    return seen;
  };
}

function ofInterfaces(known: readonly string[]): OwnAddresses {
  const all = Object.values(networkInterfaces()).flatMap((of) => of ?? []);
  return {
    addresses: new Set([...known, ...all.map(({ address }) => normalAddress(address))]),
    broadcasts: new Set(all.flatMap(({ cidr }) => broadcastOf(cidr) ?? [])),
  };
}

/** The last address of an IPv4 network, in which all hosts are meant; networks of 31 and 32 bits have none (RFC 3021). */
export function broadcastOf(cidr: string | null): string | undefined {
  const { bytes, length } = parsePrefix(cidr ?? '') ?? { bytes: new Uint8Array(), length: 0 };
  if (bytes.length !== 4 || length > 30) return undefined;
  return addressText(bytes.map((byte, i) => byte | (0xff >> Math.min(8, Math.max(0, length - 8 * i)))));
}
