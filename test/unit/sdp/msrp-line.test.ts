import { isMsrp, readMsrpLine, withMsrpPlace } from '../../../lib/sdp/msrp-line';
import { sectionOf, textsIn } from './texts';

const section = sectionOf([
  'm=message 9 TCP/MSRP *',
  'i=files',
  'c=IN IP4 10.0.0.5',
  'a=accept-types:text/plain message/cpim',
  'a=accept-wrapped-types:*',
  'a=path:msrp://10.0.0.5:7777/s1dn;tcp',
  'a=setup:actpass',
  'a=connection:new',
  'a=ice-ufrag:ueUF',
  'a=ice-pwd:uepwduepwduepwduepwd12',
  'a=candidate:1 1 TCP 1518280447 10.0.0.5 9 typ host tcptype active',
  'a=file-selector:name:"a.jpg"',
  'a=msrp-cema',
]);

test.each([
  ['TCP/MSRP', true],
  ['tcp/tls/msrp', true],
  ['RTP/AVP', false],
  ['TCP/MSRPS', false],
])('H1: %s is MSRP: %s', (transport, expected) => {
  expect(isMsrp(transport)).toBe(expected);
});

test('H5 H8 H11: what a line says: TLS, setup, CEMA and path', () => {
  expect(readMsrpLine(section)).toEqual({
    ...{ isTls: false, setup: 'actpass', hasCema: true },
    path: ['msrp://10.0.0.5:7777/s1dn;tcp'],
  });
  expect(
    readMsrpLine(
      sectionOf([
        'm=message 9 TCP/TLS/MSRP *',
        'a=setup:holdconn',
        'a=path:msrps://r.example:1/a;tcp msrps://b:2/c;tcp',
      ]),
    ),
  ).toEqual({
    ...{ isTls: true, setup: undefined, hasCema: false },
    path: ['msrps://r.example:1/a;tcp', 'msrps://b:2/c;tcp'],
  });
});

test('H1 H8: another place is written; what is accepted, and the path of a CEMA peer, are untouched', () => {
  const place = { address: '192.0.2.1', port: 50000, setup: 'actpass', path: undefined } as const;
  expect(textsIn(withMsrpPlace(section, place))).toEqual([
    'm=message 50000 TCP/MSRP *',
    'i=files',
    'c=IN IP4 192.0.2.1',
    'a=accept-types:text/plain message/cpim',
    'a=accept-wrapped-types:*',
    'a=path:msrp://10.0.0.5:7777/s1dn;tcp',
    'a=file-selector:name:"a.jpg"',
    'a=msrp-cema',
    'a=setup:actpass',
  ]);
});

test('H9: for a peer without CEMA the path leads there too', () => {
  const path = 'msrp://192.0.2.1:50000/s1dn;tcp';
  const written = textsIn(withMsrpPlace(section, { address: '2001:db8::1', port: 80, setup: 'passive', path }));
  expect(written).toContain('a=path:msrp://192.0.2.1:50000/s1dn;tcp');
  expect(written).toContain('c=IN IP6 2001:db8::1');
  expect(written.join()).not.toMatch(/10\.0\.0\.5|cema|candidate/);
});
