/**
 * The 4 or 16 bytes of a textual IP address, or undefined if it is none. An IPv4-mapped IPv6 address
 * (`::ffff:192.0.2.1`), as a dual-stack socket reports it, gives the 4 bytes of the IPv4 address. A zone
 * (`%eth0`) is left out. Numbers with leading zeros are none: some take them for octal (RFC 6943 §3.1.1).
 */
export function addressBytes(text: string): Buffer | undefined {
  if (!text.includes(':')) return ipv4Bytes(text);
  const bytes = ipv6Bytes(text.split('%', 1)[0] ?? '');
  return bytes !== undefined && isMapped(bytes) ? bytes.subarray(12) : bytes;
}

/** The textual form of 4 or 16 address bytes; IPv6 by RFC 5952 §4. */
export function addressText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0));
  const gap = longestZeroRun(groups);
  const text = (part: number[]) => part.map((group) => group.toString(16)).join(':');
  if (gap.length < 2) return text(groups);
  return `${text(groups.slice(0, gap.start))}::${text(groups.slice(gap.start + gap.length))}`;
}

/** One spelling for each address, so that addresses can be compared as strings; not an address: unchanged. */
export function normalAddress(text: string): string {
  const bytes = addressBytes(text);
  return bytes === undefined ? text : addressText(bytes);
}

/** 127.0.0.0/8 or ::1. */
export function isLoopback(address: string): boolean {
  const bytes = addressBytes(address);
  return bytes?.length === 4 ? bytes[0] === 127 : normalAddress(address) === '::1';
}

/** As c= names it (RFC 8866 §5.7). */
export type AddressFamily = 'IP4' | 'IP6';

/** IP6 for an IPv6 address; IP4 for an IPv4-mapped one, as a dual-stack socket reports it, and for all else. */
export function familyOf(address: string): AddressFamily {
  return addressBytes(address)?.length === 16 ? 'IP6' : 'IP4';
}

/** The address that stands for none. */
export function unspecified(family: AddressFamily): string {
  return family === 'IP6' ? '::' : '0.0.0.0';
}

/** The address of this family; the first one where there is none. */
export function ofFamily(addresses: readonly string[], family: AddressFamily | undefined): string | undefined {
  return addresses.find((address) => familyOf(address) === family) ?? addresses[0];
}

/** What is counted as one place: an IPv4 address, or an IPv6 /64, which one host has to itself; else the text itself. */
export function networkOf(address: string): string {
  const bytes = addressBytes(address);
  if (bytes === undefined) return address;
  return bytes.length === 4
    ? addressText(bytes)
    : `${addressText(Buffer.concat([bytes.subarray(0, 8), Buffer.alloc(8)]))}/64`;
}

function isMapped(bytes: Buffer): boolean {
  return bytes.readUInt32BE(0) === 0 && bytes.readUInt32BE(4) === 0 && bytes.readUInt32BE(8) === 0xffff;
}

/** Without a pattern, since addresses are read for each message: four numbers up to 255, and three points between them. */
function ipv4Bytes(text: string): Buffer | undefined {
  if (text.length > 15) return undefined;
  const bytes = Buffer.allocUnsafe(4);
  let at = 0;
  let digits = 0;
  let number = 0;
  for (let i = 0; i <= text.length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit >= 0 && digit <= 9 && !(digits > 0 && number === 0)) {
      digits += 1;
      number = 10 * number + digit;
    } else if ((i === text.length || text[i] === '.') && digits > 0 && number <= 255 && at < 4) {
      bytes[at++] = number;
      digits = number = 0;
    } else return undefined;
  }
  return at === 4 ? bytes : undefined;
}

function ipv6Bytes(text: string): Buffer | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = groupBytes(halves[0] ?? '');
  const tail = groupBytes(halves[1] ?? '');
  if (head === undefined || tail === undefined) return undefined;
  const missing = 16 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 2) return undefined;
  return Buffer.from([...head, ...new Array<number>(missing).fill(0), ...tail]);
}

function groupBytes(text: string): number[] | undefined {
  if (text === '') return [];
  const bytes: number[] = [];
  const groups = text.split(':');
  for (const [i, group] of groups.entries()) {
    if (i === groups.length - 1 && group.includes('.')) {
      const last = ipv4Bytes(group);
      if (last === undefined) return undefined;
      bytes.push(...last);
    } else {
      if (!/^[0-9a-f]{1,4}$/i.test(group)) return undefined;
      const value = parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
    }
  }
  return bytes;
}

function longestZeroRun(groups: number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  groups.forEach((group, i) => {
    if (group !== 0) start = i + 1;
    else if (i + 1 - start > best.length) best = { start, length: i + 1 - start };
  });
  return best;
}
