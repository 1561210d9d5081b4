import { isIP } from 'node:net';
import type { TransportAddress } from '../ice/transport-address';
import { addressText, normalAddress } from '../ip-address';

/** What a proxy says of a connection that it passes on, before anything of the client (the PROXY protocol of HAProxy, v1 and v2). */
export interface ProxyHeader {
  /** Bytes of the header. */
  length: number;
  /** Unset: the connection is the proxy's own, or of a client whose address has no TCP. */
  client?: { remote: TransportAddress; local: TransportAddress };
}

/** The longest line of version 1, CR LF included. */
const longestLine = 107;

/** CR LF CR LF NUL CR LF QUIT LF, before all of version 2. */
const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const fixedBytes = 16;

/** The longest header of version 2 that is taken: addresses, and some of what may follow them (TLVs). */
const longestHeader = 1024;

/** Undefined while more of it has to come; `invalid`: it is none. */
export function readProxyHeader(bytes: Buffer): ProxyHeader | 'invalid' | undefined {
  const known = Math.min(bytes.length, signature.length);
  if (known > 0 && bytes.subarray(0, known).equals(signature.subarray(0, known))) return readBinary(bytes);
  return readLine(bytes.toString('latin1', 0, longestLine));
}

/** Version 1: `PROXY TCP4 source destination sourcePort destinationPort`, or `PROXY UNKNOWN` and anything. */
function readLine(text: string): ProxyHeader | 'invalid' | undefined {
  const prefix = 'PROXY ';
  if (!text.startsWith(prefix.slice(0, text.length))) return 'invalid';
  const end = text.indexOf('\r\n');
  if (end < 0) return text.length < longestLine ? undefined : 'invalid';
  const length = end + 2;
  const [family, source = '', destination = '', sourcePort, destinationPort, ...rest] = text
    .slice(prefix.length, end)
    .split(' ');
  if (family === 'UNKNOWN') return { length };
  const version = family === 'TCP4' ? 4 : family === 'TCP6' ? 6 : undefined;
  if (version === undefined || isIP(source) !== version || isIP(destination) !== version) return 'invalid';
  const [remote, local] = [placeOf(source, sourcePort), placeOf(destination, destinationPort)];
  if (remote === undefined || local === undefined || rest.length > 0) return 'invalid';
  return { length, client: { remote, local } };
}

function placeOf(address: string, port = ''): TransportAddress | undefined {
  if (!/^(0|[1-9]\d{0,4})$/.test(port) || Number(port) > 0xffff) return undefined;
  return { address: normalAddress(address), port: Number(port) };
}

/*
 *  13th byte: version (2) and command (0 LOCAL, 1 PROXY); 14th: family (1 IPv4, 2 IPv6) and protocol (1 TCP);
 *  15th and 16th: length of what follows: source, destination, source port, destination port, TLVs
 */
function readBinary(bytes: Buffer): ProxyHeader | 'invalid' | undefined {
  const [version, family, high, low] = bytes.subarray(signature.length);
  if (version === undefined) return undefined;
  if (version !== 0x20 && version !== 0x21) return 'invalid';
  if (family === undefined || high === undefined || low === undefined) return undefined;
  const length = fixedBytes + ((high << 8) | low);
  const addressBytes = family === 0x11 ? 4 : family === 0x21 ? 16 : undefined;
  if (length > longestHeader) return 'invalid';
  if (version === 0x20 || addressBytes === undefined) return bytes.length < length ? undefined : { length };
  if (length < fixedBytes + 2 * addressBytes + 4) return 'invalid';
  if (bytes.length < length) return undefined;
  const place = (index: number) => {
    const at = fixedBytes + index * addressBytes;
    const port = bytes.readUInt16BE(fixedBytes + 2 * addressBytes + 2 * index);
    return { address: normalAddress(addressText(bytes.subarray(at, at + addressBytes))), port };
  };
  return { length, client: { remote: place(0), local: place(1) } };
}
