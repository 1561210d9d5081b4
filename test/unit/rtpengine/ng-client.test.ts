import { NgClient } from '../../../lib/rtpengine/ng-client';
import { FakeNgServer } from './fake-ng-server';

describe.each(['tcp', 'udp'] as const)('the ng client over %s', (transport) => {
  let server: FakeNgServer;
  let client: NgClient;

  beforeEach(async () => {
    server = await FakeNgServer.start(undefined, transport);
    client = new NgClient({ at: server.at, timeoutMs: 1000 });
  });
  afterEach(async () => {
    client.close();
    await server.close();
  });

  test('a command gets its reply', async () => {
    await expect(client.request('ping', {})).resolves.toEqual({ result: 'pong' });
    expect(client.pending).toBe(0);
  });

  test('commands do not wait for each other, and each gets its own reply', async () => {
    server.answer = () => {
      if (server.requests.length < 20) return;
      for (const request of [...server.requests].reverse())
        request.reply({ result: 'ok', sdp: request.options['sdp'] });
    };
    const calls = Array.from({ length: 20 }, (_, i) => `call ${i}`);
    const replies = calls.map((call) =>
      client.request('query', { 'call-id': call, sdp: call } as { 'call-id': string }),
    );
    expect((await Promise.all(replies)).map(({ sdp }) => sdp)).toEqual(calls);
  });

  test('silence ends in 503 with Retry-After', async () => {
    server.answer = () => undefined;
    await expect(client.request('ping', {})).rejects.toMatchObject({
      code: 'anchor-unavailable',
      sipStatus: 503,
    });
    expect(client.pending).toBe(0);
  });

  describe('N4: in a process that is busy', () => {
    let clock: number;

    beforeEach(() => {
      clock = 0;
      jest.useFakeTimers({ doNotFake: ['performance', 'setImmediate', 'nextTick', 'queueMicrotask'] });
      jest.spyOn(performance, 'now').mockImplementation(() => clock);
    });
    afterEach(() => {
      jest.restoreAllMocks();
      jest.useRealTimers();
    });

    /** Timers that are due fire, and what comes of it is done; the clock says how late they are. */
    async function fire(lateMs: number): Promise<void> {
      clock += 1000 + lateMs;
      jest.advanceTimersByTime(1000);
      for (let i = 0; i < 5; i++) await new Promise(setImmediate);
    }

    test('a time-out that comes late gives replies that wait as much time again', async () => {
      server.answer = () => undefined;
      const waiting = client.request('query', { 'call-id': 'c' });
      await server.received(1);
      await fire(2000);
      expect(client.pending).toBe(1);
      server.requests[0]!.reply({ result: 'ok' });
      await expect(waiting).resolves.toEqual({ result: 'ok' });
    });

    test('each command ends all the same', async () => {
      server.answer = () => undefined;
      const waiting = client.request('query', { 'call-id': 'c' }).catch(() => 'ended');
      for (let i = 0; i < 20; i++) await fire(2000);
      await expect(waiting).resolves.toBe('ended');
    });
  });

  test.each([
    ['Unknown call-id', 'anchor-call-unknown', 503],
    ['Failed to parse SDP', 'sdp-invalid', 488],
    ['Error rewriting SDP', 'sdp-invalid', 488],
    ['Ran out of ports', 'anchor-refused', 503],
  ])('a refusal "%s" is %s and carries the reason', async (reason, code, sipStatus) => {
    server.answer = (request) => request.reply({ result: 'error', 'error-reason': reason });
    const message = `rtpengine refused query: ${reason}.`;
    await expect(client.request('query', { 'call-id': 'c' })).rejects.toMatchObject({ code, sipStatus, message });
  });

  test('late and double replies, and those to nobody, are left out', async () => {
    const consoleLog = jest.spyOn(console, 'log');
    server.answer = (request) => {
      request.reply({ result: 'old' }, '00000000-0000-4000-8000-000000000000');
      request.reply({ result: 'pong' });
      request.reply({ result: 'pong' });
    };
    await expect(client.request('ping', {})).resolves.toEqual({ result: 'pong' });
    await expect(client.request('ping', {})).resolves.toEqual({ result: 'pong' });
    expect(consoleLog).not.toHaveBeenCalled();
    consoleLog.mockRestore();
  });

  test('a reply that cannot be read ends the command', async () => {
    server.answer = (request) => request.send(Buffer.from(`${request.cookie} 3:abc`));
    await expect(client.request('ping', {})).rejects.toMatchObject({ code: 'anchor-unavailable' });
  });

  test('a name that cannot be resolved ends the command, and is told', async () => {
    const lost = new NgClient({ at: { transport, host: 'rtpengine.invalid', port: 22222 }, timeoutMs: 1000 });
    await expect(lost.request('ping', {})).rejects.toMatchObject({
      code: 'anchor-unavailable',
      message: expect.stringMatching(/rtpengine\.invalid:22222 is not available: .*getaddrinfo/) as string,
    });
    lost.close();
  });

  test('close ends what waits, and may be called twice', async () => {
    server.answer = () => undefined;
    const waiting = client.request('ping', {});
    await server.received(1);
    client.close();
    client.close();
    await expect(waiting).rejects.toMatchObject({ code: 'anchor-unavailable' });
    await expect(client.request('ping', {})).rejects.toMatchObject({ code: 'anchor-unavailable' });
  });

  test('a command too many is refused, and those that wait go on', async () => {
    server.answer = () => undefined;
    const waiting = Array.from({ length: 2048 }, () => client.request('ping', {}).catch(() => 'ended'));
    await expect(client.request('ping', {})).rejects.toMatchObject({
      message: expect.stringMatching(/2048/) as string,
    });
    expect(client.pending).toBe(2048);
    client.close();
    await Promise.all(waiting);
  });
});

