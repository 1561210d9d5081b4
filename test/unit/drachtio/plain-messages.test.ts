import fc from 'fast-check';
import Srf from 'drachtio-srf';
import { plain } from '../../../lib/drachtio/plain-messages';
import { inDialogHeaders, responseHeaders } from '../../../lib/sip/header-policy';
import type { IncomingResponse } from '../../../lib/drachtio/messages';
import { footprint } from '../../fuzz/growth';

const { SipMessage } = Srf as unknown as { SipMessage: new (text: string) => IncomingResponse };

const piece = fc.oneof(
  fc.constantFrom('\r', '\n', '\r\n', ' ', '\t', '\0', ':', '%0D%0A', '%0a', '\u010a', '\u010d', '"', 'X-A'),
  fc.string({ unit: 'binary', maxLength: 5 }),
);
const hostile = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));
const lines = fc.array(
  fc.oneof(
    hostile,
    fc.tuple(hostile, hostile).map(([name, value]) => `${name}: ${value}`),
  ),
);

test('whatever the lines of a message are, no header that is read of it, or passed on, has a line break in it', () => {
  fc.assert(
    fc.property(lines, (hostileLines) => {
      const message = new SipMessage(['SIP/2.0 200 OK', ...hostileLines, 'Call-ID: 1', '', ''].join('\r\n'));
      const passedOn = { ...responseHeaders(message), ...inDialogHeaders(message) };
      for (const [name, value] of [...Object.entries(message.headers), ...Object.entries(passedOn)]) {
        expect(`${name}: ${value}`).not.toMatch(/[\r\n\0]/);
      }
    }),
    { numRuns: 500 },
  );
});

test.each([
  ['a message as it should be', 'OPTIONS sip:a?b@c SIP/2.0\r\nX:  1 %\r\n\r\nbo\ndy', undefined],
  [
    'a fold',
    'OPTIONS sip:a@b SIP/2.0\r\nX: 1\r\n \t2\r\n\r\n\r\n 3',
    'OPTIONS sip:a@b SIP/2.0\r\nX: 1 2\r\n\r\n\r\n 3',
  ],
  ['a lone LF', 'SIP/2.0 200 OK\r\nX: 1\nY: 2\r\n\r\n', 'SIP/2.0 200 OK\r\nX: 1 Y: 2\r\n\r\n'],
  ['a name with escapes', 'SIP/2.0 200  O?K\r\nV%69a: 1\r\nX: %\r\n\r\n', 'SIP/2.0 200  O?K\r\nX: %\r\n\r\n'],
  ['a line without a name', 'SIP/2.0 200 OK\r\nX\r\nY: 1', 'SIP/2.0 200 OK\r\nY: 1'],
  ['headers in the Request-URI', 'INVITE sip:a?b@c;d?e=f@g SIP/2.0\r\n\r\n', 'INVITE sip:a?b@c;d SIP/2.0\r\n\r\n'],
  ['blanks in the Request-Line', 'INVITE  sip:a@b   SIP/2.0 \r\n\r\n', 'INVITE sip:a@b SIP/2.0\r\n\r\n'],
])('%s', (_what, text, expected = text) => {
  expect(plain(text)).toBe(expected);
});

test('N3: what is kept of a message, for as long as a registration lasts, does not keep all of it', async () => {
  const long = Array.from({ length: 8 }, (_, i) => `X-${i}: ${String(i).repeat(7500)}`);
  const read = (i: number) => {
    const own = [
      `Call-ID: one-of-many-messages-that-are-long-${i}`,
      `To: "Größe 漢字" <sip:somebody-${i}@ims.example>`,
    ];
    const text = [`SUBSCRIBE sip:somebody-with-a-name-${i}@ims.example SIP/2.0`, ...own, ...long, '', ''].join('\r\n');
    const { headers, uri } = new SipMessage(text) as IncomingResponse & { uri: string };
    return [headers['call-id'], headers['to'], uri];
  };
  const before = await footprint();
  const kept = Array.from({ length: 200 }, (_, i) => read(i));
  // 12 MB have passed.
  expect((await footprint()).heap - before.heap).toBeLessThan(4_000_000);
  expect(kept[199]).toEqual([
    'one-of-many-messages-that-are-long-199',
    '"Größe 漢字" <sip:somebody-199@ims.example>',
    'sip:somebody-with-a-name-199@ims.example',
  ]);
});
