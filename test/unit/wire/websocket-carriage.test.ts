import { EventEmitter, once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { messageLimits } from '../../../lib/wire/limits';
import { SipStream } from '../../../lib/wire/sip-stream';
import type { Cut } from '../../../lib/wire/stream-framer';
import { WebSocketCarriage } from '../../../lib/wire/websocket-carriage';

const limits = { connect: 10_000, firstMessage: 10_000, message: 10_000, unsent: 1_000_000 };

const head = 'MESSAGE sip:bob@example.net SIP/2.0\r\nVia: SIP/2.0/WS a.invalid;branch=z9hG4bK1';
const whole = `${head}\r\nContent-Length: 5\r\n\r\nhello`;

describe('SIP over a WebSocket (J2)', () => {
  let server: WebSocketServer;
  let peer: WebSocket;
  let stream: SipStream;
  const messages: [text: string, cut: Cut | undefined][] = [];
  let message: () => Promise<void>;
  let closed: Promise<void>;
  const arrivals = new EventEmitter();

  beforeEach(async () => {
    messages.length = 0;
    server = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => 'sip' });
    await once(server, 'listening');
    peer = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, 'sip');
    const [[socket]] = await Promise.all([once(server, 'connection') as Promise<[WebSocket]>, once(peer, 'open')]);
    let came: () => void = () => undefined;
    message = () => new Promise((resolve) => (came = resolve));
    closed = new Promise((resolve) => {
      stream = new SipStream(new WebSocketCarriage(socket), 'accepted', limits, {
        message: (text, cut) => {
          messages.push([text, cut]);
          came();
        },
        mayRead: (bytes) => arrivals.emit('bytes', bytes) || true,
        closed: () => resolve(),
      });
    });
  });

  afterEach(async () => {
    stream.close();
    peer.terminate();
    await new Promise((done) => server.close(done));
  });

  test.each([
    ['a text frame', whole, [whole, undefined]],
    ['a binary frame', Buffer.from(whole), [whole, undefined]],
    ['CRLFs before it', `\r\n\r\n${whole}`, [whole, undefined]],
    ['CRLFs behind it', `${whole}\r\n\r\n\r\n`, [whole, undefined]],
    ['no Content-Length', `${head}\r\n\r\nhello`, [whole, undefined]],
    ['neither length nor body', `${head}\r\n\r\n`, [`${head}\r\nContent-Length: 0\r\n\r\n`, undefined]],
    [
      'a body above the limit',
      `${head}\r\n\r\n${'x'.repeat(messageLimits.body + 1)}`,
      [`${head}\r\nContent-Length: ${messageLimits.body + 1}\r\n\r\n`, 'too-large'],
    ],
  ] as const)('reads a message with %s', async (_, sent, read) => {
    const received = message();
    peer.send(sent);
    await received;
    expect(messages).toEqual([read]);
    expect(stream.isOpen).toBe(true);
  });

  it.each([
    ['a part of one', whole.slice(0, -1)],
    ['a second one', `${whole}${whole}`],
    ['something that is none', `${whole} and more`],
    ['the begin of a second one', `${whole}\r\nM`],
  ])('a message with %s ends the connection, with the head told', async (_, sent) => {
    const code = once(peer, 'close');
    peer.send(sent);
    peer.send(whole);
    await closed;
    expect(messages).toEqual([[`${head}\r\nContent-Length: 5\r\n\r\n`, 'endless']]);
    expect((await code)[0]).toBe(1008);
  });

  test.each([
    ['no end of the head', head],
    ['a head above the limit', `${head}\r\nX: ${'x'.repeat(messageLimits.head)}\r\n\r\n`],
  ])('what has %s ends the connection', async (_, sent) => {
    peer.send(sent);
    await closed;
    expect(messages).toEqual([]);
  });

  it('answers a keep-alive in a frame of its own (RFC 5626 §4.4.1), and nothing else that is empty', async () => {
    const answered = once(peer, 'message');
    peer.send('\r\n');
    peer.send('');
    peer.send('\r\n\r\n');
    expect(String((await answered)[0])).toBe('\r\n');
    const received = message();
    peer.send(whole);
    await received;
    expect(messages).toHaveLength(1);
  });

  test.each([
    ['text', 'Grüße', false],
    ['bytes that are no UTF-8', 'Gr\u00fc\u00dfe', true],
  ])('sends %s as they are', async (_, body, isBinary) => {
    const bytes = Buffer.from(body, isBinary ? 'latin1' : 'utf8');
    const arrived = once(peer, 'message') as Promise<[Buffer, boolean]>;
    stream.send(bytes.toString('latin1'));
    expect(await arrived).toEqual([bytes, isBinary]);
  });

  it('ends when all is sent', async () => {
    const arrived = once(peer, 'message');
    stream.send(whole);
    stream.end();
    expect(String((await arrived)[0])).toBe(whole);
    await closed;
  });

  it('takes a ping for a sign of life, as a CRLF is', async () => {
    const read = once(arrivals, 'bytes');
    peer.ping();
    expect(await read).toEqual([0]);
  });
});
