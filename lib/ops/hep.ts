import { addressBytes } from '../ip-address';

/** One thing that was seen, for a capture server such as Homer. */
export interface Captured {
  /** ms since the epoch. */
  at: number;
  from: { address: string; port: number };
  to: { address: string; port: number };
  transport: 'udp' | 'tcp';
  /** A SIP message, or a line of a log. */
  kind: 'sip' | 'log';
  payload: Buffer;
  /** Call-ID of the call that it belongs to. */
  correlation: string;
}

/** Who captures. */
export interface CaptureAgent {
  id: number;
  /** Of the capture server; undefined: it wants none. */
  password: string | undefined;
}

/** Chunk types of the vendor 0, generic (HEP3, "Generic chunk types"). */
const chunk = {
  family: 0x0001,
  protocol: 0x0002,
  source4: 0x0003,
  destination4: 0x0004,
  source6: 0x0005,
  destination6: 0x0006,
  sourcePort: 0x0007,
  destinationPort: 0x0008,
  seconds: 0x0009,
  microseconds: 0x000a,
  kind: 0x000b,
  agent: 0x000c,
  password: 0x000e,
  payload: 0x000f,
  correlation: 0x0011,
} as const;

/** Protocol types: what the payload is. */
const kinds = { sip: 1, log: 100 } as const;

/** Bytes of a payload: with all else it fits into a datagram. */
export const longestPayload = 60_000;

const longestCorrelation = 1000;

/**
 * A packet of HEP3 (github.com/sipcapture/HEP, "HEP3 Network Protocol Specification", rev. 36). A payload that is too long
 * is cut. @throws RangeError for what is no IP address
 */
export function hepPacket(seen: Captured, { id, password }: CaptureAgent): Buffer {
  const [source, destination] = [bytesOf(seen.from.address), bytesOf(seen.to.address)];
  const isIpv6 = source.length === 16 || destination.length === 16;
  const chunks = [
    number8(chunk.family, isIpv6 ? 10 : 2),
    number8(chunk.protocol, seen.transport === 'udp' ? 17 : 6),
    written(isIpv6 ? chunk.source6 : chunk.source4, isIpv6 ? inIpv6(source) : source),
    written(isIpv6 ? chunk.destination6 : chunk.destination4, isIpv6 ? inIpv6(destination) : destination),
    number16(chunk.sourcePort, seen.from.port),
    number16(chunk.destinationPort, seen.to.port),
    number32(chunk.seconds, Math.floor(seen.at / 1000)),
    number32(chunk.microseconds, Math.floor((seen.at % 1000) * 1000)),
    number8(chunk.kind, kinds[seen.kind]),
    number32(chunk.agent, id),
    ...(password === undefined ? [] : [written(chunk.password, Buffer.from(password))]),
    written(chunk.correlation, Buffer.from(seen.correlation.slice(0, longestCorrelation), 'latin1')),
    written(chunk.payload, seen.payload.subarray(0, longestPayload)),
  ];
  const body = Buffer.concat(chunks);
  const head = Buffer.from('HEP3\0\0');
  head.writeUInt16BE(head.length + body.length, 4);
  return Buffer.concat([head, body]);
}

function bytesOf(address: string): Buffer {
  const bytes = addressBytes(address);
  if (bytes === undefined) throw new RangeError(`${address} is no IP address.`);
  return bytes;
}

/** As an IPv4-mapped address (RFC 4291 §2.5.5.2), where the other end has an IPv6 one. */
function inIpv6(address: Buffer): Buffer {
  return address.length === 16 ? address : Buffer.concat([Buffer.from('00000000000000000000ffff', 'hex'), address]);
}

function written(type: number, value: Buffer): Buffer {
  const head = Buffer.alloc(6);
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(head.length + value.length, 4);
  return Buffer.concat([head, value]);
}

function number8(type: number, value: number): Buffer {
  return written(type, Buffer.from([value]));
}

function number16(type: number, value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return written(type, bytes);
}

function number32(type: number, value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return written(type, bytes);
}
