import type { Egress } from '../../../lib/sip/egress';
import { OwnAddresses } from '../../../lib/sip/own-addresses';

const token = 'x'.repeat(40);
const egress = { entry: (address: string) => (address === '2001:db8::2' ? '[2001:db8::2]:7000' : undefined) } as Egress;
const contact = { address: '192.0.2.1', port: 5060, transports: ['udp'], isSecure: false };
const own = new OwnAddresses([contact, { ...contact, address: 'edge.example', port: 5061 }], egress);

test.each([
  ['sip:bob@192.0.2.1', true],
  ['sip:192.0.2.1:5060;transport=tcp', true],
  ['sip:bob@192.0.2.1:5070', false],
  ['sips:bob@EDGE.example', true],
  ['sip:bob@[2001:db8::2]:7000', true],
  ['sip:bob@[2001:db8::2]', false],
  [`sip:${token}@192.0.2.1`, false],
  ['sip:bob@ims.example', false],
  ['tel:+15550100', false],
  ['nonsense', false],
])('%s means this edge itself: %p', (uri, isForUs) => {
  expect(own.isForUs(uri)).toBe(isForUs);
});

test('the user part of a URI that names this edge is read, and of no other', () => {
  expect(own.userOf(`sip:${token}@192.0.2.1:5060;lr`)).toBe(token);
  expect(own.userOf(`sip:${token}@[2001:db8::2]:7000;lr`)).toBe(token);
  expect([own.userOf(`sip:${token}@192.0.2.9`), own.userOf('sip:192.0.2.1'), own.userOf(undefined)]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});
