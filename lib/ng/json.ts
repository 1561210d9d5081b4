import { commandLimits } from './limits';
import { isList, NgDictionary, NgInteger, type NgValue } from './value';

/**
 * What JSON says, in the values of ng: rtpengine, too, knows strings, integers, lists and dictionaries alone.
 * @throws RangeError of other values, and of too deep nesting
 */
export function ngOfJson(value: unknown, depth = 0): NgValue {
  if (typeof value === 'string') return Buffer.from(value);
  if (typeof value === 'number' && Number.isSafeInteger(value)) return new NgInteger(String(value));
  if (typeof value !== 'object' || value === null) throw new RangeError('It is no value of ng.');
  if (depth >= commandLimits.depth) throw new RangeError('It is nested too deeply.');
  if (Array.isArray(value)) return value.map((item) => ngOfJson(item, depth + 1));
  return new NgDictionary(Object.entries(value).map(([key, item]) => [Buffer.from(key), ngOfJson(item, depth + 1)]));
}

/** As JSON text. Bytes that are no UTF-8 cannot be told in it. */
export function jsonOf(value: NgValue): string {
  if (isList(value)) return `[${value.map(jsonOf).join(',')}]`;
  if (value instanceof NgInteger) return String(BigInt(value.digits));
  if (!(value instanceof NgDictionary)) return JSON.stringify(value.toString());
  return `{${value.entries.map(([key, item]) => `${jsonOf(key)}:${jsonOf(item)}`).join(',')}}`;
}
