import { readFileSync } from 'node:fs';
import { BlockList, isIPv4, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';

/**
 * Which of several own addresses a packet to a destination should leave from: the one on the interface that
 * the kernel's routes name; among equals the one with most leading bits in common with the destination.
 * So with an access and a core address each peer is spoken to from the right one.
 */
export function sourceFor(destination: string, own: readonly string[]): string | undefined {
  const family = own.filter((address) => isIPv6(address) === isIPv6(destination));
  if (family.length < 2) return family[0];
  const routed = new Set(interfaceAddresses(outInterface(destination)));
  const candidates = family.some((address) => routed.has(address))
    ? family.filter((address) => routed.has(address))
    : family;
  return candidates.reduce((best, address) =>
    commonBits(address, destination) > commonBits(best, destination) ? address : best,
  );
}

function interfaceAddresses(name: string | undefined): string[] {
  return name === undefined ? [] : (networkInterfaces()[name] ?? []).map((address) => address.address);
}

/** Interface by the most specific route; `undefined` if none is known. */
function outInterface(destination: string): string | undefined {
  const onLink = Object.entries(networkInterfaces()).flatMap(([name, addresses]) =>
    (addresses ?? []).flatMap((address) => {
      const bits = Number(address.cidr?.split('/')[1] ?? Number.NaN);
      if (Number.isNaN(bits) || isIPv6(address.address) !== isIPv6(destination)) return [];
      const family = isIPv6(destination) ? 'ipv6' : 'ipv4';
      const subnet = new BlockList();
      subnet.addSubnet(address.address, bits, family);
      return subnet.check(destination, family) ? [{ name, bits }] : [];
    }),
  );
  const routes = isIPv4(destination) ? [...onLink, ...kernelRoutes(destination)] : onLink;
  return routes.sort((a, b) => b.bits - a.bits)[0]?.name;
}

/** The kernel's IPv4 routes that match, from /proc (Linux); none elsewhere. */
function kernelRoutes(destination: string): { name: string; bits: number }[] {
  let table: string;
  try {
    table = readFileSync('/proc/net/route', 'latin1');
  } catch {
    return []; // Not Linux: the addresses of the interfaces have to do.
  }
  const target = Buffer.from(destination.split('.').map(Number)).readUInt32LE();
  return table.split('\n').flatMap((line) => {
    const [name, network, , , , , , mask] = line.split('\t');
    if (name === undefined || network === undefined || !/^[0-9A-F]{8}$/.test(mask ?? '')) return [];
    const bitmask = Number.parseInt(mask ?? '', 16);
    if ((target & bitmask) >>> 0 !== Number.parseInt(network, 16)) return [];
    return [{ name, bits: bitmask.toString(2).replaceAll('0', '').length }];
  });
}

function commonBits(a: string, b: string): number {
  const left = bitsOf(a);
  const right = bitsOf(b);
  let common = 0;
  while (common < left.length && left.charAt(common) === right.charAt(common)) common++;
  return common;
}

function bitsOf(address: string): string {
  if (isIPv4(address)) {
    return address
      .split('.')
      .map((octet) => Number(octet).toString(2).padStart(8, '0'))
      .join('');
  }
  const [head = '', tail] = address.split('%')[0]?.split('::') ?? [];
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const groups = [...left, ...Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0'), ...right];
  return groups.map((group) => Number.parseInt(group, 16).toString(2).padStart(16, '0')).join('');
}
