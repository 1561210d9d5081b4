import { NgClient } from '../../../lib/rtpengine/ng-client';
import { FakeNgServer } from './fake-ng-server';

describe('the ng client', () => {
  let server: FakeNgServer;
  let client: NgClient;

  beforeEach(async () => {
    server = await FakeNgServer.start();
    client = new NgClient({ host: '127.0.0.1', port: server.port, timeoutMs: 1000 });
  });
  afterEach(async () => {
    client.close();
    await server.close();
  });

  test('a command gets its reply', async () => {
    await expect(client.request('ping', {})).resolves.toEqual({ result: 'pong' });
    expect(client.pending).toBe(0);
  });

  test('a lost request is repeated with the same cookie', async () => {
    server.answer = (request) => {
      if (server.requests.length === 3) request.reply({ result: 'ok', sdp: 'x' });
    };
    await expect(client.request('query', { 'call-id': 'c' })).resolves.toMatchObject({ result: 'ok' });
    expect(new Set(server.requests.map(({ cookie }) => cookie)).size).toBe(1);
    expect(server.requests).toHaveLength(3);
  });

  test('late, double, strange and unreadable replies are left out', async () => {
    const consoleLog = jest.spyOn(console, 'log');
    server.answer = (request) => {
      request.reply({ result: 'old' }, '00000000-0000-4000-8000-000000000000');
      request.send(Buffer.from('nonsense'));
      request.send(Buffer.alloc(0));
      request.reply({ result: 'pong' });
      request.reply({ result: 'pong' });
    };
    await expect(client.request('ping', {})).resolves.toEqual({ result: 'pong' });
    await expect(client.request('ping', {})).resolves.toEqual({ result: 'pong' });
    expect(consoleLog).not.toHaveBeenCalled();
    consoleLog.mockRestore();
  });

  test('silence ends in 503 with Retry-After', async () => {
    server.answer = () => undefined;
    await expect(client.request('ping', {})).rejects.toMatchObject({
      code: 'anchor-unavailable',
      sipStatus: 503,
      retryAfter: 5,
    });
    expect(client.pending).toBe(0);
  });

  test("a refusal carries rtpengine's reason", async () => {
    server.answer = (request) => request.reply({ result: 'error', 'error-reason': 'Unknown call-id' });
    await expect(client.request('query', { 'call-id': 'c' })).rejects.toMatchObject({
      code: 'anchor-refused',
      message: 'rtpengine refused query: Unknown call-id.',
    });
  });

  test('a reply that cannot be read ends the command', async () => {
    server.answer = (request) => request.send(Buffer.from(`${request.cookie} d3:`));
    await expect(client.request('ping', {})).rejects.toMatchObject({ code: 'anchor-unavailable' });
  });

  test('a name that cannot be resolved ends the command', async () => {
    const lost = new NgClient({ host: 'rtpengine.invalid', port: 22222, timeoutMs: 1000 });
    await expect(lost.request('ping', {})).rejects.toMatchObject({ code: 'anchor-unavailable' });
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

  test('an IPv6 control address is refused when it is named', () => {
    expect(() => new NgClient({ host: '::1', port: 1 })).toThrow(expect.objectContaining({ code: 'setting-invalid' }));
  });
});
