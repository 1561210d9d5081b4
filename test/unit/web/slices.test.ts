import { once } from 'node:events';
import { duplexPair, type Duplex } from 'node:stream';
import { Slices } from '../../../lib/web/slices';

/** What duplexPair makes is no more than a stream, as a TLS connection is. */
function pair(): { far: Duplex; near: Duplex; slices: Slices } {
  const [near, far] = duplexPair({ highWaterMark: 1_000_000 });
  return { far, near, slices: new Slices(near) };
}

/** 64 KiB that are told from each other. */
const much = Buffer.from(Array.from({ length: 65_536 }, (_each, index) => (index * 7) % 251));

describe('J2: a connection read in slices', () => {
  test('loses nothing, and its end is read', async () => {
    const { far, slices } = pair();
    const read: Buffer[] = [];
    slices.on('data', (slice: Buffer) => read.push(slice));
    far.end(much);
    await once(slices, 'end');
    expect(Buffer.concat(read).equals(much)).toBe(true);
    expect(Math.max(...read.map(({ length }) => length))).toBe(1024);
  });

  test('nothing is taken from the connection while nobody reads', async () => {
    const { far, near, slices } = pair();
    far.write(much);
    await new Promise(setImmediate);
    expect([slices.readableLength, near.readableLength]).toEqual([0, much.length]);
  });

  test('who destroys it at the first slice reads no other, and the connection ends', async () => {
    const { far, near, slices } = pair();
    let read = 0;
    slices.on('data', ({ length }: Buffer) => {
      read += length;
      slices.destroy();
    });
    far.write(much);
    await once(near, 'close');
    expect(read).toBe(1024);
  });

  test('what is written together goes in one piece', async () => {
    const { far, slices } = pair();
    const pieces: string[] = [];
    far.on('data', (piece: Buffer) => pieces.push(piece.toString()));
    slices.cork();
    for (const piece of ['head', 'payload']) slices.write(piece);
    slices.uncork();
    slices.end();
    await once(far, 'end');
    expect(pieces).toEqual(['headpayload']);
  });

  test.each([
    ['fails', new Error('reset')],
    ['is closed', undefined],
  ])('of a connection that %s, all that came is read, then it is over', async (_what, fault) => {
    const { far, near, slices } = pair();
    let read = 0;
    slices.on('data', ({ length }: Buffer) => (read += length));
    far.write(much);
    await once(near, 'data');
    near.destroy(fault);
    await once(slices, 'close');
    expect(read).toBe(much.length);
  });
});
