import fc from 'fast-check';
import type { ParsedMessage } from '../../../lib/drachtio/messages';
import { capabilitiesOf } from '../../../lib/media/capabilities';
import { offeredBody, sessionBody } from '../../../lib/sip/session-body';

function message(type: string | undefined, body: string, more: Record<string, string> = {}): ParsedMessage {
  const headers: Record<string, string> = { ...(type !== undefined && { 'content-type': type }), ...more };
  const get = (name: string) => headers[name.toLowerCase()];
  return { headers, body, raw: '', get, has: (name) => get(name) !== undefined, getParsedHeader: () => ({}) as never };
}

const sdp = 'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\n';
const part = (head: string, content: string) => `--b\r\n${head}\r\n\r\n${content}\r\n`;
const session = part('Content-Type: application/sdp', sdp);
const location = part('Content-Type: application/pidf+xml\r\nContent-ID: <a@b>', '<presence>\0\xff</presence>');

describe('the session description of a message', () => {
  test.each([
    ['alone', 'application/sdp', sdp, 'NEW'],
    ['without a Content-Type', undefined, sdp, 'NEW'],
    [
      'as the first part',
      'multipart/mixed;boundary=b',
      `${session}${location}--b--`,
      `${session.replace(sdp, 'NEW')}${location}--b--`,
    ],
    [
      'as the last part',
      'multipart/mixed; boundary="b"',
      `${location}${session}--b--\r\n`,
      `${location}${session.replace(sdp, 'NEW')}--b--\r\n`,
    ],
    [
      'behind a preamble',
      'Multipart/Mixed;Boundary=b',
      `hello\r\n${session}--b--`,
      `hello\r\n${session.replace(sdp, 'NEW')}--b--`,
    ],
    [
      'in a multipart without an end',
      'multipart/mixed;boundary=b',
      session,
      `--b\r\nContent-Type: application/sdp\r\n\r\nNEW`,
    ],
    [
      'with a length of its own',
      'multipart/related;boundary=b',
      `${part('content-length: 99\r\nContent-Type:application/SDP', sdp)}--b--`,
      `${part('content-length: 3\r\nContent-Type:application/SDP', 'NEW')}--b--`,
    ],
    [
      'inside of another multipart',
      'multipart/mixed;boundary=a',
      `--a\r\nContent-Type: multipart/alternative;boundary=b\r\n\r\n${session}--b--\r\n--a\r\n\r\nx\r\n--a--`,
      `--a\r\nContent-Type: multipart/alternative;boundary=b\r\n\r\n${session.replace(sdp, 'NEW')}--b--\r\n--a\r\n\r\nx\r\n--a--`,
    ],
  ])('P6: %s, is replaced, and nothing else', (_where, type, body, expected) => {
    const read = sessionBody(message(type, body));
    expect(read.sdp.trimEnd()).toBe(sdp.trimEnd());
    expect(read.with('NEW').body).toBe(expected);
    expect(read.with('NEW').headers['Content-Type']).toBe(type ?? 'application/sdp');
  });

  test('P6: others for the session, or for an early one (RFC 3959), are left out', () => {
    const early = part('Content-Type: application/sdp\r\nContent-Disposition: early-session', sdp);
    const read = sessionBody(message('multipart/mixed;boundary=b', `${early}${session}${session}--b--`));
    expect(read.with('NEW').body).toBe(`\r\n${session.replace(sdp, 'NEW')}--b--`);
  });

  test('P6: taken away, it leaves what stands beside it, or nothing', () => {
    const type = 'multipart/mixed;boundary=b';
    expect(sessionBody(message(type, `${location}${session}--b--`)).with('').body).toBe(`${location}--b--`);
    expect(sessionBody(message(type, `${session}--b--`)).with('')).toEqual({ headers: {}, body: '' });
    expect(sessionBody(message('application/sdp', sdp)).with('')).toEqual({ headers: {}, body: '' });
  });

  test('P6: one that comes to a body without any stands in a multipart with it', () => {
    const { sdp: none, with: having } = sessionBody(message('application/ISUP;version=x', '\0\xff'));
    expect(none).toBe('');
    expect(having('')).toEqual({ headers: { 'Content-Type': 'application/ISUP;version=x' }, body: '\0\xff' });
    const { headers, body } = having(sdp);
    const again = sessionBody(message(headers['Content-Type'], body));
    expect(again.sdp).toBe(sdp);
    expect(again.with('').body).toContain('Content-Type: application/ISUP;version=x\r\n\r\n\0\xff\r\n');
  });

  test.each([
    ['packed', 'application/sdp', sdp, { 'content-encoding': 'gzip' }],
    [
      'in base64',
      'multipart/mixed;boundary=b',
      part('Content-Type: application/sdp\r\nContent-Transfer-Encoding: base64', 'djA='),
      {},
    ],
    ['in a multipart without a boundary', 'multipart/mixed', session, {}],
    ['among too many parts', 'multipart/mixed;boundary=b', location.repeat(40), {}],
    [
      'too deep inside',
      'multipart/mixed;boundary=b',
      part(
        'Content-Type: multipart/mixed;boundary=c',
        `--c\r\nContent-Type: multipart/mixed;boundary=d\r\n\r\n--d\r\nContent-Type: multipart/mixed;boundary=e\r\n\r\n`,
      ),
      {},
    ],
  ])('P6: %s, it is refused with 415', (_how, type, body, more) => {
    expect(() => sessionBody(message(type, body, more))).toThrow(expect.objectContaining({ sipStatus: 415 }));
  });

  test('P6: whatever a body is made of, it is read, or refused', () => {
    const piece = fc.constantFrom(
      '--b',
      '--b--',
      '\r\n',
      '\r\n\r\n',
      '--b\r\n',
      session,
      location,
      'Content-Type: application/sdp',
      sdp,
      '-',
      '\0',
      ' ',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        const body = pieces.join('');
        const read = sessionBody(message('multipart/mixed;boundary=b', body));
        if (read.sdp) expect(sessionBody(message('multipart/mixed;boundary=b', read.with('NEW').body)).sdp).toBe('NEW');
        expect(sessionBody(message('multipart/mixed;boundary=b', read.with('').body)).sdp).toBe('');
      }),
      { numRuns: 500 },
    );
  });
});

