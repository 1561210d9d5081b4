/**
 * What ng messages are made of. A string is bytes, an integer its digits, and a dictionary keeps the order of its keys:
 * what is not understood is written as it was read.
 */
export type NgValue = Buffer | NgInteger | readonly NgValue[] | NgDictionary;

export class NgInteger {
  /** With its sign, if it has one. */
  readonly digits: string;

  constructor(digits: string) {
    this.digits = digits;
  }
}

type Entry = readonly [key: Buffer, value: NgValue];

export class NgDictionary {
  readonly entries: readonly Entry[];

  constructor(entries: readonly Entry[]) {
    this.entries = entries;
  }

  /** With ASCII keys and string values. */
  static of(values: Readonly<Record<string, NgValue | string>>): NgDictionary {
    const valueOf = (value: NgValue | string) => (typeof value === 'string' ? bytesOf(value) : value);
    return new NgDictionary(Object.entries(values).map(([key, value]) => [bytesOf(key), valueOf(value)]));
  }

  /** The first value under one of these keys, as rtpengine takes it. */
  get(...keys: readonly string[]): NgValue | undefined {
    return this.entries.find(([key]) => keys.includes(textOf(key)))?.[1];
  }

  /** The text under one of these keys; undefined if it is no string. */
  text(...keys: readonly string[]): string | undefined {
    const value = this.get(...keys);
    return value instanceof Buffer ? textOf(value) : undefined;
  }

  /** The words under one of these keys: a list of strings, or a string of one word; empty if there are none. */
  words(...keys: readonly string[]): string[] {
    const value = this.get(...keys);
    if (value instanceof Buffer) return [textOf(value)];
    return isList(value) ? value.flatMap((each) => (each instanceof Buffer ? [textOf(each)] : [])) : [];
  }

  /** With this value in the place of that under the key, or at the end. */
  with(key: string, value: NgValue | string): NgDictionary {
    const bytes = typeof value === 'string' ? bytesOf(value) : value;
    const at = this.entries.findIndex(([each]) => textOf(each) === key);
    if (at === -1) return new NgDictionary([...this.entries, [bytesOf(key), bytes]]);
    return new NgDictionary(this.entries.map((entry, index) => (index === at ? [entry[0], bytes] : entry)));
  }

  without(...keys: readonly string[]): NgDictionary {
    return new NgDictionary(this.entries.filter(([key]) => !keys.includes(textOf(key))));
  }

  /** With each value as `change` has it. */
  map(change: (value: NgValue, key: string) => NgValue): NgDictionary {
    return new NgDictionary(this.entries.map(([key, value]) => [key, change(value, textOf(key))]));
  }
}

export function isList(value: NgValue | undefined): value is readonly NgValue[] {
  return Array.isArray(value);
}

/** A character for each byte, so that nothing is lost on the way to text and back. */
export function textOf(bytes: Buffer): string {
  return bytes.toString('latin1');
}

function bytesOf(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}
