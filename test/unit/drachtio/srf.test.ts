import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { fitsFrame, Srf } from '../../../lib/drachtio/srf';
import type { UntypedSrf } from '../../../lib/drachtio/untyped-srf';
import { headerOf } from '../../../lib/drachtio/fence/hidden-headers';
import { sendableStatus } from '../../../lib/drachtio/status';

/** The admin side of a SIP server that answers `authenticate` as told, and sends what it is to send to nobody. */
class FakeServer {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly port: number;
  /** Ids of pings that have no answer. */
  readonly pings: string[] = [];
  #answers = false;

  private constructor(server: Server, sockets: Set<Socket>) {
    this.#server = server;
    this.#sockets = sockets;
    this.port = (server.address() as AddressInfo).port;
  }

  static async start(secret: string): Promise<FakeServer> {
    const sockets = new Set<Socket>();
    const server = createServer({ noDelay: true }, (socket) => {
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
      socket.on('data', (bytes) => {
        const [, id, message = ''] = /#([^|]+)\|sip\|[^\r]*\r\n([^]*)/.exec(bytes.toString()) ?? [];
        if (id === undefined) return;
        const sent = `application|100|udp|192.0.2.9|5060|10:00:00.000000|transaction-${id}|Msg sent:|\r\n${message}`;
        const answer = `x|response|${id}|OK|${sent}`;
        socket.write(`${answer.length}#${answer}`);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const fake = new FakeServer(server, sockets);
    server.on('connection', (socket: Socket) =>
      socket.on('data', (bytes) => {
        for (const [, id = ''] of bytes.toString().matchAll(/#([^|]+)\|ping/g)) fake.#pinged(id);
      }),
    );
    return fake;
  }

  /** Answers all pings, those that have come too. */
  answerPings(): void {
    this.#answers = true;
    for (const id of this.pings.splice(0)) this.#pinged(id);
  }

  #pinged(id: string): void {
    const answer = `x|response|${id}|OK|pong`;
    if (!this.#answers) this.pings.push(id);
    else for (const socket of this.#sockets) socket.write(`${answer.length}#${answer}`);
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

  describe('P19: a server that does not answer', () => {
    beforeEach(() => {
      jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'setTimeout', 'clearTimeout', 'queueMicrotask'] });
    });

    afterEach(() => jest.useRealTimers());

    /** Time passes, and what was sent meanwhile arrives. */
    async function pass(seconds: number): Promise<void> {
      for (let i = 0; i < seconds; i++) {
        jest.advanceTimersByTime(1000);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }

    async function connected(): Promise<{ srf: Srf; told: unknown[] }> {
      const srf = new Srf({ host: '127.0.0.1', port: server.port, secret: 'right', retryMaxDelay: 50 });
      const told: unknown[] = [];
      srf.on('silent', (seconds) => told.push(seconds)).on('answering', () => told.push('answering'));
      srf.on('disconnect', () => told.push('disconnect'));
      srf.connect();
      await once(srf, 'connect');
      return { srf, told };
    }

    test('is told once, and when it answers again', async () => {
      const { srf, told } = await connected();
      await pass(9);
      expect(told).toEqual([]);
      await pass(20);
      expect(told).toEqual([5]);
      server.answerPings();
      await pass(2);
      expect(told).toEqual([5, 'answering']);
      await pass(60);
      expect(told).toHaveLength(2);
      srf.close();
    });

    test('is given up in the end, with what was under way', async () => {
      const { srf, told } = await connected();
      const again = once(srf, 'connect');
      await pass(60);
      expect(told.slice(0, 2)).toEqual([5, 'disconnect']);
      await again;
      srf.close();
    });
  });

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

describe('N3: a request that the server has sent and never answers', () => {
  const opened: { close(): void }[] = [];

  afterEach(() => {
    for (const each of opened.splice(0)) each.close();
    jest.useRealTimers();
  });

  async function connected(): Promise<Srf> {
    const server = await FakeServer.start('right');
    const srf = new Srf({ host: '127.0.0.1', port: server.port, secret: 'right' });
    opened.push(srf, server);
    srf.connect();
    await once(srf, 'connect');
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance'] });
    return srf;
  }

  /** Those that drachtio-srf keeps. */
  const kept = (srf: Srf) =>
    [...(srf as unknown as { srf: UntypedSrf }).srf.app.client!.mapServer.values()].map((each) => [
      ...each.pendingSipRequests.keys(),
    ]);

  test('is given up, and nothing of it is kept', async () => {
    const srf = await connected();
    const answered = srf.send('sip:a@192.0.2.9', { method: 'OPTIONS' });
    while (kept(srf)[0]?.length !== 1) await new Promise(setImmediate);
    jest.advanceTimersByTime(40_000);
    await expect(answered).rejects.toMatchObject({ code: 'sip-timeout', sipStatus: 408 });
    expect(kept(srf)).toEqual([[]]);
  });

  test('is given up if it was an INVITE that is cancelled', async () => {
    const srf = await connected();
    const invite = await srf.request('sip:a@192.0.2.9', { method: 'INVITE', body: 'v=0' });
    srf.cancel(invite);
    jest.advanceTimersByTime(40_000);
    expect(kept(srf)).toEqual([[]]);
  });

  test('leaves no timer behind when the link is closed', async () => {
    const srf = await connected();
    await srf.request('sip:a@192.0.2.9', { method: 'INVITE', body: 'v=0' });
    const lost = once(srf, 'disconnect');
    srf.close();
    await lost;
    expect(jest.getTimerCount()).toBe(0);
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
  test('N3: a message that would stall the link is refused, be it for its URI', async () => {
    const body = 'x'.repeat(12_000);
    const headers = { [headerOf('Uncarried')]: 'yes' };
    expect(fitsFrame({ headers: { Subject: 'short' } })).toBe(true);
    expect(fitsFrame({ headers, body })).toBe(false);
    expect(fitsFrame({ body })).toBe(true);
    const server = await FakeServer.start('right');
    const srf = new Srf({ host: '127.0.0.1', port: server.port, secret: 'right' });
    srf.connect();
    await once(srf, 'connect');
    const sent = srf.send('sip:a@192.0.2.9', { method: 'MESSAGE', headers, body });
    await expect(sent).rejects.toMatchObject({ code: 'message-too-large', sipStatus: 513 });
    const uri = `sip:${'u'.repeat(8000)}@192.0.2.9`;
    const named = srf.send(uri, { method: 'MESSAGE', headers: { To: `<${uri}>` } });
    await expect(named).rejects.toMatchObject({ code: 'message-too-large', sipStatus: 513 });
    srf.close();
    server.close();
  });

  test.each([
    [486, 486],
    [189, 189],
    [299, 299],
    [469, 469],
    [607, 607],
    [999, 500],
    [0, 500],
  ])('status %i goes out as %i', (status, sent) => {
    expect(sendableStatus(status)).toBe(sent);
  });
});
