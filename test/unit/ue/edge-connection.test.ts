import { createServer as createHttpServer } from 'node:http';
import { WebSocketServer } from 'ws';
import type { IncomingRequest, SentRequest } from '../../../lib/drachtio/messages';
import type { EdgeError } from '../../../lib/errors';
import { createLogger } from '../../../lib/ops/logger';
import { EdgeConnection, type SipTransport } from '../../../lib/ue/edge-connection';
import { SipLink } from '../../../lib/ue/sip-link';
import { UserAgent } from '../../../lib/ue/user-agent';
import { selfSigned } from '../access/self-signed';
import { connectProxy, Listening, tcpServer, tlsFront, webSocketFront } from './edge-side';

const logger = createLogger('silent');
const local = '127.0.0.1';
const name = 'edge.example.net';
const certificate = selfSigned(name);
const verified = { ca: certificate.cert, serverName: name };

const opened: { close(): unknown }[] = [];

function kept<T extends { close(): unknown }>(one: T): T {
  opened.push(one);
  return one;
}

afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
});

async function userAgent(edge: { host: string; port: number }, transport?: SipTransport): Promise<UserAgent> {
  const user = { user: 'alice', domain: 'example.net', password: undefined, limit: 1 };
  return kept(await UserAgent.open({ edge, transport, local, ...user, logger, observer: () => undefined }));
}

/** A SIP server on TCP that grants registrations and remembers the connections that they came over. */
class Registrar {
  readonly requests: IncomingRequest[] = [];
  readonly port: number;
  readonly #link: SipLink;

  private constructor(link: SipLink, requests: IncomingRequest[]) {
    this.#link = link;
    this.requests = requests;
    this.port = Number(/:(\d+)$/.exec(link.contacts[0] ?? '')?.[1]);
  }

  static async start(): Promise<Registrar> {
    const requests: IncomingRequest[] = [];
    const link = await SipLink.open({ contacts: [`sip:${local}:0;transport=tcp`], logger }, (srf) => {
      srf.handle('REGISTER', (request, response) => {
        requests.push(request);
        const headers = { Contact: `${request.get('Contact') ?? ''};expires=600` };
        response.send(200, undefined, { headers });
      });
      srf.handle('MESSAGE', (request, response) => {
        requests.push(request);
        response.send(200, undefined);
      });
    });
    return kept(new Registrar(link, requests));
  }

  /** Calls the Contact of the first REGISTER on its connection; resolves when the UE has hung up. */
  async call(): Promise<void> {
    const { srf } = this.#link;
    const [contact] = this.requests[0]!.getParsedHeader('contact');
    const headers = { From: '<sip:bob@example.net>', To: '<sip:alice@example.net>', 'Content-Type': 'application/sdp' };
    const lines = ['v=0', `o=- 1 1 IN IP4 ${local}`, 's=-', `c=IN IP4 ${local}`, 't=0 0', 'm=audio 9 RTP/AVP 0', ''];
    await new Promise<void>((resolve, reject) => {
      const invite = { method: 'INVITE' as const, headers, body: lines.join('\r\n') };
      const sent = srf.request(contact!.uri, invite, (request: SentRequest) => {
        request.on('response', (response, acknowledge) => {
          if (response.status >= 300) reject(new Error(`INVITE was answered ${response.status}`));
          if (response.status < 200 || response.status >= 300) return;
          acknowledge();
          srf.uacDialog(request, response).on('destroy', () => resolve());
        });
      });
      sent.catch(reject);
    });
  }

  async close(): Promise<void> {
    await this.#link.close();
  }
}

