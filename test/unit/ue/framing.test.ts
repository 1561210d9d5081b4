import fc from 'fast-check';
import { Deframer, frame } from '../../../lib/ue/framing';

describe('RFC 4571 frames of the UE', () => {
  it('put the length in front, big-endian', () => {
    expect(frame(Buffer.alloc(258, 7)).subarray(0, 3)).toEqual(Buffer.from([1, 2, 7]));
  });

  it('refuse a packet that does not fit', () => {
    expect(() => frame(Buffer.alloc(65536))).toThrow(/65536 bytes/);
  });

  it('D1: come out whole, wherever the stream was split', () => {
    const packet = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(fc.array(packet, { maxLength: 8 }), fc.array(fc.nat(7)), (packets, cuts) => {
        const stream = Buffer.concat(packets.map(frame));
        const deframer = new Deframer();
        const received: Buffer[] = [];
        let offset = 0;
        for (const cut of [...cuts, stream.length]) {
          received.push(...deframer.push(stream.subarray(offset, offset + cut)));
          offset += cut;
        }
        expect(received).toEqual(packets);
      }),
    );
  });
});
