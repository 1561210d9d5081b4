import fc from 'fast-check';
import { sameMsrpUri } from '../../../lib/msrp/msrp-uri';
import { PathRewriter } from '../../../lib/msrp/path-rewriter';
import { messageOf, messages, split } from './streams';

const shown = 'msrp://198.51.100.1:80/ours;tcp';
const real = 'msrp://relay.core:2855;tcp msrp://10.0.0.7:9000/theirs;tcp';
const from = 'msrp://192.0.2.1:7000/core-side;tcp';
const ue = 'msrp://10.77.0.2:9/ue;tcp';

function rewrite(chunks: Buffer[]) {
  const rewriter = new PathRewriter({ shown, real, from });
  const results = chunks.map((chunk) => rewriter.push(chunk));
  const fault = results.find((result) => result.fault !== undefined)?.fault;
  return { bytes: Buffer.concat(results.flatMap(({ passed }) => passed)), strays: rewriter.strays, fault };
}

test('H9: however the stream is cut, paths are rewritten and all else comes out byte for byte', () => {
  fc.assert(
    fc.property(messages, fc.array(fc.nat(), { maxLength: 40 }), (drafts, cuts) => {
      const paths = (toPath: string, fromPath: string) =>
        Buffer.concat(
          drafts.map(({ bytes }) =>
            Buffer.from(
              bytes
                .toString('latin1')
                .replace('To-Path: msrp://a:1/x;tcp', () => `To-Path: ${toPath}`)
                .replace('From-Path: msrp://b:2/y;tcp', () => `From-Path: ${fromPath}`),
              'latin1',
            ),
          ),
        );
      expect(rewrite(split(paths(shown, ue), cuts)).bytes).toEqual(paths(real, from));
    }),
  );
});

test('H9: a response goes to the first hop of a path alone', () => {
  const parts = { transactionId: 'tid1', fromPath: ue, body: undefined, start: '200 OK' };
  const { bytes } = rewrite([messageOf({ ...parts, toPath: shown }).bytes]);
  expect(bytes).toEqual(messageOf({ ...parts, toPath: 'msrp://relay.core:2855;tcp', fromPath: from }).bytes);
});

test('H9: another To-Path than the one shown is left to the peer, which answers 481', () => {
  const parts = { transactionId: 'tid1', body: Buffer.from('x') };
  const { bytes, strays } = rewrite([
    messageOf({ ...parts, toPath: 'msrp://198.51.100.1:80/wrong;tcp', fromPath: ue }).bytes,
  ]);
  expect(bytes).toEqual(messageOf({ ...parts, toPath: 'msrp://198.51.100.1:80/wrong;tcp', fromPath: from }).bytes);
  expect(strays).toBe(1);
});

test('H9: To-Path and From-Path in a body are body', () => {
  const body = Buffer.from(`To-Path: ${shown}\r\nFrom-Path: ${ue}\r\n`);
  const { bytes } = rewrite([messageOf({ transactionId: 'tid1', toPath: shown, fromPath: ue, body }).bytes]);
  expect(bytes).toEqual(messageOf({ transactionId: 'tid1', toPath: real, fromPath: from, body }).bytes);
});

test('a body is passed on as it comes, and no more is held back than may be an end-line', () => {
  const rewriter = new PathRewriter({ shown, real, from });
  rewriter.push(Buffer.from(`MSRP tid1 SEND\r\nTo-Path: ${shown}\r\nContent-Type: a\r\n\r\n`));
  for (const ending of ['', '\r', '\r\n-------tid', '\r\n-------tid1$\r']) {
    const { passed } = rewriter.push(Buffer.from(`z${'y'.repeat(1000)}${ending}`));
    expect(Buffer.concat(passed).toString()).toMatch(/y{1000}$/);
  }
});

test('what is not MSRP is a fault; what came before it has passed', () => {
  const good = messageOf({ transactionId: 'tid1', toPath: shown, fromPath: ue, body: Buffer.from('x') });
  const { bytes, fault } = rewrite([Buffer.concat([good.bytes, Buffer.from('\x16\x03\x01 TLS')])]);
  expect(fault).toBe('not-msrp');
  expect(bytes.length).toBeGreaterThan(0);
});

test.each([
  ['msrp://Host.example:8493/asfd34;tcp', 'MSRP://user@host.EXAMPLE:8493/asfd34;TCP;x=y', true],
  ['msrp://[2001:db8::1]:1/a;tcp', 'msrp://[2001:DB8:0::1]:1/a;tcp', true],
  ['msrp://a:1/x;tcp', 'msrps://a:1/x;tcp', false],
  ['msrp://a:1/x;tcp', 'msrp://a:1/X;tcp', false],
  ['msrp://a:1/x;tcp', 'msrp://a/x;tcp', false],
  ['msrp://a:1/x;tcp', 'msrp://a:1;tcp', false],
  ['msrp://a:1/x;tcp', 'msrp://a:1/x;ws', false],
  ['nonsense', 'nonsense', false],
])('RFC 4975 §6.1: %s and %s: %s', (one, other, same) => {
  expect(sameMsrpUri(one, other)).toBe(same);
});
