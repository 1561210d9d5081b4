import fc from 'fast-check';
import { headerOf, longestHead, MessageReader, type MsrpUnit } from '../../../lib/msrp/message-reader';
import { messages, split, type TestMessage } from './streams';

/** Joins the pieces of bodies, which depend on how the stream was cut. */
function read(chunks: Buffer[]) {
  const reader = new MessageReader();
  const units = chunks.flatMap((chunk) => reader.push(chunk));
  const whole: (Exclude<MsrpUnit, { kind: 'body' }> | { kind: 'body'; bytes: Buffer })[] = [];
  for (const unit of units) {
    const last = whole.at(-1);
    if (unit.kind === 'body' && last?.kind === 'body') last.bytes = Buffer.concat([last.bytes, unit.bytes]);
    else whole.push({ ...unit });
  }
  return whole;
}

const bytesOf = (text: string) => Buffer.from(text, 'latin1');

test('however the stream is cut, the same heads, bodies and end-lines are read', () => {
  fc.assert(
    fc.property(messages, fc.array(fc.nat(), { maxLength: 40 }), (sent: TestMessage[], cuts) => {
      const units = read(split(Buffer.concat(sent.map(({ bytes }) => bytes)), cuts));
      const heads = units.flatMap((unit) => (unit.kind === 'head' ? [unit.head.transactionId] : []));
      const bodies = units.flatMap((unit) => (unit.kind === 'body' ? [unit.bytes] : []));
      expect(heads).toEqual(sent.map(({ transactionId }) => transactionId));
      expect(Buffer.concat(bodies)).toEqual(Buffer.concat(sent.map(({ body }) => body ?? Buffer.alloc(0))));
      expect(units.filter(({ kind }) => kind === 'end')).toHaveLength(sent.length);
    }),
  );
});

test('what looks like the end-line of another transaction is body, and so is our own without a flag', () => {
  const body = 'x\r\n-------other1$\r\n-------tid12\r\n-------tid1!\r\n-------tid1$x';
  const units = read([bytesOf(`MSRP tid1 SEND\r\nTo-Path: a\r\nContent-Type: b\r\n\r\n${body}\r\n-------tid1+\r\n`)]);
  expect(units[1]).toEqual({ kind: 'body', bytes: bytesOf(body) });
  expect(units[2]).toMatchObject({ kind: 'end', flag: '+' });
});

test.each([
  ['no body', '', false, ''],
  ['an empty body', '\r\n\r\n', true, ''],
  ['an end-line that follows the empty line at once', '\r\n', true, ''],
  ['a body of CRLF alone', '\r\n\r\n\r\n', true, '\r\n'],
])('%s', (_name, middle, hasBody, body) => {
  const text = `MSRP tid1 SEND\r\nTo-Path: a\r\n${middle}-------tid1$\r\n`;
  for (const chunks of [[bytesOf(text)], [...bytesOf(text)].map((byte) => Buffer.from([byte]))]) {
    const units = read(chunks);
    expect(units[0]).toMatchObject({ kind: 'head', head: { hasBody } });
    expect(units.slice(1, -1)).toEqual(body === '' ? [] : [{ kind: 'body', bytes: bytesOf(body) }]);
    expect(units.at(-1)).toMatchObject({ kind: 'end', flag: '$' });
  }
});

test('a response has a status, a request a method, and headers are found in any case', () => {
  const units = read([
    bytesOf('MSRP tid1 200 OK\r\nto-path: msrp://a:1/x;tcp\r\n-------tid1$\r\nMSRP tid2 REPORT\r\n-------tid2#\r\n'),
  ]);
  const heads = units.flatMap((unit) => (unit.kind === 'head' ? [unit.head] : []));
  expect(heads).toMatchObject([
    { status: 200, method: undefined },
    { status: undefined, method: 'REPORT' },
  ]);
  expect(headerOf(heads[0]!, 'To-Path')).toBe('msrp://a:1/x;tcp');
  expect(headerOf(heads[0]!, 'Message-ID')).toBeUndefined();
});

test.each([
  ['another protocol', 'GET / HTTP/1.1\r\n', 'not-msrp'],
  ['another protocol, before its line ends', 'GET', 'not-msrp'],
  ['a start line without a method', 'MSRP tid1\r\n', 'not-msrp'],
  ['a line that is no header', 'MSRP tid1 SEND\r\nnonsense\r\n', 'not-msrp'],
  ['a header that does not end', `MSRP tid1 SEND\r\nX: ${'x'.repeat(longestHead)}`, 'head-too-long'],
  ['too many headers', `MSRP tid1 SEND\r\n${'X: y\r\n'.repeat(longestHead / 6)}\r\n`, 'head-too-long'],
  ['a start line that does not end', `MSRP ${'t'.repeat(longestHead)}`, 'head-too-long'],
])('%s ends the reading', (_name, text, fault) => {
  const reader = new MessageReader();
  const good = bytesOf('MSRP tid0 SEND\r\n-------tid0$\r\n');
  const units = [good, bytesOf(text), good].flatMap((chunk) => reader.push(chunk));
  expect(units.slice(2)).toEqual([{ kind: 'broken', fault }]);
});