describe('a UE registers, sends a text, is called and hangs up (J3, J4)', () => {
  const invalid = '[0-9a-f-]+\\.invalid';
  const ip = '127\\.0\\.0\\.1:\\d+';

  async function through(
    front: (port: number) => Promise<{ port: number }>,
    transport: SipTransport,
  ): Promise<IncomingRequest[]> {
    const registrar = await Registrar.start();
    const { port } = await front(registrar.port);
    const agent = await userAgent({ host: local, port }, transport);
    await agent.register();
    await agent.message('sip:bob@example.net', 'hello');
    const incoming = agent.take(10_000);
    const ended = registrar.call();
    await (await incoming).hangUp();
    await ended;
    return registrar.requests;
  }

  const tls = async (port: number) => kept(await tlsFront(certificate, port));

  test.each([
    ['TCP', (port: number) => Promise.resolve({ port }), {}, `TCP ${ip}`, `${ip};transport=tcp`],
    ['TLS', tls, { tls: verified }, `TLS ${ip}`, `${ip};transport=tls`],
    ['TLS without verifying', tls, { tls: { insecure: true } }, `TLS ${ip}`, `${ip};transport=tls`],
  ] as const)('over %s', async (_, front, transport, via, contact) => {
    const [register, message] = await through(front, transport);
    for (const request of [register, message]) expect(request?.get('Via')).toMatch(new RegExp(`^SIP/2\\.0/${via};`));
    expect(register?.get('Contact')).toMatch(new RegExp(`^<sip:alice@${contact}>`));
  });

  test.each([
    ['WebSocket', false, 'WS'],
    ['secure WebSocket', true, 'WSS'],
  ] as const)('over %s', async (_, isSecure, via) => {
    const seen: string[] = [];
    const front = async (port: number) => {
      const plain = kept(await webSocketFront(port, (message) => seen.push(message)));
      return isSecure ? kept(await tlsFront(certificate, plain.port)) : plain;
    };
    const transport = { webSocket: true, ...(isSecure && { tls: verified }) };
    const [register, message] = await through(front, transport);
    for (const request of [register, message]) {
      expect(request?.get('Via')).toMatch(new RegExp(`^SIP/2\\.0/${via} ${invalid};`));
    }
    expect(register?.get('Contact')).toMatch(new RegExp(`^<sip:alice@${invalid};transport=ws>`));
    // All of it, answers and the BYE too, on that connection.
    const methods = seen.map((text) => /^(?:SIP\/2\.0 \d+|[A-Z]+)/.exec(text)?.[0]);
    expect(methods).toEqual(['REGISTER', 'MESSAGE', 'SIP/2.0 100', 'SIP/2.0 180', 'SIP/2.0 200', 'BYE']);
  });

  test.each([
    ['TCP', {}],
    ['TLS', { tls: verified }],
  ] as const)('over %s through an HTTP proxy, which looks the name up', async (_, transport) => {
    const asked: [string, string | undefined][] = [];
    const proxy = kept(await connectProxy((...one) => asked.push(one)));
    const registrar = await Registrar.start();
    const edge = 'tls' in transport ? kept(await tlsFront(certificate, registrar.port)) : registrar;
    const agent = await userAgent(
      { host: name, port: edge.port },
      { ...transport, proxy: { host: local, port: proxy.port, credentials: 'me:secret' } },
    );
    await agent.register();
    expect(asked).toEqual([[`${name}:${edge.port}`, `Basic ${Buffer.from('me:secret').toString('base64')}`]]);
    await agent.message('sip:bob@example.net', 'hello');
    expect(asked).toHaveLength(1);
  });

  it('opens a new connection when the old one is gone', async () => {
    const registrar = await Registrar.start();
    const front = await tlsFront(certificate, registrar.port);
    const { port } = front;
    const agent = await userAgent({ host: local, port }, { tls: { insecure: true } });
    await agent.register();
    await front.close();
    await expect(agent.message('sip:bob@example.net', 'one')).rejects.toMatchObject({ code: 'edge-unreachable' });
    kept(await tlsFront(certificate, registrar.port, port));
    await agent.message('sip:bob@example.net', 'two');
    expect(registrar.requests.at(-1)?.body).toBe('two');
  });
});

