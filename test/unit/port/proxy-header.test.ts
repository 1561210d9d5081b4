import * as fc from 'fast-check';
import { readProxyHeader } from '../../../lib/port/proxy-header';

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
const signature = '0d0a0d0a 000d0a51 5549540a';
const client = { remote: { address: '203.0.113.9', port: 40_000 }, local: { address: '198.51.100.1', port: 80 } };
const client6 = { remote: { address: '2001:db8::9', port: 40_000 }, local: { address: '2001:db8::1', port: 443 } };
const address9 = '20010db8000000000000000000000009';
const address1 = '20010db8000000000000000000000001';

const headers: [string, Buffer, object][] = [
  ['TCP4', Buffer.from('PROXY TCP4 203.0.113.9 198.51.100.1 40000 80\r\n'), { client }],
  ['TCP6', Buffer.from('PROXY TCP6 2001:DB8:0::9 2001:db8::1 40000 443\r\n'), { client: client6 }],
  ['UNKNOWN', Buffer.from('PROXY UNKNOWN\r\n'), {}],
  ['UNKNOWN with addresses', Buffer.from('PROXY UNKNOWN ff::1 ff::2 1 2\r\n'), {}],
  ['version 2, IPv4', hex(`${signature} 2111000c cb007109 c6336401 9c40 0050`), { client }],
  ['version 2, IPv6', hex(`${signature} 21210024 ${address9} ${address1} 9c40 01bb`), { client: client6 }],
  ['version 2 with TLVs', hex(`${signature} 21110011 cb007109 c6336401 9c40 0050 0400020102`), { client }],
  ['version 2, LOCAL', hex(`${signature} 20000000`), {}],
  ['version 2, LOCAL with addresses', hex(`${signature} 2011000c cb007109 c6336401 9c40 0050`), {}],
  ['version 2, a Unix socket', hex(`${signature} 213100d8 ${'00'.repeat(216)}`), {}],
];

test.each(headers)('J7: %s is read, and says where it ends', (_, header, expected) => {
  expect(readProxyHeader(Buffer.concat([header, Buffer.from('REGISTER')]))).toEqual({
    length: header.length,
    ...expected,
  });
});

test.each(headers)('J7: %s needs all of it', (_, header) => {
  for (let length = 0; length < header.length; length++)
    expect(readProxyHeader(header.subarray(0, length))).toBeUndefined();
});

test('J7: whatever comes is none, or ends within what came', () => {
  const begins = fc.constantFrom(Buffer.alloc(0), ...headers.map(([, header]) => header.subarray(0, 16)));
  fc.assert(
    fc.property(begins, fc.uint8Array({ maxLength: 1200 }), (beginning, rest) => {
      const header = readProxyHeader(Buffer.concat([beginning, rest]));
      if (header === undefined || header === 'invalid') return;
      expect(header.length).toBeLessThanOrEqual(beginning.length + rest.length);
    }),
  );
});

test('J7: within 1 kB it is known whether it is one', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...headers),
      fc.uint8Array({ minLength: 1100, maxLength: 1100 }),
      ([, header], rest) => {
        const cut = Buffer.concat([header.subarray(0, 14), rest]);
        expect(readProxyHeader(cut)).toBeDefined();
      },
    ),
  );
});
