import fc from 'fast-check';
import { MediaQueue } from '../../../lib/gateway/media-queue';

function queue(maxAge: number, maxBytes: number, maxFrames?: number) {
  const drops = { 'queue-age': 0, 'queue-bytes': 0 };
  const media = new MediaQueue(maxAge, maxBytes, (reason, frames) => (drops[reason] += frames), maxFrames);
  return { media, drops };
}

const frame = (id: number, size = 10) => Buffer.alloc(size, id);

test('E7: what waited longer than the bound is dropped, oldest first', () => {
  const { media, drops } = queue(200, 1000);
  for (let i = 0; i < 5; i++) media.push(frame(i), i * 100);
  expect(drops).toEqual({ 'queue-age': 2, 'queue-bytes': 0 });
  expect(media.shift(400)).toEqual(frame(2));
  expect(media.shift(550)).toEqual(frame(4));
  expect(media.shift(550)).toBeUndefined();
  expect(drops).toEqual({ 'queue-age': 3, 'queue-bytes': 0 });
  expect(media.bytes).toBe(0);
});

test('E7: more bytes than the bound drop the oldest whole frames', () => {
  const { media, drops } = queue(200, 35);
  for (let i = 0; i < 5; i++) media.push(frame(i), 0);
  expect(drops).toEqual({ 'queue-age': 0, 'queue-bytes': 2 });
  expect(media.length).toBe(3);
  expect(media.shift(0)).toEqual(frame(2));
});

test('C17: more frames than the bound drop the oldest', () => {
  const { media, drops } = queue(200, 1000, 3);
  for (let i = 0; i < 5; i++) media.push(frame(i), 0);
  expect(drops).toEqual({ 'queue-age': 0, 'queue-bytes': 2 });
  expect(media.shift(0)).toEqual(frame(2));
});

test('E7: the bounds hold whatever comes, order is kept, and nothing is lost or counted wrong', () => {
  const step = fc.record({ push: fc.boolean(), size: fc.integer({ min: 1, max: 50 }), pause: fc.nat(60) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 600 }), (steps) => {
      const { media, drops } = queue(100, 400);
      let now = 0;
      let pushed = 0;
      let shifted = 0;
      const kept: { bytes: Buffer; arrival: number }[] = [];
      for (const { push, size, pause } of steps) {
        now += pause;
        if (push) {
          kept.push({ bytes: frame(pushed++ & 0xff, size), arrival: now });
          media.push(kept.at(-1)!.bytes, now);
        } else {
          const taken = media.shift(now);
          if (taken !== undefined) {
            shifted += 1;
            const left = media.length + 1;
            expect(kept.at(-left)!.bytes).toBe(taken);
            expect(now - kept.at(-left)!.arrival).toBeLessThanOrEqual(100);
          }
        }
        kept.splice(0, kept.length - media.length);
        expect(media.bytes).toBe(kept.reduce((sum, { bytes }) => sum + bytes.length, 0));
        expect(media.bytes).toBeLessThanOrEqual(400);
        expect(pushed).toBe(shifted + media.length + drops['queue-age'] + drops['queue-bytes']);
      }
    }),
  );
});

test('E7: stays small in memory over many frames', () => {
  const { media } = queue(100, 100_000);
  for (let i = 0; i < 5000; i++) {
    media.push(frame(i & 0xff), i);
    if (i >= 300) media.shift(i);
  }
  expect(media.length).toBeLessThanOrEqual(300);
});
