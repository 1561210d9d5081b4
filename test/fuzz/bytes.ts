import fc from 'fast-check';

const edit = fc.record({
  kind: fc.constantFrom('flip', 'set', 'cut', 'insert', 'remove', 'repeat'),
  at: fc.nat(),
  value: fc.nat(255),
  length: fc.nat(40),
});

type Edit = typeof edit extends fc.Arbitrary<infer T> ? T : never;

/** Random bytes, and those of the genuine ones as they are, cut off, or changed in up to six places. */
export function bytesLike(genuine: readonly Buffer[], maxLength = 400): fc.Arbitrary<Buffer> {
  return fc.oneof(
    { weight: 1, arbitrary: fc.uint8Array({ maxLength }).map((bytes) => Buffer.from(bytes)) },
    { weight: 4, arbitrary: mutated(fc.constantFrom(...genuine)) },
  );
}

export function mutated(genuine: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> {
  return fc.tuple(genuine, fc.array(edit, { maxLength: 6 })).map(([bytes, edits]) => edits.reduce(edited, bytes));
}

function edited(bytes: Buffer, { kind, at, value, length }: Edit): Buffer {
  const place = at % (bytes.length + 1);
  const before = bytes.subarray(0, place);
  const after = bytes.subarray(place);
  switch (kind) {
    case 'flip':
      return Buffer.concat([before, after.subarray(0, 1).map((byte) => byte ^ (1 << (value & 7))), after.subarray(1)]);
    case 'set':
      return Buffer.concat([before, Buffer.from([value]), after.subarray(1)]);
    case 'cut':
      return before;
    case 'insert':
      return Buffer.concat([before, Buffer.alloc(length, value), after]);
    case 'remove':
      return Buffer.concat([before, after.subarray(length)]);
    default:
      return Buffer.concat([before, after.subarray(0, length), after]);
  }
}

/** A stream whole, byte by byte, and split at places that the bytes themselves give. */
export function splitsOf(stream: Buffer): Buffer[][] {
  return [[stream], bytewise(stream), byItself(stream)];
}

function bytewise(stream: Buffer): Buffer[] {
  return Array.from(stream, (byte) => Buffer.from([byte]));
}

function byItself(stream: Buffer): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0; at < stream.length;) {
    const size = 1 + ((stream[at] ?? 0) & 31);
    chunks.push(stream.subarray(at, at + size));
    at += size;
  }
  return chunks;
}
