import { addressBytes, addressText } from './ip-address';
import { isWithin, parsePrefix, type IpPrefix } from './ip-prefix';

/** What an address is, where it is not that of a host elsewhere. */
export type AddressKind =
  'not-an-address' | 'unspecified' | 'loopback' | 'link-local' | 'multicast' | 'broadcast' | 'reserved' | 'own-address';

/** What this machine has, in the spelling of `normalAddress`. */
export interface OwnAddresses {
  addresses: ReadonlySet<string>;
  /** Of the networks that it is in. */
  broadcasts: ReadonlySet<string>;
}

/** Ports below are those of services (RFC 6335 §6). */
export const firstUnprivilegedPort = 1024;

const table = <T>(rows: readonly (readonly [string, T])[]) =>
  rows.flatMap(([text, value]) => {
    const prefix = parsePrefix(text);
    return prefix === undefined ? [] : [{ prefix, value }];
  });

/** What is no single host elsewhere, by RFC 6890; the first that fits. */
const kinds = table<AddressKind>([
  ['0.0.0.0/8', 'unspecified'],
  ['127.0.0.0/8', 'loopback'],
  ['169.254.0.0/16', 'link-local'],
  ['224.0.0.0/4', 'multicast'],
  ['255.255.255.255', 'broadcast'],
  ['240.0.0.0/4', 'reserved'],
  ['::', 'unspecified'],
  ['::1', 'loopback'],
  ['fe80::/10', 'link-local'],
  ['ff00::/8', 'multicast'],
]);

/** Where an IPv6 address has an IPv4 address in it, by the indexes of its bytes; a gateway on the way sends there. */
const embeddings = table<readonly number[]>([
  // IPv4-compatible (RFC 4291 §2.5.5.1), and translated (RFC 2765 §2.1).
  ['::/96', [12, 13, 14, 15]],
  ['::ffff:0:0:0/96', [12, 13, 14, 15]],
  // NAT64 (RFC 6052 §2.1).
  ['64:ff9b::/96', [12, 13, 14, 15]],
  // 6to4 (RFC 3056 §2), and the server of Teredo (RFC 4380 §4).
  ['2002::/16', [2, 3, 4, 5]],
  ['2001::/32', [4, 5, 6, 7]],
]);
/** NAT64 of one's own network (RFC 8215): the prefixes in it may have 48 or 96 bits (RFC 6052 §2.2). */
const localNat64 = table([
  ['64:ff9b:1::/48', [6, 7, 9, 10]],
  ['64:ff9b:1::/48', [12, 13, 14, 15]],
]);
const teredo = table([['2001::/32', undefined]]);
const loopbacks = kinds.filter(({ value }) => value === 'loopback').map(({ prefix }) => prefix);

/** Undefined: it is that of a host elsewhere. An IPv4 address inside an IPv6 one counts like itself. */
export function addressKind(text: string, { addresses, broadcasts }: OwnAddresses): AddressKind | undefined {
  const bytes = addressBytes(text);
  if (bytes === undefined) return 'not-an-address';
  const meant = [bytes, ...embedded(bytes)];
  for (const each of meant) {
    if (broadcasts.has(addressText(each))) return 'broadcast';
    const kind = kinds.find(({ prefix }) => isWithin(each, prefix))?.value;
    if (kind !== undefined) return kind;
  }
  return meant.some((each) => addresses.has(addressText(each))) ? 'own-address' : undefined;
}

/** Whether a network is loopback, or one address of this machine: the word of the operator that the core is there. */
export function isOnThisMachine({ bytes, length }: IpPrefix, { addresses }: OwnAddresses): boolean {
  if (loopbacks.some((loopback) => length >= loopback.length && isWithin(bytes, loopback))) return true;
  return length === 8 * bytes.length && addresses.has(addressText(bytes));
}

/** The IPv4 addresses that an IPv6 address may be another spelling of. */
function embedded(bytes: Uint8Array): Uint8Array[] {
  const readBy = (rows: typeof embeddings) =>
    rows
      .filter(({ prefix }) => isWithin(bytes, prefix))
      .map(({ value }) => Uint8Array.from(value, (at) => bytes[at] ?? 0));
  // What is all zeros by one length of the prefix has its address by the other.
  const found = [...readBy(embeddings), ...readBy(localNat64).filter(([first]) => first !== 0)];
  // Of the client of Teredo all bits are turned (RFC 4380 §4).
  if (teredo.some(({ prefix }) => isWithin(bytes, prefix))) found.push(bytes.slice(12).map((byte) => byte ^ 0xff));
  return found;
}
