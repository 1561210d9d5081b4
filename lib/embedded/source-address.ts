import { readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { addressBytes } from '../ip-address';
import { isWithin, parsePrefix } from '../ip-prefix';

/**
 * Which of several own addresses a packet to a destination should leave from: the one on the interface that
 * the kernel's routes name; among equals the one with most leading bits in common with the destination.
 * So with an access and a core address each peer is spoken to from the right one.
 */
export function sourceFor(destination: string, own: readonly string[]): string | undefined {
  const family = own.filter((address) => isIPv6(address) === isIPv6(destination));
  const to = addressBytes(destination);
  if (family.length < 2 || !to) return family[0];
  const interfaceAddresses = networkInterfaces()[outInterface(to) ?? ''] ?? [];
  const routed = family.filter((own) => interfaceAddresses.some(({ address }) => address === own));
  const common = (address: string) => commonBits(addressBytes(address) ?? to, to);
  return (routed.length > 0 ? routed : family).reduce((best, address) =>
    common(address) > common(best) ? address : best,
  );
}

/** Interface by the most specific route; `undefined` if none is known. */
function outInterface(destination: Buffer): string | undefined {
  const onLink = Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) =>
    addresses.flatMap(({ cidr }) => {
      const subnet = parsePrefix(cidr ?? '');
      return subnet && isWithin(destination, subnet) ? [{ name, bits: subnet.length }] : [];
    }),
  );
  const routes = destination.length === 4 ? [...onLink, ...kernelRoutes(destination)] : onLink;
  return routes.sort((a, b) => b.bits - a.bits)[0]?.name;
}

/** The kernel's IPv4 routes that match, from /proc (Linux); none elsewhere. */
function kernelRoutes(destination: Buffer): { name: string; bits: number }[] {
  let table: string;
  try {
    table = readFileSync('/proc/net/route', 'latin1');
  } catch {
    return []; // Not Linux: the addresses of the interfaces have to do.
  }
  return table.split('\n').flatMap((line) => {
    const [name, network, , , , , , mask] = line.split('\t');
    if (name === undefined || network === undefined || !/^[0-9A-F]{8}$/.test(mask ?? '')) return [];
    const bitmask = Number.parseInt(mask ?? '', 16);
    if ((destination.readUInt32LE() & bitmask) >>> 0 !== Number.parseInt(network, 16)) return [];
    return [{ name, bits: bitmask.toString(2).replaceAll('0', '').length }];
  });
}

function commonBits(one: Buffer, other: Buffer): number {
  const at = one.findIndex((byte, i) => byte !== other[i]);
  return at < 0 ? 8 * one.length : 8 * at + Math.clz32((one[at] ?? 0) ^ (other[at] ?? 0)) - 24;
}
