import fc from 'fast-check';
import { Deframer, framed } from '../../../lib/ice/deframer';

function collect(limit: number, chunks: Buffer[], stopAfter = Infinity) {
  const frames: Buffer[] = [];
  const tooLong: number[] = [];
  const deframer = new Deframer(limit, {
    frame: (frame) => frames.push(Buffer.from(frame)) < stopAfter,
    frameTooLong: (header) => void tooLong.push(header),
  });
  for (const chunk of chunks) deframer.push(chunk);
  return { frames, tooLong };
}

/** Cuts the stream at the given places. */
function split(stream: Buffer, cuts: number[]): Buffer[] {
  const places = [0, ...cuts.map((cut) => cut % (stream.length + 1)).sort((a, b) => a - b), stream.length];
  return places.slice(1).map((end, i) => stream.subarray(places[i], end));
}

const packets = fc.array(
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  { maxLength: 12 },
);

test('D1: however the stream is split and merged, the frames are the same; those of length 0 are legal', () => {
  fc.assert(
    fc.property(packets, fc.array(fc.nat(), { maxLength: 30 }), (sent, cuts) => {
      const stream = Buffer.concat(sent.map(framed));
      const expected = sent.filter(({ length }) => length > 0);
      expect(collect(300, split(stream, cuts)).frames).toEqual(expected);
    }),
  );
});

test('D1: byte by byte', () => {
  const sent = [Buffer.from('one'), Buffer.alloc(700, 2), Buffer.from('3')];
  const bytes = [...Buffer.concat(sent.map(framed))].map((byte) => Buffer.from([byte]));
  expect(collect(700, bytes).frames).toEqual(sent);
});

test('D10: a longer frame is refused on its header, and nothing is read after it', () => {
  const stream = Buffer.concat([
    framed(Buffer.from('good')),
    Buffer.from([0, 5]),
    Buffer.from('12345'),
    framed(Buffer.from('more')),
  ]);
  for (const chunks of [[stream], [...stream].map((byte) => Buffer.from([byte]))]) {
    expect(collect(4, chunks)).toEqual({ frames: [Buffer.from('good')], tooLong: [5] });
  }
});

test('stops when its connection was closed on a frame', () => {
  const stream = Buffer.concat(['a', 'b', 'c'].map((text) => framed(Buffer.from(text))));
  expect(collect(10, [stream, stream], 2).frames).toEqual([Buffer.from('a'), Buffer.from('b')]);
});

test('a frame that lies in one chunk is not copied', () => {
  const chunk = framed(Buffer.from('view'));
  let view: Buffer | undefined;
  new Deframer(10, { frame: (frame) => Boolean((view = frame)), frameTooLong: () => undefined }).push(chunk);
  chunk.write('VIEW', 2);
  expect(view?.toString()).toBe('VIEW');
});

test('a frame has its length in front, big-endian; what no header can announce is refused', () => {
  expect(framed(Buffer.alloc(258, 7)).subarray(0, 3)).toEqual(Buffer.from([1, 2, 7]));
  expect(() => framed(Buffer.alloc(65536))).toThrow(/65536/);
});
