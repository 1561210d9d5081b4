import { partHeader, partsOf } from '../../../lib/sip/multipart';

const type = 'multipart/mixed;boundary=b';
const many = (count: number, part = 'Content-Type: text/plain\r\n\r\nx\r\n') =>
  `--b\r\n${part}`.repeat(count) + '--b--\r\n';
const read = (body: string, its = type) =>
  partsOf(its, body).map((part) => [partHeader(part, 'Content-Type'), body.slice(part.contentAt, part.contentEnd)]);

describe('P6: the parts of a body', () => {
  test('as many as 32, at all depths', () => {
    expect(read(many(32))).toHaveLength(32);
    expect(() => read(many(33))).toThrow(expect.objectContaining({ sipStatus: 415 }));
    const inner = (count: number) =>
      `Content-Type: multipart/mixed;boundary=c\r\n\r\n${'--c\r\n\r\nx\r\n'.repeat(count)}--c--\r\n`;
    expect(read(many(2, inner(15)))).toHaveLength(32);
    expect(() => read(many(2, inner(16)))).toThrow(expect.objectContaining({ sipStatus: 415 }));
    expect(() => read(many(20_000))).toThrow(expect.objectContaining({ sipStatus: 415 }));
  });

  test.each([
    ['without headers', '--b\r\n\r\nx\r\n--b--', [[undefined, 'x']]],
    ['without content', '--b\r\nContent-Type: a/b\r\n--b--', [['a/b', '']]],
    ['with nothing', '--b\r\n--b--', [[undefined, '']]],
    ['with a preamble and an epilogue', 'pre\r\n--b\r\n\r\nx\r\n--b--\r\nend', [[undefined, 'x']]],
    ['after the last there is none', '--b\r\n\r\nx\r\n--b--\r\n--b\r\n\r\ny\r\n--b--', [[undefined, 'x']]],
    ['without an end', '--b\r\n\r\nx', [[undefined, 'x']]],
    ['what only begins like the boundary is content', '--b\r\n\r\nx\r\n--bc\r\n--b--', [[undefined, 'x\r\n--bc']]],
    ['what begins no line is content', '--b\r\n\r\nx--b\r\n--b--', [[undefined, 'x--b']]],
    ['with blanks behind the boundary', '--b \t\r\n\r\nx\r\n--b--  ', [[undefined, 'x']]],
    ['with a header on two lines', '--b\r\nContent-Type: a/b;\r\n c=d\r\n\r\nx\r\n--b--', [['a/b; c=d', 'x']]],
    ['with an empty line in its content', '--b\r\nX: y\r\n\r\nx\r\n\r\nz\r\n--b--', [[undefined, 'x\r\n\r\nz']]],
  ])('%s', (_, body, parts) => expect(read(body)).toEqual(parts));

  test.each([
    'multipart/mixed',
    'multipart/mixed;boundary=',
    'multipart/mixed;boundary=""',
    'multipart/mixed;boundary=b;boundary=c',
  ])('without one boundary nobody knows them: %s', (its) =>
    expect(() => read(many(1), its)).toThrow(expect.objectContaining({ sipStatus: 415 })),
  );

  test('there are none in what is no multipart', () => {
    expect(read(many(1), 'application/multipart;boundary=b')).toEqual([]);
  });

  test('three deep, and no deeper', () => {
    const nested = (depth: number): string =>
      depth === 0
        ? '\r\nx'
        : `Content-Type: multipart/mixed;boundary=d${depth}\r\n\r\n--d${depth}\r\n${nested(depth - 1)}\r\n--d${depth}--`;
    const at = (depth: number) => read(`--b\r\n${nested(depth)}\r\n--b--`);
    expect(at(2)).toHaveLength(3);
    expect(() => at(3)).toThrow(expect.objectContaining({ sipStatus: 415 }));
  });
});
