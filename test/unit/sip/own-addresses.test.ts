import type { Egress } from '../../../lib/sip/egress';
import { ToldAddresses } from '../../../lib/sip/own-addresses';

const token = 'x'.repeat(40);
const egress = { entry: (address: string) => (address === '2001:db8::2' ? '[2001:db8::2]:7000' : undefined) } as Egress;
const access = ['sip:198.51.100.1;transport=udp,tcp', 'sip:[2001:db8::1]:5070'];
const contacts = {
  accessContacts: access,
  publicContacts: ['sips:edge.example'],
  coreContacts: ['sip:192.0.2.1:5060'],
};
const own = new ToldAddresses(contacts, egress);

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

test.each([
  ['198.51.100.1:5060', 'access'],
  ['2001:db8::1:5070', 'access'],
  ['[2001:DB8::1]:5070', 'access'],
  ['192.0.2.1:5060', 'core'],
  ['192.0.2.1:5061', undefined],
  ['edge.example:5061', undefined],
  ['203.0.113.1:5060', undefined],
  [undefined, undefined],
])('what came on %s is of the side %s', (receivedOn, side) => {
  expect(own.sideOf(receivedOn)).toBe(side);
});

test('a contact of the access listener that is one of the server, too, is of its side', () => {
  expect(new ToldAddresses({ ...contacts, publicContacts: access }, egress).sideOf('198.51.100.1:5060')).toBe('access');
});

test('one address for both sides is refused, and so is none for the core', () => {
  const both = () => new ToldAddresses({ ...contacts, coreContacts: ['sip:198.51.100.1'] }, egress);
  expect(both).toThrow('both an access and a core contact');
  expect(() => new ToldAddresses({ ...contacts, coreContacts: [] }, egress)).toThrow('no core contact');
});
