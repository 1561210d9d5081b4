import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { fitsFrame, parseUri, Srf } from '../../../lib/drachtio/srf';
import { uncarriedHeader } from '../../../lib/wire/private-headers';
import { sendableStatus } from '../../../lib/drachtio/status';

/** The admin side of a SIP server that answers `authenticate` as told, and nothing else. */
class FakeServer {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly port: number;

  private constructor(server: Server, sockets: Set<Socket>) {
    this.#server = server;
    this.#sockets = sockets;
    this.port = (server.address() as AddressInfo).port;
  }

  static async start(secret: string): Promise<FakeServer> {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      socket.on('data', (bytes) => {
        const [, id = '', given] = /#([^|]+)\|authenticate\|([^|]*)\|/.exec(bytes.toString()) ?? [];
        if (given === undefined) return;
        const taken = given === secret;
        const answer = `x|response|${id}|${taken ? 'OK|udp/192.0.2.1:5060,tcp/192.0.2.1:5060|v0.9.10|' : 'NO|incorrect secret'}`;
        socket.write(`${answer.length}#${answer}`);
        if (!taken) socket.end();
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new FakeServer(server, sockets);
  }

  /** Resolves at the nth connection from now on. */
  async attempts(count: number): Promise<void> {
    for (let seen = 0; seen < count; seen++) await once(this.#server, 'connection');
  }

  /** Reads nothing more. */
  stall(): void {
    for (const socket of this.#sockets) socket.pause();
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.#server.close();
    this.cut();
  }
}

describe('the link to drachtio', () => {
  let server: FakeServer;

  beforeEach(async () => {
    server = await FakeServer.start('right');
  });

  afterEach(() => server.close());

  test('tells the contacts, and comes back after it was lost', async () => {
    const srf = new Srf({ host: '127.0.0.1', port: server.port, secret: 'right', retryMaxDelay: 20 });
    srf.connect();
    expect(await once(srf, 'connect')).toEqual([['udp/192.0.2.1:5060', 'tcp/192.0.2.1:5060'], 'v0.9.10']);
    const back = once(srf, 'connect');
    const lost = once(srf, 'disconnect');
    server.cut();
    await lost;
    await back;
    srf.close();
    srf.close();
    expect(srf.connected).toBe(false);
  });

  test('says once that the secret is wrong, however often it tries', async () => {
    const srf = new Srf({ host: '127.0.0.1', port: server.port, secret: 'wrong', retryMaxDelay: 20 });
    const errors: string[] = [];
    srf.on('error', (error) => errors.push(error.code));
    const thirdAttempt = server.attempts(3);
    srf.connect();
    await thirdAttempt;
    expect(errors).toEqual(['drachtio-refused']);
    srf.close();
  });

  test('says that the server cannot be reached', async () => {
    server.close();
    const srf = new Srf({ host: '127.0.0.1', port: server.port, secret: 'right', retryMaxDelay: 20 });
    srf.connect();
    const [error] = (await once(srf, 'error').catch((cause: unknown) => [cause])) as [{ code: string }];
    expect(error.code).toBe('drachtio-unreachable');
    srf.close();
  });

  test('rejects what is under way when it is lost, and what is sent without it', async () => {
    const srf = new Srf({ host: '127.0.0.1', port: server.port, secret: 'right', retryMaxDelay: 20 });
    srf.connect();
    await once(srf, 'connect');
    const waiting = srf.send('sip:a@192.0.2.9', { method: 'OPTIONS' });
    server.cut();
    await expect(waiting).rejects.toMatchObject({ code: 'drachtio-lost', sipStatus: 503 });
    await expect(srf.send('sip:a@192.0.2.9', { method: 'OPTIONS' })).rejects.toMatchObject({ code: 'drachtio-lost' });
    srf.close();
  });
});

test('N4: what a server does not read is counted, until the link is lost', async () => {
  const server = await FakeServer.start('right');
  const srf = new Srf({ host: '127.0.0.1', port: server.port, secret: 'right', retryMaxDelay: 20 });
  expect(srf.unread).toBe(0);
  srf.connect();
  await once(srf, 'connect');
  server.stall();
  const body = 'x'.repeat(9000);
  const sent: Promise<unknown>[] = [];
  // The kernel takes some megabytes first.
  while (srf.unread < 1_000_000) {
    for (let i = 0; i < 100; i++) sent.push(srf.send('sip:a@192.0.2.9', { method: 'MESSAGE', body }).catch(() => 0));
    await new Promise(setImmediate);
  }
  server.cut();
  await Promise.all(sent);
  expect(srf.unread).toBe(0);
  srf.close();
  server.close();
});

describe('what drachtio can send', () => {
  test('a message that would stall the link is refused', async () => {
    const body = 'x'.repeat(12_000);
    const headers = { [uncarriedHeader]: 'yes' };
    expect(fitsFrame({ headers: { Subject: 'short' } })).toBe(true);
    expect(fitsFrame({ headers, body })).toBe(false);
    expect(fitsFrame({ body })).toBe(true);
    const server = await FakeServer.start('right');
    const srf = new Srf({ host: '127.0.0.1', port: server.port, secret: 'right' });
    srf.connect();
    await once(srf, 'connect');
    const sent = srf.send('sip:a@192.0.2.9', { method: 'MESSAGE', headers, body });
    await expect(sent).rejects.toMatchObject({ code: 'message-too-large', sipStatus: 513 });
    srf.close();
    server.close();
  });

  test.each([
    [486, 486],
    [199, 199],
    [188, 183],
    [299, 200],
    [499, 400],
    [607, 600],
    [999, 500],
  ])('status %i goes out as %i', (status, sent) => {
    expect(sendableStatus(status)).toBe(sent);
  });

  test.each([
    ['sip:a@192.0.2.1:5070;transport=tcp', { scheme: 'sip', user: 'a', host: '192.0.2.1', port: 5070 }],
    ['sip:[2001:db8::1]', { host: '[2001:db8::1]', port: Number.NaN }],
    ['tel:+1555', { scheme: 'tel' }],
  ])('%s is read', (uri, parts) => {
    expect(parseUri(uri)).toMatchObject(parts);
  });
});
