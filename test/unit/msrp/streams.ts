import fc from 'fast-check';

/** A message with what it consists of. */
export interface TestMessage {
  transactionId: string;
  toPath: string;
  fromPath: string;
  body: Buffer | undefined;
  bytes: Buffer;
}

export function messageOf(parts: Omit<TestMessage, 'bytes'> & { flag?: string; start?: string }): TestMessage {
  const { transactionId, toPath, fromPath, body, flag = '$', start = 'SEND' } = parts;
  const head = `MSRP ${transactionId} ${start}\r\nTo-Path: ${toPath}\r\nFrom-Path: ${fromPath}\r\nX-Other: 1\r\n`;
  const middle = body === undefined ? [] : [Buffer.from('Content-Type: text/plain\r\n\r\n'), body, Buffer.from('\r\n')];
  const bytes = Buffer.concat([Buffer.from(head), ...middle, Buffer.from(`-------${transactionId}${flag}\r\n`)]);
  return { transactionId, toPath, fromPath, body, bytes };
}

/** Bodies that are full of what ends a message, or nearly does. */
const body = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
      fc
        .constantFrom('\r\n', '\r', '-------', '\r\n-------', '\r\n-------other1$\r\n', '-------tid0$', '\r\n-------ti')
        .map((text) => Buffer.from(text)),
    ),
    { maxLength: 8 },
  )
  .map((pieces) => Buffer.concat(pieces));

export const messages = fc
  .array(fc.record({ body: fc.option(body, { nil: undefined }), flag: fc.constantFrom('+', '$', '#') }), {
    minLength: 1,
    maxLength: 6,
  })
  .map((drafts) =>
    drafts.map((draft, i) =>
      messageOf({ transactionId: `t${i}id`, toPath: 'msrp://a:1/x;tcp', fromPath: 'msrp://b:2/y;tcp', ...draft }),
    ),
  );

/** Cuts a stream at the given places. */
export function split(stream: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts.map((cut) => cut % (stream.length + 1)).sort((a, b) => a - b), stream.length];
  return places.slice(1).map((end, i) => stream.subarray(places[i], end));
}
