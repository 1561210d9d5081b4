import { once } from 'node:events';
import { request } from 'node:http';
import { request as secureRequest, type RequestOptions } from 'node:https';
import { createServer, type AddressInfo } from 'node:net';
import { AdminServer, type AdministeredEdge, type AdminTls } from '../../../lib/admin/admin-server';
import { createLogger } from '../../../lib/ops/logger';
import { selfSigned } from '../access/self-signed';

const token = 'a token of the test';
const bearer = { authorization: 'Bearer a-token-of-the-test' };
const metrics = { contentType: 'text/plain', text: () => Promise.resolve('calls 3\n') };
let server: AdminServer;
const logger = createLogger('silent', { write: () => undefined });

async function started(edge: Partial<AdministeredEdge> = {}, given?: string, tls?: AdminTls): Promise<string> {
  server = new AdminServer({
    at: { address: '127.0.0.1', port: 0 },
    token: given,
    tls,
    edge: {
      status: () => ({ calls: 3 }),
      health: () => [],
      drain: () => Promise.resolve(),
      resume: () => true,
      ...edge,
    },
    metrics,
    logger,
  });
  await server.start();
  return `http${tls ? 's' : ''}://127.0.0.1:${server.port}`;
}

const answer = async (url: string, headers: Record<string, string> = {}): Promise<[number, unknown]> => {
  const response = await fetch(url, { headers });
  return [response.status, await response.json()];
};

/** `fetch` writes Host by itself. */
async function statusFor(host: string): Promise<number | undefined> {
  const asked = request({ host: '127.0.0.1', port: server.port, path: '/status', headers: { host } }).end();
  const [{ statusCode }] = (await once(asked, 'response')) as [{ statusCode?: number }];
  asked.destroy();
  return statusCode;
}

afterEach(() => server.close());

describe('the admin server', () => {
  it('I7: /live says that the process works, whatever is wrong with the edge', async () => {
    const at = await started({ health: () => [{ part: 'drachtio', reason: 'gone', isBlocking: true }] });
    expect(await answer(`${at}/live`)).toEqual([200, { live: true }]);
  });

  it('I7, P19: /ready is 503 while something keeps the edge from new calls, and says what', async () => {
    const troubles = [{ part: 'drachtio', reason: 'the SIP server does not answer', isBlocking: true }];
    const at = await started({ health: () => troubles });
    expect(await answer(`${at}/ready`)).toEqual([503, { ready: false, troubles }]);
    troubles.length = 0;
    expect(await answer(`${at}/ready`)).toEqual([200, { ready: true, troubles: [] }]);
  });

  it('I7: one lost rtpengine of several is told, and keeps no calls away', async () => {
    const troubles = [{ part: 'rtpengine', reason: 'tcp://192.0.2.7:2223 does not answer', isBlocking: false }];
    const at = await started({ health: () => troubles });
    expect(await answer(`${at}/ready`)).toEqual([200, { ready: true, troubles }]);
  });

  it('I7: /status says what the edge carries', async () => {
    expect(await answer(`${await started()}/status`)).toEqual([200, { calls: 3 }]);
  });

  it('I4: /metrics is for Prometheus', async () => {
    const response = await fetch(`${await started()}/metrics`);
    expect([response.headers.get('content-type'), await response.text()]).toEqual(['text/plain', 'calls 3\n']);
  });

  it('I6: PUT /drain begins a drain, DELETE /drain takes it back', async () => {
    const told: string[] = [];
    const drain = () => Promise.resolve(told.push('drain'));
    const resume = () => told.push('resume') > 0;
    const at = await started({ drain, resume, status: () => ({ state: told.at(-1) }) });
    const ask = async (method: string): Promise<unknown> => (await fetch(`${at}/drain`, { method })).json();
    expect([await ask('PUT'), await ask('DELETE')]).toEqual([{ state: 'drain' }, { state: 'resume' }]);
    // A page in a browser can ask for these without being asked itself.
    await Promise.all(['GET', 'POST', 'HEAD'].map((method) => fetch(`${at}/drain`, { method })));
    expect(told).toEqual(['drain', 'resume']);
  });

  it('I6: a drain that cannot be taken back is 409', async () => {
    const at = await started({ resume: () => false });
    expect((await fetch(`${at}/drain`, { method: 'DELETE' })).status).toBe(409);
  });

  it('PUT /log-level has the log say more, or less', async () => {
    const at = await started();
    const put = async (level: string) => (await fetch(`${at}/log-level/${level}`, { method: 'PUT' })).status;
    expect([await put('debug'), logger.level]).toEqual([200, 'debug']);
    expect([await put('loud'), await put('constructor'), logger.level]).toEqual([400, 400, 'debug']);
    expect([await put('silent'), logger.level]).toEqual([200, 'silent']);
  });

  it('what fails is a 500 that tells nothing of it', async () => {
    const at = await started({
      status: () => {
        throw new Error('of the inside');
      },
    });
    expect(await answer(`${at}/status`)).toEqual([500, { error: 'The request failed here.' }]);
    expect(await answer(`${at}/nothing`)).toEqual([404, { error: 'There is nothing here.' }]);
  });

  it.each<[Record<string, string>]>([[{}], [{ authorization: `Bearer ${token}` }], [{ authorization: 'Basic YTpi' }]])(
    'where a token is set, %o is refused',
    async (headers) => {
      const at = await started({}, 'a-token-of-the-test');
      expect(await answer(`${at}/status`, headers)).toEqual([401, { error: expect.stringContaining('Bearer') }]);
    },
  );

  it('where a token is set, who has none gets the status of /ready alone', async () => {
    const troubles = [{ part: 'load', reason: 'late', isBlocking: true }];
    const at = await started({ health: () => troubles }, 'a-token-of-the-test');
    expect(await answer(`${at}/ready`)).toEqual([503, { ready: false }]);
    expect(await answer(`${at}/ready`, bearer)).toEqual([503, { ready: false, troubles }]);
    expect(await answer(`${at}/status`, bearer)).toEqual([200, { calls: 3 }]);
  });

  it('a page whose name resolves to loopback gets nothing', async () => {
    await started();
    const hosts = ['phone.example.com', 'phone.example.com:8480', '127.0.0.1:8480', '[::1]:8480', 'localhost'];
    expect(await Promise.all(hosts.map(statusFor))).toEqual([403, 403, 200, 200, 200]);
  });

  it('a port that is taken is named', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const edge = { status: () => ({}), health: () => [], drain: () => Promise.resolve(), resume: () => true };
    server = new AdminServer({
      ...{ at: { address: '127.0.0.1', port }, token: undefined, edge, metrics },
      logger: createLogger('silent'),
    });
    await expect(server.start()).rejects.toMatchObject({
      code: 'admin-listen-failed',
      message: `Cannot listen on TCP 127.0.0.1:${port}: the address is already in use.`,
    });
    other.close();
  });
});

