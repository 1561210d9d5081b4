import { readBencode, writeBencode } from './bencode';
import { jsonOf, ngOfJson } from './json';
import { commandLimits } from './limits';
import { NgDictionary, type NgValue } from './value';

const space = 0x20;

/** A message of ng: a cookie, a space, and what is said. */
export interface NgMessage {
  cookie: Buffer;
  payload: Buffer;
}

/** Undefined if there is no cookie: nobody could be answered. */
export function splitMessage(bytes: Buffer): NgMessage | undefined {
  const at = bytes.subarray(0, commandLimits.cookieBytes + 1).indexOf(space);
  if (at < 1 || bytes.length > commandLimits.bytes) return undefined;
  return { cookie: bytes.subarray(0, at), payload: bytes.subarray(at + 1) };
}

export function joinMessage({ cookie, payload }: NgMessage): Buffer {
  return Buffer.concat([cookie, Buffer.from(' '), payload]);
}

export type NgFormat = 'bencode' | 'json';

/** A command, as it is read and as it is passed on. */
export interface NgRequest {
  format: NgFormat;
  name: string;
  command: NgDictionary;
  /** Bencoded: as it came, where it came so. */
  bencode: Buffer;
}

/** What is no command, with rtpengine's own words for it. */
export interface NgFault {
  format: NgFormat;
  error: string;
}

const noDictionary = 'Could not decode bencode dictionary';

/** Reads what a client says. Faults are told as rtpengine 10.5.3 tells them. */
export function readRequest(payload: Buffer): NgRequest | NgFault {
  const first = payload.toString('latin1', 0, 1);
  if (first === 'd') return readBencoded(payload);
  if (first === '{') return readJson(payload);
  return { format: 'bencode', error: first === '' ? 'Invalid data (no payload)' : 'Invalid NG data format' };
}

function readBencoded(payload: Buffer): NgRequest | NgFault {
  try {
    const { value, at } = readBencode(payload);
    return requestOf('bencode', value, payload.subarray(0, at));
  } catch (error) {
    if (error instanceof RangeError) return { format: 'bencode', error: noDictionary };
    throw error;
  }
}

function readJson(payload: Buffer): NgRequest | NgFault {
  try {
    const value = ngOfJson(JSON.parse(payload.toString()));
    return requestOf('json', value, writeBencode(value));
  } catch (error) {
    if (error instanceof SyntaxError) return { format: 'json', error: 'Failed to parse JSON document' };
    if (error instanceof RangeError) return { format: 'json', error: noDictionary };
    throw error;
  }
}

function requestOf(format: NgFormat, command: NgValue, bencode: Buffer): NgRequest | NgFault {
  const name = command instanceof NgDictionary ? command.text('command') : undefined;
  if (!(command instanceof NgDictionary) || name === undefined)
    return { format, error: 'Dictionary contains no key "command"' };
  return { format, name, command, bencode };
}

/** @param reply bencoded, or to be */
export function writeReply(format: NgFormat, reply: Buffer | NgDictionary): Buffer {
  if (format === 'bencode') return reply instanceof Buffer ? reply : writeBencode(reply);
  return Buffer.from(jsonOf(reply instanceof Buffer ? readBencode(reply).value : reply));
}

/** @param reason rtpengine's own words, as clients know them */
export function errorReply(reason: string): NgDictionary {
  return NgDictionary.of({ result: 'error', 'error-reason': reason });
}