test.each([
  ['application/unknown', undefined, true],
  ['application/unknown', 'session;handling=optional', false],
  ['application/ISUP;version=x', 'signal;handling=required', true],
  ['application/ISUP;version=x', 'signal; handling=optional', false],
  ['multipart/mixed;boundary=b', undefined, false],
  [undefined, undefined, false],
])('P6: an INVITE with %s and disposition %s is refused: %s', (type, disposition, isUnknown) => {
  const more: Record<string, string> = disposition === undefined ? {} : { 'content-disposition': disposition };
  const read = () => offeredBody(message(type, type?.startsWith('multipart') ? '--b\r\n\r\nx\r\n--b--' : 'x', more));
  if (isUnknown) expect(read).toThrow('is not served');
  else expect(read).not.toThrow();
});

test('P8: what somebody could do is told without where', () => {
  const lines = [
    'v=0',
    'o=gw 1 1 IN IP6 2001:db8::1',
    's=-',
    'c=IN IP6 2001:db8::1',
    't=0 0',
    'a=tool:x',
    'm=audio 0 RTP/AVP 8',
  ];
  const more = [
    'c=IN IP4 10.0.0.1',
    'a=candidate:1 1 UDP 1 10.0.0.1 9 typ host',
    'a=rtcp:9 IN IP4 10.0.0.1',
    'a=rtpmap:8 PCMA/8000',
  ];
  const shown = capabilitiesOf([...lines, ...more, ''].join('\r\n'));
  expect(shown).not.toMatch(/10\.0\.0\.1|2001:db8|tool/);
  expect(shown).toContain('m=audio 0 RTP/AVP 8\r\nc=IN IP4 0.0.0.0\r\na=rtpmap:8 PCMA/8000\r\n');
  expect(capabilitiesOf('no SDP')).toBe('');
});
