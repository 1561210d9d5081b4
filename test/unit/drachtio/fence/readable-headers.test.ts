import { SipMessage } from '../../../../lib/wire/sip-message';
import { dropUnreadable } from '../../../../lib/drachtio/fence/readable-headers';

const request = (...headers: [string, string][]) => withHeaders('INVITE sip:b@h SIP/2.0', headers);
const response = (...headers: [string, string][]) => withHeaders('SIP/2.0 200 OK', headers);

function withHeaders(startLine: string, headers: [string, string][]): SipMessage {
  const message = new SipMessage(startLine);
  for (const [name, value] of headers) message.add(name, value);
  return message;
}

describe('G28: a header without which drachtio-server does not take a message is readable', () => {
  test.each([
    ['From', '"a \\"b\\" <sip:x@y>" <sip:a@h;x=y?z=1>;tag=a:b;p="q;r"'],
    ['From', 'one t.w-o <sip:a@h> ; tag = 1'],
    ['From', 'caller<sip:a@h>;tag=1'],
    ['To', 'sip:a@h;tag=1'],
    ['To', 'isbn:2983792873'],
    ['To', '<tel:+1-2;phone-context=h>'],
    ['To', '<sip:u;par=v%40w@h>'],
    ['t', '"Ü" <sip:a@[2001:db8::1]:5060>'],
    ['CSeq', '0009  INVITE'],
    ['Via', 'SIP  /   2.0  /UDP    192.0.2.2;branch=390skdjuw , SIP/2.0/TCP [::1]:5;rport;received=::2'],
    ...['1', '66', '80', '655', '7060', '8080', '9999', '65535'].map((port) => [
      'Via',
      `SIP/2.0/UDP h:${port};branch=1`,
    ]),
    ['Via', 'SIP/2.0/TCP [2001:db8::1]:7060;branch=z9hG4bK1;received=2001:db8::8060'],
    ['Contact', '*'],
    ['Contact', '<sip:a@h>;q=0.5, "b, c" <sip:b@h>;+sip.instance="<urn:uuid:1>"'],
    ['Content-Type', 'multipart/mixed ; boundary="a b;c"'],
    ['Content-Encoding', 'gzip, deflate'],
    ['Event', 'presence.winfo;id=7'],
    ['Subscription-State', 'active ; expires=59'],
    ['Session-Expires', '1800;refresher=uac'],
    ['RAck', '1  1 INVITE'],
    ['Record-Route', '<sip:a@h;lr>;x=y, <sip:b@h;lr>'],
    ['Require', '100rel,, timer'],
    ['Accept', 'application/sdp;level=1, text/*;q=0.5, */*'],
    ['Accept', ''],
    ['Accept-Encoding', 'gzip;q=1.0, identity; q=0.5, *;q=0'],
    ['Allow', 'INVITE, ACK,,BYE'],
    ['Date', 'Sat, 13 Nov 2010 23:29:00 GMT'],
    ['Retry-After', '18000;duration=3600'],
    ['Retry-After', '120 (I am in a meeting, sorry)'],
    ['Warning', '301 isi.edu "Incompatible, \\"net\\"", 399 [2001:db8::1]:5060 "x"'],
    ['WWW-Authenticate', 'Digest realm="a,b", nonce=1, qop="auth,auth-int", stale=FALSE'],
    ['Proxy-Authenticate', 'Bearer authz_server="https://as.example/a,b"'],
    ['Timestamp', '54'],
    ['Timestamp', '54.21 .4'],
    ['Refer-Sub', 'false'],
    ['Subject', 'anything, at all; "'],
    ['P-Asserted-Identity', '"Cullen Jennings" <sip:fluffy@cisco.com>, tel:+14085264000'],
    ['Reason', 'Q.850;cause=16;text="a;b", SIP ;cause=200'],
  ])('%s: %s', (name, value) => {
    const message = request([name, value]);
    expect(dropUnreadable(message)).toBe(true);
    expect(message.headers).toHaveLength(1);
  });
});

