import fc from 'fast-check';
import { addressBytes, addressText, isLoopback, normalAddress } from '../../lib/ip-address';

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::FFFF:c000:201', '192.0.2.1'],
  ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
  ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['::', '::'],
  ['::1', '::1'],
  ['1::', '1::'],
  ['fe80::1%eth0', 'fe80::1'],
  ['example.org', 'example.org'],
])('%s is spelled %s', (given, expected) => {
  expect(normalAddress(given)).toBe(expected);
});

test.each(['', '1.2.3', '1.2.3.256', '1.2.3.4.5', ':::', '1::2::3', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', 'g::', ':1'])(
  '%p is no address',
  (text) => {
    expect(addressBytes(text)).toBeUndefined();
  },
);

test('what is loopback', () => {
  const told = ['127.0.0.1', '127.8.9.10', '::1', '::ffff:127.0.0.1', '128.0.0.1', '::2', '127.example.org', ''].filter(
    isLoopback,
  );
  expect(told).toEqual(['127.0.0.1', '127.8.9.10', '::1', '::ffff:127.0.0.1']);
});

test('bytes to text and back', () => {
  fc.assert(
    fc.property(fc.constantFrom(4, 16), fc.uint8Array({ minLength: 16, maxLength: 16 }), (length, bytes) => {
      const address = Buffer.from(bytes.subarray(0, length));
      if (length === 16) address[0] = 0x20;
      expect(addressBytes(addressText(address))).toEqual(address);
    }),
  );
});
