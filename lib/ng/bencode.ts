import { commandLimits } from './limits';
import { isList, NgDictionary, NgInteger, type NgValue } from './value';

const [minus, colon, zero, nine] = [0x2d, 0x3a, 0x30, 0x39];
const [dictionary, list, integer, end] = [0x64, 0x6c, 0x69, 0x65];

/** What is read, and where it ends. */
interface Read<Value> {
  value: Value;
  at: number;
}

/**
 * Reads the bencoded value that bytes begin with: `i5e`, `3:abc`, `l…e`, `d3:key…e`. What follows it is not looked at.
 * @throws RangeError if there is none, or it is nested too deeply
 */
export function readBencode(bytes: Buffer): Read<NgValue> {
  return readValue(bytes, 0, 0);
}

export function writeBencode(value: NgValue): Buffer {
  const parts: Buffer[] = [];
  write(value, parts);
  return Buffer.concat(parts);
}

function readValue(bytes: Buffer, at: number, depth: number): Read<NgValue> {
  const first = bytes[at];
  if (first === integer) return readInteger(bytes, at + 1);
  if (depth >= commandLimits.depth) throw new RangeError('It is nested too deeply.');
  if (first === list) return readList(bytes, at + 1, depth + 1);
  if (first === dictionary) return readDictionary(bytes, at + 1, depth + 1);
  return readString(bytes, at);
}

function readList(bytes: Buffer, from: number, depth: number): Read<NgValue[]> {
  const value: NgValue[] = [];
  let at = from;
  while (bytes[at] !== end) {
    const item = readValue(bytes, at, depth);
    value.push(item.value);
    at = item.at;
  }
  return { value, at: at + 1 };
}

function readDictionary(bytes: Buffer, from: number, depth: number): Read<NgDictionary> {
  const entries: [Buffer, NgValue][] = [];
  let at = from;
  while (bytes[at] !== end) {
    const key = readString(bytes, at);
    const item = readValue(bytes, key.at, depth);
    entries.push([key.value, item.value]);
    at = item.at;
  }
  return { value: new NgDictionary(entries), at: at + 1 };
}

function readInteger(bytes: Buffer, from: number): Read<NgInteger> {
  const digits = bytes[from] === minus ? from + 1 : from;
  const at = afterDigits(bytes, digits, end);
  return { value: new NgInteger(bytes.toString('latin1', from, at - 1)), at };
}

function readString(bytes: Buffer, from: number): Read<Buffer> {
  const begin = afterDigits(bytes, from, colon);
  const at = begin + Number(bytes.toString('latin1', from, begin - 1));
  if (at > bytes.length) throw new RangeError('It ends within a string.');
  return { value: bytes.subarray(begin, at), at };
}

/** Where what follows a number and `last` begins. As rtpengine has it, no number but 0 begins with 0. */
function afterDigits(bytes: Buffer, from: number, last: number): number {
  let at = from;
  while (isDigit(bytes[at]) && at - from < commandLimits.digits) at += 1;
  if (at === from || bytes[at] !== last) throw new RangeError('It has no number where one belongs.');
  if (bytes[from] === zero && at - from > 1) throw new RangeError('It has a number that begins with 0.');
  return at + 1;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= zero && byte <= nine;
}

function write(value: NgValue, parts: Buffer[]): void {
  if (isList(value)) {
    parts.push(Buffer.from('l'));
    for (const item of value) write(item, parts);
    parts.push(Buffer.from('e'));
  } else if (value instanceof NgInteger) parts.push(Buffer.from(`i${value.digits}e`));
  else if (value instanceof NgDictionary) {
    parts.push(Buffer.from('d'));
    for (const [key, item] of value.entries) {
      write(key, parts);
      write(item, parts);
    }
    parts.push(Buffer.from('e'));
  } else parts.push(Buffer.from(`${value.length}:`), value);
}
