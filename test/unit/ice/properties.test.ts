import fc from 'fast-check';
import { buildBindingSuccess, xorMappedAddress } from '../../../lib/ice/binding';
import {
  buildStun,
  parseStun,
  verifyFingerprint,
  verifyIntegrity,
  type StunMessage,
} from '../../../lib/ice/stun-message';
import { normalAddress } from '../../../lib/ip-address';

const transactionId = fc.uint8Array({ minLength: 12, maxLength: 12 });
const pwd = 'thePasswordOfTheStream';
const draft = fc.record({
  class: fc.constantFrom('request', 'indication', 'success', 'error'),
  method: fc.nat(0xfff),
  transactionId,
  attributes: fc.array(
    // None of those that end what is protected.
    fc.record({
      type: fc.constantFrom(0x0006, 0x0024, 0x7fff, 0x8022, 0xffff),
      value: fc.uint8Array({ maxLength: 50 }),
    }),
    { maxLength: 6 },
  ),
  algorithm: fc.constantFrom('sha1', 'sha256'),
});

test('C2: what is written is read, with integrity and FINGERPRINT', () => {
  fc.assert(
    fc.property(draft, (written) => {
      const read = parseStun(buildStun({ ...written, key: pwd })) as StunMessage;
      expect(read).toMatchObject({ class: written.class, method: written.method });
      expect([...read.transactionId]).toEqual([...written.transactionId]);
      const attributes = read.attributes.slice(0, -2).map(({ type, value }) => ({ type, value: [...value] }));
      expect(attributes).toEqual(written.attributes.map(({ type, value }) => ({ type, value: [...value] })));
      expect(verifyIntegrity(read, pwd)).toBe(true);
      expect(verifyIntegrity(read, `${pwd}x`)).toBe(false);
      expect(verifyFingerprint(read)).toBe(true);
    }),
  );
});

test('C2: any one bit that is flipped is noticed', () => {
  fc.assert(
    fc.property(draft, fc.nat(), (written, place) => {
      const bytes = buildStun({ ...written, key: pwd });
      bytes[(place >> 3) % bytes.length]! ^= 1 << (place & 7);
      const read = parseStun(bytes);
      expect('fault' in read || !verifyFingerprint(read)).toBe(true);
    }),
  );
});

test('C5: any address of both families is told as it is', () => {
  fc.assert(
    fc.property(transactionId, fc.oneof(fc.ipV4(), fc.ipV6()), fc.nat(65535), (id, address, port) => {
      const bytes = buildBindingSuccess(id, { address, port }, { password: pwd, algorithm: 'sha1' });
      expect(xorMappedAddress(parseStun(bytes) as StunMessage)).toEqual({ address: normalAddress(address), port });
    }),
  );
});
