import { addressBytes } from './ip-address';

/** The addresses that begin with the same bits. */
export interface IpPrefix {
  /** An address of them: 4 or 16 bytes. */
  bytes: Uint8Array;
  /** How many bits they have in common. */
  length: number;
}

/** `198.51.100.0/24`, or an address, which is a prefix of all its bits; undefined for what is neither. */
export function parsePrefix(text: string): IpPrefix | undefined {
  const [, address = '', digits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const bytes = addressBytes(address);
  if (bytes === undefined) return undefined;
  const length = digits === undefined ? 8 * bytes.length : Number(digits);
  return length <= 8 * bytes.length ? { bytes, length } : undefined;
}

/** Whether an address of 4 or 16 bytes begins with the prefix. */
export function isWithin(address: Uint8Array, { bytes, length }: IpPrefix): boolean {
  if (address.length !== bytes.length) return false;
  return bytes.every((byte, i) => {
    const bits = Math.min(8, Math.max(0, length - 8 * i));
    return ((byte ^ (address[i] ?? 0)) & (0xff00 >> bits) & 0xff) === 0;
  });
}