describe('a UE that cannot reach its edge says why in one line', () => {
  async function failure(
    edge: { host?: string; port: number },
    transport?: SipTransport,
  ): Promise<[code: string, message: string]> {
    const at = { host: edge.host ?? local, port: edge.port };
    const agent = await userAgent(at, transport);
    const { code, message } = (await agent.register().catch((error: unknown) => error)) as EdgeError;
    return [code, message.replaceAll(new RegExp(`:(?:${at.port}|${transport?.proxy?.port ?? 0})\\b`, 'g'), '')];
  }

  async function closedPort(): Promise<number> {
    const server = await tcpServer(() => undefined);
    const { port } = server;
    await server.close();
    return port;
  }

  const answering = async (text: string) =>
    kept(await tcpServer((socket) => void socket.once('data', () => socket.end(text))));

  it('nobody listens', async () => {
    const expected = ['edge-unreachable', 'The edge at 127.0.0.1 cannot be reached: connection refused.'];
    expect(await failure({ port: await closedPort() })).toEqual(expected);
  });

  it('its name is not known', async () => {
    const expected = ['edge-unreachable', 'The edge at edge.invalid cannot be reached: host name not found.'];
    expect(await failure({ host: 'edge.invalid', port: 443 })).toEqual(expected);
  });

  it('the connection is ended at once', async () => {
    const expected = ['edge-unreachable', 'The edge at 127.0.0.1 has ended the connection.'];
    expect(await failure(await answering(''))).toEqual(expected);
  });

  it('nothing comes before it is given up', async () => {
    const silent = kept(await tcpServer(() => undefined));
    const options = { edge: { host: local, port: silent.port }, local, transport: { tls: {} } };
    const connection = new EdgeConnection(options);
    const carriage = connection.dial();
    const ended = new Promise<void>((resolve) =>
      carriage.open({ ended: resolve, connected: () => undefined, arrived: () => undefined }),
    );
    carriage.destroy();
    await ended;
    expect(connection.failure?.message).toBe(`The edge at 127.0.0.1:${silent.port} cannot be reached: no answer.`);
  });

  test.each([
    ['self-signed', undefined, 'self-signed certificate'],
    [
      'of another name',
      { ca: certificate.cert, serverName: 'other.example.net' },
      `Host: other.example.net. is not cert's CN: ${name}`,
    ],
  ])('its certificate is %s', async (_, tls, reason) => {
    const front = kept(await tlsFront(certificate, 9));
    expect(await failure(front, { tls: tls ?? {} })).toEqual([
      'certificate-untrusted',
      `The edge at 127.0.0.1 shows a certificate that cannot be verified: ${reason}.`,
    ]);
  });

  test.each([
    ['speaks no TLS', 'HTTP/1.1 400 Bad Request\r\n\r\n', 'what answers does not speak TLS'],
    ['closes during the handshake', '', 'connection reset'],
  ])('it %s', async (_, text, reason) => {
    const expected = ['tls-failed', `The edge at 127.0.0.1 cannot be spoken to by TLS: ${reason}.`];
    expect(await failure(await answering(text), { tls: {} })).toEqual(expected);
  });

  test.each([
    ['404', 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n', 'Unexpected server response: 404'],
    ['no HTTP', 'SIP/2.0 400 Bad Request\r\n\r\n', 'what answers does not speak HTTP'],
    ['nothing', '', 'connection reset'],
  ])('it answers the upgrade with %s', async (_, text, reason) => {
    const expected = ['websocket-refused', `The edge at 127.0.0.1 takes no SIP over WebSocket: ${reason}.`];
    expect(await failure(await answering(text), { webSocket: true })).toEqual(expected);
  });

  it('it takes a WebSocket, but not for SIP', async () => {
    const http = createHttpServer();
    new WebSocketServer({ server: http, handleProtocols: () => false });
    expect(await failure(kept(await Listening.start(http)), { webSocket: true })).toEqual([
      'websocket-refused',
      'The edge at 127.0.0.1 takes no SIP over WebSocket: Server sent no subprotocol.',
    ]);
  });

  test.each([
    ['refuses', 'HTTP/1.1 403 Forbidden\r\n\r\n', 'proxy-refused', 'refuses to connect to 127.0.0.1: 403 Forbidden'],
    ['speaks no HTTP', 'hello\r\n', 'proxy-failed', 'cannot be used: what answers does not speak HTTP'],
    ['closes', '', 'proxy-failed', 'cannot be used: connection reset'],
  ])('its proxy %s', async (_, text, code, reason) => {
    const { port } = await answering(text);
    const proxy = { host: local, port };
    expect(await failure({ port: 443 }, { proxy })).toEqual([code, `The HTTP proxy at 127.0.0.1 ${reason}.`]);
  });

  it('its proxy is not there', async () => {
    const proxy = { host: local, port: await closedPort() };
    expect(await failure({ port: 443 }, { proxy })).toEqual([
      'proxy-failed',
      'The HTTP proxy at 127.0.0.1 cannot be used: connection refused.',
    ]);
  });
});
