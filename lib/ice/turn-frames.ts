import { randomBytes } from 'node:crypto';
import { magicCookie, readXorMappedAddress, xorMappedAddressAttribute } from './stun-attribute';
import { headerLength, padded, parseStun } from './stun-message';
import type { TransportAddress } from './transport-address';

/*
 *   0                   1                   2                   3      RFC 8656 §12.4: ChannelData; over TCP
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1    with 0 to 3 bytes of padding behind
 *  +---+---------------------------+-------------------------------+  (§12.5), which do not count as length
 *  |0 1|      channel number       |   length without this header  |
 *  +---+---------------------------+-------------------------------+
 *  |   data …
 */
export const channelHeaderBytes = 4;

/** Send and Data (RFC 8656 §17), which are indications; and their attributes (§18). */
const sendMethod = 0x006;
const dataIndicationType = 0x0017;
const xorPeerAddress = 0x0012;
const data = 0x0013;

const attributeHeaderBytes = 4;

/** More does not fit into a Data indication to a peer of either family. */
export const longestData = 0xffff - 32 - 3;

/** What a UE sends to a peer by a Send indication. */
export interface SentData {
  to: TransportAddress;
  data: Buffer;
}

export function channelData(channel: number, packet: Buffer): Buffer {
  const frame = Buffer.alloc(channelHeaderBytes + padded(packet.length));
  frame.writeUInt16BE(channel, 0);
  frame.writeUInt16BE(packet.length, 2);
  packet.copy(frame, channelHeaderBytes);
  return frame;
}

/** The data last, so that it is found by what stands before it. */
export function dataIndication(peer: TransportAddress, packet: Buffer): Buffer {
  const transactionId = randomBytes(12);
  const { value } = xorMappedAddressAttribute(peer, transactionId);
  const start = headerLength + 2 * attributeHeaderBytes + value.length;
  const message = Buffer.alloc(start + padded(packet.length));
  message.writeUInt16BE(dataIndicationType, 0);
  message.writeUInt16BE(message.length - headerLength, 2);
  message.writeUInt32BE(magicCookie, 4);
  transactionId.copy(message, 8);
  message.writeUInt16BE(xorPeerAddress, headerLength);
  message.writeUInt16BE(value.length, headerLength + 2);
  message.set(value, headerLength + attributeHeaderBytes);
  message.writeUInt16BE(data, start - attributeHeaderBytes);
  message.writeUInt16BE(packet.length, start - 2);
  packet.copy(message, start);
  return message;
}

/** Whether a frame is STUN, and not ChannelData (RFC 8656 §12). */
export function isMessage(frame: Buffer): boolean {
  return (frame[0] ?? 0) < 0x40;
}

/** The packet in what `channelData` or `dataIndication` wrote. */
export function packetIn(frame: Buffer): Buffer {
  const isStun = isMessage(frame);
  const address = isStun ? attributeHeaderBytes + frame.readUInt16BE(headerLength + 2) : 0;
  const start = isStun ? headerLength + address + attributeHeaderBytes : channelHeaderBytes;
  return frame.subarray(start, start + frame.readUInt16BE(start - 2));
}

/**
 * Undefined of all but a Send indication with an address, data and else nothing that has to be understood: those ask for
 * more than to be sent on (RFC 8656 §11.2).
 */
export function readSend(bytes: Buffer): SentData | undefined {
  const message = parseStun(bytes);
  if ('fault' in message || message.class !== 'indication' || message.method !== sendMethod) return undefined;
  const required = message.attributes.filter(({ type }) => type < 0x8000);
  const of = (wanted: number) => required.find(({ type }) => type === wanted)?.value;
  const [peer, packet] = [of(xorPeerAddress), of(data)];
  if (peer === undefined || packet === undefined || required.length !== 2) return undefined;
  const to = readXorMappedAddress(peer, message.transactionId);
  return to && { to, data: packet };
}
