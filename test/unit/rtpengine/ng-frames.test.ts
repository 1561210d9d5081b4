import { Client } from 'rtpengine-client';
import { NgFrames } from '../../../lib/rtpengine/ng-frames';

const cookies = ['a'.repeat(36), 'b'.repeat(36), 'c'.repeat(36)];
const replies: object[] = [
  { result: 'pong' },
  // What looks like the end, or like another message, within strings; bytes, not characters, are counted.
  {
    result: 'ok',
    sdp: `v=0\r\ns=é e${cookies[1]!} d6:result2:oke\r\n`,
    calls: [],
    tags: { a: { medias: [1, -2, {}] } },
  },
  { result: 'error', 'error-reason': '' },
];
const messages = replies.map((reply, i) => Client.encodeMessage(cookies[i]!, reply));

describe('a TCP stream of ng messages', () => {
  test('is cut into messages, wherever it is cut on the way', () => {
    const stream = Buffer.concat(messages);
    for (let first = 0; first <= stream.length; first++)
      for (const second of [first, first + 1, first + 7, stream.length]) {
        const frames = new NgFrames();
        const chunks = [stream.subarray(0, first), stream.subarray(first, second), stream.subarray(second)];
        const taken = chunks.flatMap((chunk) => frames.push(chunk));
        expect(taken.map((message) => message.toString('latin1'))).toEqual(messages.map((m) => m.toString('latin1')));
      }
  });

  test('byte by byte', () => {
    const frames = new NgFrames();
    const taken = [...Buffer.concat(messages)].flatMap((byte) => frames.push(Buffer.from([byte])));
    expect(taken.map((message) => Client.decodeMessage(message).data)).toEqual(replies);
  });

  test.each([
    ['no cookie', 'x'.repeat(64)],
    ['no value', 'cookie HTTP/1.1'],
    ['an end before a begin', 'cookie e'],
    ['a string of no length', 'cookie d3x:abc'],
    ['a line of HTTP', 'HTTP/1.1 400 Bad Request'],
    ['a string that is too long', 'cookie d99999999999:abc'],
    ['an integer without an end', `cookie i${'1'.repeat(30)}`],
    ['too many lists within each other', `cookie ${'l'.repeat(100)}`],
  ])('ends with %s', (_, text) => {
    expect(() => new NgFrames().push(Buffer.from(text))).toThrow('it sent what is no ng message');
  });

  test('ends with a message that is too long, whatever it is made of', () => {
    const frames = new NgFrames();
    frames.push(Buffer.from('cookie l'));
    const strings = Buffer.from('1000:'.padEnd(1005, 'x').repeat(1000));
    expect(() => {
      for (let i = 0; i < 100; i++) frames.push(strings);
    }).toThrow(/more than \d+ bytes/);
  });
});
