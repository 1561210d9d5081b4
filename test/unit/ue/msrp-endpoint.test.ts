import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { buildMessage } from '../../../lib/msrp/message-writer';
import { MsrpEndpoint, type MsrpEndpointOptions } from '../../../lib/ue/msrp-endpoint';
import type { MsrpReceived } from '../../../lib/ue/msrp-incoming';

const paths = { a: 'msrp://192.0.2.1:9/alice;tcp', b: 'msrp://192.0.2.2:2855/bob;tcp' };

let server: Server;
let sockets: [Socket, Socket];
let endpoints: MsrpEndpoint[];

/** The end that the offer made active, and the other. */
function ends(changes: Partial<MsrpEndpointOptions> = {}): [MsrpEndpoint, MsrpEndpoint] {
  const [a, b] = sockets;
  const active = new MsrpEndpoint({ stream: a, path: paths.a, peerPath: paths.b, active: true, ...changes });
  const passive = new MsrpEndpoint({ stream: b, path: paths.b, peerPath: paths.a, active: false });
  endpoints.push(active, passive);
  return [active, passive];
}

/** The active end alone: the other is played by the test. */
function alone(changes: Partial<MsrpEndpointOptions> = {}): MsrpEndpoint {
  const end = new MsrpEndpoint({ stream: sockets[0], path: paths.a, peerPath: paths.b, active: true, ...changes });
  endpoints.push(end);
  return end;
}

const received = (end: MsrpEndpoint) => once(end, 'message').then(([message]) => message as MsrpReceived);

const message = (content: Buffer, successReport = false) => ({
  contentType: 'application/octet-stream',
  content: [content],
  size: content.length,
  successReport,
});

/** Reads from a socket until the text is there. */
async function until(socket: Socket, pattern: RegExp): Promise<string> {
  let text = '';
  while (!pattern.test(text)) {
    const chunk = socket.read() as Buffer | null;
    if (chunk === null) await once(socket, 'readable');
    else text += chunk.toString('latin1');
  }
  return text;
}

beforeEach(async () => {
  endpoints = [];
  server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'connection');
  const dialled = connect((server.address() as { port: number }).port, '127.0.0.1');
  sockets = [dialled, ((await accepted) as [Socket])[0]];
});

