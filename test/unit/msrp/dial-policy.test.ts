import { mayDial } from '../../../lib/msrp/dial-policy';

const policy = {
  own: ['192.0.2.1', '10.9.9.9', '2001:db8::1'],
  ports: { first: 50_000, last: 50_999 },
  isLocal: false,
};

test.each([
  ['a core', '198.51.100.7', 2855, true],
  ['a core with IPv6', '2001:db8::7', 2855, true],
  ['loopback', '127.0.0.1', 2223, false],
  ['loopback in the spelling of IPv6', '::ffff:127.0.0.1', 2223, false],
  ['all of loopback', '127.3.2.1', 2223, false],
  ['loopback of IPv6', '::1', 2223, false],
  ['no address, which is loopback to the kernel', '0.0.0.0', 2223, false],
  ['no address of IPv6', '::', 2223, false],
  ['the metadata service of a cloud', '169.254.169.254', 80, false],
  ['a link-local address', 'fe80::1', 2855, false],
  ['multicast', '239.1.1.1', 2855, false],
  ['multicast of IPv6', 'ff02::1', 2855, false],
  ['a control port at an address of ours', '10.9.9.9', 9022, false],
  ['the same of IPv6', '2001:0db8:0::1', 9022, false],
  ['an MSRP port of ours: another UE of this edge', '192.0.2.1', 50_001, true],
  ['a name', 'msrp.example.com', 2855, false],
  ['a number that the resolver takes for an address', '2130706433', 2855, false],
  ['port 0', '198.51.100.7', 0, false],
  ['a port that is none', '198.51.100.7', 65_536, false],
])('H7: whether a peer may have us connect to %s (%s port %i): %s', (_name, address, port, expected) => {
  expect(mayDial({ address, port }, policy)).toBe(expected);
});

test.each([
  ['127.0.0.1', true],
  ['192.0.2.1', true],
  ['0.0.0.0', false],
])('H7: peers on this machine may name any port of it: %s: %s', (address, expected) => {
  expect(mayDial({ address, port: 2855 }, { ...policy, isLocal: true })).toBe(expected);
});
