import { parseSipMessage } from '../../../lib/wire/sip-message';

const headers = [
  'Via: SIP/2.0/TCP 192.0.2.1;branch=z9hG4bKx',
  'From: <sip:a@b>;tag=1',
  'To: <sip:c@d>',
  'Call-ID: c1',
  'CSeq: 1 MESSAGE',
];
const message = (startLine: string, more: string[] = []) => `${[startLine, ...headers, ...more].join('\r\n')}\r\n\r\n`;

test.each([
  'SIP/2.0 200 OK\nContact: <tel:+1>',
  'SIP/2.0 200 OK\rContact: <tel:+1>',
  'SIP/2.0 200 OK\0',
  'SIP/2.0 200 \n',
  'MESSAGE sip:bob\0@ims.example SIP/2.0',
  'MESSAGE\0 sip:bob@ims.example SIP/2.0',
  'MESSAGE sip:bob@ims.example SIP/2.0\nRoute: <sip:192.0.2.9;lr>\nX: SIP/2.0',
  'MESSAGE sip:bob@ims.example\r SIP/2.0',
])('G21: a start line that some read as several lines, or as a shorter one, is none: %j', (startLine) => {
  expect(parseSipMessage(message(startLine))).toBeUndefined();
});

test('a reason phrase may be anything else (RFC 3261 §25.1), and no more than a word', () => {
  for (const phrase of ['', 'OK', 'Größe', 'a\tb', '<sip:a@b>;x="y"']) {
    expect(parseSipMessage(message(`SIP/2.0 200 ${phrase}`))).toMatchObject({ malformed: false });
  }
});

test('N3: a message with very many header lines is malformed, and only so many of them are read', () => {
  const lines = (count: number) => Array.from({ length: count }, (_, i) => `X-${i}: a`);
  expect(parseSipMessage(message('OPTIONS sip:a@b SIP/2.0', lines(250)))?.malformed).toBe(false);
  const { malformed, message: cut } = parseSipMessage(message('OPTIONS sip:a@b SIP/2.0', lines(10_000))) ?? {};
  expect([malformed, cut?.headers.length, cut?.callId]).toEqual([true, 256, 'c1']);
});

test.each([
  ['From', '<sip:a@b>;tag='],
  ['From', '<sip:a@b>;tag'],
  ['To', '<sip:c@d>; tag ='],
  ['To', '<sip:c@d>;tag=1;tag=2'],
  ['From', 'sip:a@b;x=y;tag=1;TAG=2'],
])('G31: a tag that can be taken for another is a fault: %s: %s', (name, value) => {
  const text = message('MESSAGE sip:x@y SIP/2.0').replace(new RegExp(`${name}: [^\\r]*`), `${name}: ${value}`);
  expect(parseSipMessage(text)?.malformed).toBe(true);
});

test.each(['"x;tag=" <sip:c@d;tag=>', '<sip:c@d>;tag=1;x="tag=2"', '<sip:c@d>;tagged'])(
  '%s has one tag, or none',
  (to) => {
    const text = message('MESSAGE sip:x@y SIP/2.0').replace(/To: [^\r]*/, `To: ${to}`);
    expect(parseSipMessage(text)?.malformed).toBe(false);
  },
);