afterEach(async () => {
  for (const endpoint of endpoints) endpoint.close();
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

test.each([0, 1, 2048, 32 * 1024, 32 * 1024 + 1, 5_000_000])(
  'a message of %d bytes arrives whole, in chunks, and is reported',
  async (size) => {
    const [active, passive] = ends();
    const content = randomBytes(size);
    const arrives = received(passive);
    const told: number[] = [];
    await active.send(message(content, true), (bytes) => told.push(bytes));
    const sha256 = createHash('sha256').update(content).digest('hex');
    expect(await arrives).toMatchObject({ bytes: size, sha256, contentType: 'application/octet-stream' });
    expect(told.at(-1) ?? 0).toBe(size);
  },
);

test('H10: a peer that closes once it has reported has it all, even if our content ends only then', async () => {
  const [active, passive] = ends();
  const closed = once(active, 'closed');
  passive.on('message', () => setImmediate(() => passive.close()));
  const bytes = randomBytes(1000);
  async function* content() {
    yield bytes;
    await closed;
  }
  const sending = active.send({ ...message(bytes, true), content: content() });
  await expect(sending).resolves.toBeUndefined();
});

test('both send at once, several messages each', async () => {
  const [active, passive] = ends();
  const count = { active: 0, passive: 0 };
  active.on('message', () => (count.active += 1));
  passive.on('message', () => (count.passive += 1));
  const content = randomBytes(1_000_000);
  await Promise.all([active, active, passive, passive].map((end) => end.send(message(content, true))));
  expect(count).toEqual({ active: 2, passive: 2 });
});

test('H6: the active end sends first, the passive one waits until it has', async () => {
  const [a, b] = sockets;
  const passive = new MsrpEndpoint({ stream: b, path: paths.b, peerPath: paths.a, active: false });
  endpoints.push(passive);
  const sending = passive.send(message(Buffer.from('hello')));
  await new Promise(setImmediate);
  expect(b.bytesWritten).toBe(0);
  const paths2 = { toPath: paths.b, fromPath: paths.a };
  a.write(buildMessage({ transactionId: 'bind1', start: 'SEND', ...paths2, headers: [['Message-ID', 'first']] }));
  const text = await until(a, /hello\r\n-------(\w+)\$\r\n/);
  expect(text).toMatch(/^MSRP bind1 200 OK\r\nTo-Path: msrp:\/\/192.0.2.1:9\/alice;tcp\r\n/);
  const transactionId = /MSRP (\w+) SEND/.exec(text)?.[1] ?? '';
  a.write(buildMessage({ transactionId, start: '200 OK', ...paths2 }));
  await sending;
});

test('H6: the active end binds the connection with an empty SEND', async () => {
  alone();
  const text = await until(sockets[1], /-------\w+\$\r\n/);
  expect(text).toMatch(
    /^MSRP \w+ SEND\r\nTo-Path: msrp:\/\/192.0.2.2:2855\/bob;tcp\r\nFrom-Path: .*\r\nMessage-ID: \w+\r\n---/,
  );
});

test('a wrong To-Path is answered 481, and the sender is told', async () => {
  const [active] = ends({ peerPath: 'msrp://192.0.2.2:2855/nobody;tcp' });
  await expect(active.send(message(Buffer.from('x')))).rejects.toMatchObject({
    code: 'msrp-refused',
    message: expect.stringContaining('481'),
  });
});

test.each([
  [
    'a failure REPORT',
    'REPORT',
    [
      ['Byte-Range', '1-5/5'],
      ['Status', '000 413 Stop'],
    ] as const,
  ],
  ['an error in answer', '413 Stop', [] as const],
])('%s ends the sending', async (_name, start, headers) => {
  const end = alone();
  const sending = end.send(message(Buffer.from('hello'), true));
  const text = await until(sockets[1], /hello\r\n-------\w+\$\r\n/);
  const [, transactionId = '', messageId = ''] =
    /MSRP (\w+) SEND\r\nTo-Path.*\r\nFrom-Path.*\r\nMessage-ID: (\w+)\r\nByte-Range/.exec(text) ?? [];
  const answer = { transactionId, start, toPath: paths.a, fromPath: paths.b };
  sockets[1].write(buildMessage({ ...answer, headers: [['Message-ID', messageId], ...headers] }));
  await expect(sending).rejects.toMatchObject({ code: 'msrp-refused', message: expect.stringContaining('413') });
});

test('no answer in time, and a connection that ends, are errors of their own', async () => {
  const end = alone({ answerMs: 20 });
  await expect(end.send(message(Buffer.from('x')))).rejects.toMatchObject({ code: 'msrp-timeout' });
  const closed = once(end, 'closed');
  const sending = end.send(message(Buffer.from('x'), true));
  sockets[1].destroy();
  await expect(sending).rejects.toMatchObject({ code: expect.stringMatching(/^msrp-(closed|timeout)$/) });
  await closed;
  await expect(end.send(message(Buffer.from('x')))).rejects.toMatchObject({ code: 'msrp-closed' });
});

test('content of another size than announced is given up, and the peer told so', async () => {
  const end = alone();
  const content = { contentType: 'text/plain', content: [Buffer.from('abc')], size: 5 };
  await expect(end.send(content)).rejects.toMatchObject({ code: 'msrp-content' });
  expect(await until(sockets[1], /-------\w+#\r\n/)).toContain('abc');
});

test.each([
  ['no', 200, ''],
  ['partial', 200, ''],
  ['yes', 200, '200 OK'],
])('Failure-Report: %s', async (wanted, _status, expected) => {
  const end = alone();
  const send = (transactionId: string, failureReport: string) =>
    buildMessage({
      transactionId,
      start: 'SEND',
      toPath: paths.a,
      fromPath: paths.b,
      headers: [
        ['Message-ID', transactionId],
        ['Failure-Report', failureReport],
        ['Content-Type', 'text/plain'],
      ],
      body: Buffer.from('x'),
    });
  const arrives = received(end);
  sockets[1].write(Buffer.concat([send('asked', wanted), send('last', 'yes')]));
  await arrives;
  const text = await until(sockets[1], /MSRP last 200/);
  expect(/MSRP asked (.*)\r/.exec(text)?.[1] ?? '').toBe(expected);
});

test('a chunk that does not follow the last one is refused', async () => {
  alone();
  const chunk = { toPath: paths.a, fromPath: paths.b, start: 'SEND', body: Buffer.from('x') };
  const headers = [
    ['Message-ID', 'm1'],
    ['Byte-Range', '7-7/9'],
    ['Content-Type', 'text/plain'],
  ] as const;
  sockets[1].write(buildMessage({ ...chunk, transactionId: 'gap1', headers }));
  expect(await until(sockets[1], /MSRP gap1 \d+/)).toContain('MSRP gap1 400');
});

test('what is no MSRP ends it', async () => {
  const end = alone();
  const closed = once(end, 'closed');
  sockets[1].write('HTTP/1.1 200 OK\r\n');
  expect((await closed)[0]).toContain('no MSRP');
});
