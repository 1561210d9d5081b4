import { StreamFramer } from '../../../lib/wire/stream-framer';

const message = 'OPTIONS sip:a SIP/2.0\r\nContent-Length: 4\r\n\r\nbody';

/** Most of its head is folds of its Content-Length, and each of its bodies is 50,000 bytes. */
function large(folds: number): string {
  return `OPTIONS sip:a SIP/2.0\r\nContent-Length:${'\r\n '.repeat(folds)}50000\r\nX: y\r\n\r\n${'body\r\n\r\n..'.repeat(5000)}`;
}

describe('SIP in a byte stream', () => {
  test.each([
    ['one message', message, ['message']],
    ['two in a segment', message + message, ['message', 'message']],
    ['CRLF before a request (RFC 3261 §7.5)', `\r\n${message}`, ['message']],
    ['a keep-alive and a request in one segment', `\r\n\r\n${message}`, ['ping', 'message']],
    ['a keep-alive alone', '\r\n\r\n', ['ping']],
    ['a lone CRLF', '\r\n', []],
    ['no Content-Length', 'OPTIONS sip:a SIP/2.0\r\n\r\n', ['message']],
    ['half a message', message.slice(0, 30), []],
  ])('%s', (_name, text, kinds) => {
    expect(new StreamFramer().push(Buffer.from(text)).map(({ kind }) => kind)).toEqual(kinds);
  });

  test('cut anywhere it is the same message', () => {
    for (let cut = 1; cut < message.length; cut++) {
      const framer = new StreamFramer();
      const units = [message.slice(0, cut), message.slice(cut)].flatMap((part) => framer.push(Buffer.from(part)));
      expect(units).toEqual([{ kind: 'message', text: message }]);
    }
  });

  test.each([
    ['a keep-alive', '\r\n\r\n', 1],
    ['a keep-alive after a message', `${message}\r\n\r\n`, 1],
    ['a keep-alive before a message', `\r\n\r\n${message}`, 1],
    ['a CRLF before and after a message', `\r\n${message}\r\n${message}`, 0],
    ['CRLFs in a body', message.replace('body', '\r\n\r\n'), 0],
  ])('G5: %s, byte by byte', (_name, text, pings) => {
    const framer = new StreamFramer();
    const units = [...Buffer.from(text)].flatMap((byte) => framer.push(Buffer.of(byte)));
    expect(units.filter(({ kind }) => kind === 'ping')).toHaveLength(pings);
    expect(framer.isInside).toBe(false);
  });

  test('without a usable Content-Length nothing more is read', () => {
    const framer = new StreamFramer();
    framer.push(Buffer.from('OPTIONS sip:a SIP/2.0\r\nContent-Length: -5\r\n\r\n'));
    expect(framer.isBroken).toBe(true);
    expect(framer.push(Buffer.from(message))).toEqual([]);
  });

  test.each(['Content-Length:\r\n 4', 'Content-Length: \r\n\t 4 ', 'l:\r\n \r\n 4'])('P15: %j is read', (line) => {
    const folded = message.replace('Content-Length: 4', line);
    expect(new StreamFramer().push(Buffer.from(folded + message))).toEqual([
      { kind: 'message', text: folded },
      { kind: 'message', text: message },
    ]);
  });

  test('P12: a body that is too large is skipped, in whatever pieces it comes', () => {
    const head = message.replace('4', '5000000').replace(/body$/, '');
    const large = head + 'body'.repeat(1_250_000) + message;
    const framer = new StreamFramer();
    const units = Array.from({ length: large.length / 50_000 + 1 }, (_piece, i) =>
      framer.push(Buffer.from(large.slice(i * 50_000, (i + 1) * 50_000))),
    ).flat();
    expect(units).toEqual([
      { kind: 'message', text: head, cut: 'too-large' },
      { kind: 'message', text: message },
    ]);
    expect(framer.isInside).toBe(false);
  });

  test('X3: cut into pieces of any size, a stream is the same', () => {
    const stream = [message, '\r\n\r\n', large(300), message, `\r\n${large(5)}`, message].join('');
    const whole = new StreamFramer().push(Buffer.from(stream));
    expect(whole.map(({ kind }) => kind)).toEqual(['message', 'ping', ...Array<string>(4).fill('message')]);
    for (const size of [1, 2, 3, 4, 5, 7, 61, 64, 65, 200]) {
      const framer = new StreamFramer();
      const pieces = Array.from({ length: Math.ceil(stream.length / size) }, (_piece, i) =>
        stream.slice(i * size, (i + 1) * size),
      );
      expect(pieces.flatMap((piece) => framer.push(Buffer.from(piece)))).toEqual(whole);
    }
  });

  test.each([
    ['head', large(9000).slice(0, 1000), 30_000],
    ['body', large(9000).slice(0, -40_000), 30_000],
  ])(
    'X3: a message that comes byte by byte costs no more with what was there before: its %s',
    (_part, begun, pieces) => {
      const framer = new StreamFramer();
      framer.push(Buffer.from(begun));
      const looks = [
        jest.spyOn(String.prototype, 'matchAll'),
        jest.spyOn(String.prototype, 'indexOf'),
        jest.spyOn(Buffer, 'concat'),
      ];
      for (let i = 0; i < pieces; i++) framer.push(Buffer.from('x'));
      const counts = looks.map((look) => look.mock.calls.length);
      jest.restoreAllMocks();
      expect(counts.slice(0, 2)).toEqual([0, 0]);
      expect(counts[2]).toBeLessThan(pieces / 50);
      expect(framer.isInside).toBe(true);
    },
  );

  test('a Content-Length line full of blanks is read in no time', () => {
    const framer = new StreamFramer();
    framer.push(Buffer.from(`OPTIONS sip:a SIP/2.0\r\nContent-Length:${' '.repeat(60_000)}4 4\r\n\r\n`));
    expect(framer.isBroken).toBe(true);
  });
});