describe('I4, I7: the admin server with TLS', () => {
  const own = selfSigned('admin.test');
  const client = selfSigned('prometheus.test');
  const stranger = selfSigned('stranger.test');

  /** The status, or why there is none. */
  async function asked(url: string, path: string, options: RequestOptions = {}): Promise<number | string | undefined> {
    const ask = secureRequest(url + path, { ca: own.cert, servername: 'admin.test', ...options }).end();
    try {
      const [response] = (await once(ask, 'response')) as [{ statusCode?: number; resume(): void }];
      response.resume();
      return response.statusCode;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code;
    }
  }

  it('asks for the token as without it, whatever Host says', async () => {
    const at = await started({}, 'a-token-of-the-test', own);
    expect(await asked(at, '/live')).toBe(200);
    expect(await asked(at, '/status')).toBe(401);
    expect(await asked(at, '/status', { headers: { ...bearer, host: 'edge.example.net' } })).toBe(200);
    expect(await asked(at, '/live', { ca: client.cert })).toMatch(/SELF_SIGNED|UNABLE_TO/);
  });

  it('takes clients whose certificate is of its authority, and no others', async () => {
    const at = await started({}, undefined, { ...own, clientCa: client.cert });
    expect(await asked(at, '/status', { ...client, headers: { host: 'edge.example.net' } })).toBe(200);
    expect(await asked(at, '/live')).toMatch(/^(ERR_SSL|ECONNRESET|EPIPE)/);
    expect(await asked(at, '/live', { ...stranger })).toMatch(/^(ERR_SSL|ECONNRESET|EPIPE)/);
  });

  it('speaks no plain HTTP then', async () => {
    const at = await started({}, undefined, own);
    await expect(fetch(`${at.replace('https', 'http')}/live`)).rejects.toThrow();
  });
});
