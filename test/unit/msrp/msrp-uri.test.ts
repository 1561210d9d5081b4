import { msrpUriAt } from '../../../lib/msrp/msrp-uri';

test.each([
  ['msrp://10.0.0.5:7777/s1dn;tcp', 'msrp://192.0.2.1:80/s1dn;tcp'],
  ['msrps://alice@a.example:1/s;tcp;x=y', 'msrps://192.0.2.1:80/s;tcp;x=y'],
  ['msrp://[2001:db8::2]:7777/s;tcp', 'msrp://192.0.2.1:80/s;tcp'],
  ['msrp://a.example/s;tcp', 'msrp://192.0.2.1:80/s;tcp'],
  ['http://a.example:1/s;tcp', undefined],
  ['', undefined],
])('H9: the URI %s at another place is %s', (uri, expected) => {
  expect(msrpUriAt(uri, { address: '192.0.2.1', port: 80 })).toBe(expected);
});

test('H9: the place may be an IPv6 address', () => {
  expect(msrpUriAt('msrp://a.example:1/s;tcp', { address: '2001:db8::1', port: 80 })).toBe(
    'msrp://[2001:db8::1]:80/s;tcp',
  );
});