describe('the ng client over UDP', () => {
  test('sends a command again with the same cookie, and takes no notice of what is no reply', async () => {
    const server = await FakeNgServer.start();
    const client = new NgClient({ at: server.at });
    server.answer = (request) => {
      request.send(Buffer.from('nonsense'));
      request.send(Buffer.alloc(0));
      if (server.requests.length === 3) request.reply({ result: 'ok', sdp: 'x' });
    };
    await expect(client.request('query', { 'call-id': 'c' })).resolves.toMatchObject({ result: 'ok' });
    expect(new Set(server.requests.map(({ cookie }) => cookie)).size).toBe(1);
    expect(server.requests).toHaveLength(3);
    client.close();
    await server.close();
  });
});

describe('the ng client over TCP', () => {
  let server: FakeNgServer;
  let client: NgClient;

  beforeEach(async () => {
    server = await FakeNgServer.start(undefined, 'tcp');
    client = new NgClient({ at: server.at });
  });
  afterEach(async () => {
    client.close();
    await server.close();
  });

  test('sends what was under way again, with the same cookie, on another connection when one ends', async () => {
    server.answer = (request) => {
      if (server.connections.length === 2) request.reply({ result: 'ok' });
      else if (server.requests.length === 2) server.connections[0]!.destroy();
    };
    await Promise.all(['a', 'b'].map((call) => client.request('query', { 'call-id': call })));
    const [first, second, ...again] = server.requests.map(({ cookie }) => cookie);
    expect(again).toEqual([first, second]);
  });

  test('ends a command at once whose connections end each time', async () => {
    server.answer = () => server.connections.at(-1)?.destroy();
    await expect(client.request('ping', {})).rejects.toMatchObject({ code: 'anchor-unavailable' });
    expect(server.connections).toHaveLength(3);
    expect(client.pending).toBe(0);
  });

  test('ends a command at once where nobody listens, and takes the next one when somebody does', async () => {
    let clock = performance.now();
    const now = jest.spyOn(performance, 'now').mockImplementation(() => clock);
    const { port } = server.at;
    await server.close();
    await expect(client.request('ping', {})).rejects.toMatchObject({
      message: expect.stringMatching(/^rtpengine at tcp:\/\/127.0.0.1:\d+ is not available: .*ECONNREFUSED/) as string,
    });
    server = await FakeNgServer.start(undefined, 'tcp', port);
    // It does not try again at once.
    await expect(client.request('ping', {})).rejects.toMatchObject({ code: 'anchor-unavailable' });
    clock += 300;
    await expect(client.request('ping', {})).resolves.toEqual({ result: 'pong' });
    now.mockRestore();
  });

  test('gives up a connection on which nothing comes any more', async () => {
    await client.request('ping', {});
    server.answer = (request) => {
      if (server.connections.length > 1) request.reply({ result: 'pong' });
    };
    await expect(client.request('ping', {})).rejects.toMatchObject({
      message: expect.stringMatching(/did not answer within 1000 ms/) as string,
    });
    await expect(client.request('ping', {})).resolves.toEqual({ result: 'pong' });
  });

  test('keeps a connection on which other commands are answered', async () => {
    server.answer = (request) => {
      if (request.command === 'ping') request.reply({ result: 'pong' });
    };
    const lost = client.request('query', { 'call-id': 'c' });
    const pings = setInterval(() => void client.request('ping', {}), 100);
    await expect(lost).rejects.toMatchObject({ code: 'anchor-unavailable' });
    clearInterval(pings);
    await client.request('ping', {});
    expect(server.connections).toHaveLength(1);
  });

  test('gives up a connection whose bytes are no ng, and sends what waits on another', async () => {
    server.answer = (request) => {
      if (server.connections.length > 1) request.reply({ result: 'pong' });
      else request.send(Buffer.from('HTTP/1.1 400 Bad Request\r\n'));
    };
    await expect(client.request('ping', {})).resolves.toEqual({ result: 'pong' });
  });

  test('reaches an IPv6 address', async () => {
    const lost = new NgClient({ at: { transport: 'tcp', host: '::1', port: 9 } });
    await expect(lost.request('ping', {})).rejects.toMatchObject({
      message: expect.stringMatching(/^rtpengine at tcp:\/\/\[::1\]:9 is not available: connect/) as string,
    });
    lost.close();
  });
});