describe('G28: a request with one that is not is refused', () => {
  test.each([
    ['From', '<sip:a@h>;tag=1;'],
    ['From', '<sip:a@h>;tag='],
    ['From', 'Müller <sip:a@h>'],
    ['From', 'a,b <sip:a@h>'],
    ['From', '"a\\" <sip:a@h>'],
    ['From', '<sip:a@h> x'],
    ['To', '<<sip:a@h>>'],
    ['To', '<>'],
    ['To', '<sip:a@h:x>'],
    ['To', '<sip:a%zz@h>'],
    ['CSeq', '1INVITE'],
    ['CSeq', '2147483648 INVITE'],
    ['Via', 'SIP/2.0/TCP h;branch=z9hG4bK1, garbage'],
    ['Via', 'SIP/2.0/TCP h:99999;branch=z9hG4bK1'],
    ['Via', 'SIP/2.0/TCP h:65536;branch=z9hG4bK1'],
    ['Contact', '<sip:a@h>;'],
    ['Contact', '<sip:a@h>, Müller <sip:b@h>'],
    ['Content-Type', 'text'],
    ['Content-Type', 'a/b;c=d e'],
    ['Content-Disposition', 'a;=b'],
    ['Content-Encoding', '"open'],
    ['Event', ';id=7'],
    ['Min-SE', 'soon'],
    ['RAck', '1 INVITE'],
    ['RSeq', '4294967296'],
    ['Record-Route', '<sip:a@h> x'],
    ['Require', 'a;b'],
    ['Session-Expires', '1800;'],
    ['SIP-If-Match', '"a"'],
    ['Subscription-State', 'active;'],
  ])('%s: %s', (name, value) => {
    expect(dropUnreadable(request([name, value]))).toBe(false);
  });

  test('or one too many', () => {
    expect(dropUnreadable(request(['Event', 'a'], ['Event', 'b']))).toBe(false);
  });
});

describe('what a request is served without counts as none where it cannot be read (RFC 3261 §8.2.2)', () => {
  test.each([
    ['Expires', 'soon'],
    ['Accept', 'who cares; ;'],
    ['Accept-Encoding', 'a b c'],
    ['Allow', 'a b c'],
    ['Date', 'not a date'],
    ['Date', 'Sat, 32 Nov 2010 23:29:00 GMT'],
    ['Min-Expires', 'x'],
    ['P-Asserted-Identity', '<'],
    ['Priority', 'a b'],
    ['Reason', ';;'],
    ['Refer-Sub', 'maybe'],
    ['Reply-To', '<'],
    ['Retry-After', 'later'],
    ['Supported', 'a b'],
    ['Timestamp', 'now'],
    ['Unsupported', 'a;b'],
    ['Warning', 'x'],
    ['WWW-Authenticate', 'Digest'],
  ])('%s: %s', (name, value) => {
    const message = request([name, value], ['Event', 'a']);
    expect(dropUnreadable(message)).toBe(true);
    expect(message.headers.map((header) => header.name)).toEqual(['Event']);
  });

  test('and of several lines the first counts', () => {
    const message = request(['Subject', 'a'], ['s', 'b']);
    expect(dropUnreadable(message)).toBe(true);
    expect(message.headers.map(({ value }) => value)).toEqual(['a']);
  });
});

test('a response loses what cannot be read, unless it has to have it', () => {
  const message = response(['Session-Expires', '1800;'], ['To', '<sip:a@h>;tag=1']);
  expect(dropUnreadable(message)).toBe(true);
  expect(message.headers.map(({ name }) => name)).toEqual(['To']);
  expect(dropUnreadable(response(['To', '<sip:a@h>;tag=']))).toBe(false);
});

test.each([' ', 'a ', ';', ';a', '"', '\\', '<', ';a=" '])('8 kB of %j are read in a moment', (piece) => {
  const line = piece.repeat(8190 / piece.length);
  const names = ['From', 'Contact', 'Via', 'Content-Type', 'Event', 'Session-Expires', 'RAck', 'Require', 'CSeq'];
  for (const name of names) expect(dropUnreadable(request([name, `a${line}"`]))).toBe(false);
  for (const name of ['Date', 'Retry-After', 'Timestamp', 'Warning', 'WWW-Authenticate', 'Reason']) {
    for (const start of ['', '1 ', '399 h ', 'Digest ']) dropUnreadable(request([name, `${start}${line}`]));
  }
});
