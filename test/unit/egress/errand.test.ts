import { checkedErrand, nextHopOf } from '../../../lib/egress/errand';

describe('an errand', () => {
  const plain = { nextHop: 'sip:192.0.2.1', routes: [] };

  test.each([
    ['sip:192.0.2.1', { host: '192.0.2.1', port: undefined, transport: 'udp' }],
    ['sip:scscf.example:5070;transport=TCP;lr', { host: 'scscf.example', port: 5070, transport: 'tcp' }],
    ['sip:[2001:db8::1]:5060', { host: '2001:db8::1', port: 5060, transport: 'udp' }],
  ])('goes to %s', (uri, hop) => {
    expect(nextHopOf(uri)).toEqual(hop);
  });

  test.each(['sips:a.example', 'sip:a.example;maddr=192.0.2.1', 'sip:a.example;transport=tls'])(
    'cannot go to %s',
    (uri) => {
      expect(() => nextHopOf(uri)).toThrow(expect.objectContaining({ code: 'egress-unsupported', sipStatus: 502 }));
    },
  );

  test.each(['tel:+1', 'a.example', '', 'sip:a.example\r\nX: y', 'sip:a.example:0'])('has no next hop in %j', (uri) => {
    expect(() => nextHopOf(uri)).toThrow(expect.objectContaining({ code: 'egress-invalid' }));
  });

  test.each(['', '<sip:a>\r\nX: y', '<sip:a>\nX: y', '<sip:a>\0', '<sip:a>\rX'])(
    'cannot have the Route %j',
    (route) => {
      expect(() => checkedErrand({ ...plain, routes: [route] })).toThrow(
        expect.objectContaining({ code: 'egress-invalid' }),
      );
    },
  );

  test.each(['', 'sos', 'urn:service:sos x', 'urn:service:sos\r\n', 'sip:a\0'])(
    'cannot have the Request-URI %j',
    (requestUri) => {
      expect(() => checkedErrand({ ...plain, requestUri })).toThrow(
        expect.objectContaining({ code: 'egress-invalid' }),
      );
    },
  );

  test('has its Route set in bytes: a character above 255 is no line break', () => {
    const { routes } = checkedErrand({ ...plain, routes: ['"\u010A" <sip:a;lr>'] });
    expect(routes).toEqual(['"\xC4\x8A" <sip:a;lr>']);
  });
});
