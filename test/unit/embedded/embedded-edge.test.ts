import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import Srf from 'drachtio-srf';
import { AdminFrameReader, writeAdminFrame } from '../../../lib/wire/admin-frames';
import { EmbeddedEdge } from '../../../lib/embedded/embedded-edge';
import { limits } from '../../../lib/embedded/limits';
import { messageLimits } from '../../../lib/wire/limits';
import { createLogger } from '../../../lib/ops/logger';

const logger = createLogger('silent');
const admin = { host: '127.0.0.1', port: 0 };
const sdp = 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n';
const closers: (() => unknown)[] = [];

async function startEdge(contacts: string[], t1?: number, isFronted = false): Promise<EmbeddedEdge> {
  const timers = t1 === undefined ? {} : { t1 };
  const edge = await EmbeddedEdge.start({ contacts, admin, secret: 's', logger, isFronted, ...timers });
  closers.push(() => edge.close());
  return edge;
}

async function startApp(edge: EmbeddedEdge): Promise<Srf> {
  const srf = new Srf();
  srf.on('error', () => undefined);
  void srf.connect({ host: '127.0.0.1', port: edge.adminPort, secret: 's' });
  await once(srf, 'connect');
  closers.unshift(() => srf.disconnect());
  return srf;
}

/** Sends a request through the edge: the route frames before it have been read then. */
async function routed(app: Srf, peer: Peer): Promise<void> {
  const typed = app as unknown as { request(uri: string, options: { method: string }): Promise<unknown> };
  await typed.request(`sip:${peer.address}`, { method: 'OPTIONS' });
}

/** A raw peer over UDP, and what it received. */
class Peer {
  readonly socket: UdpSocket = createSocket('udp4');
  readonly #received: string[] = [];
  #wake: () => void = () => undefined;

  static async at(host: string): Promise<Peer> {
    const peer = new Peer();
    peer.socket.on('message', (datagram) => {
      peer.#received.push(datagram.toString());
      peer.#wake();
    });
    await new Promise<void>((resolve) => peer.socket.bind(0, host, resolve));
    closers.unshift(() => peer.socket.close());
    return peer;
  }

  get address(): string {
    const { address, port } = this.socket.address();
    return `${address}:${port}`;
  }

  send(text: string, contact: string): void {
    const [, host, port] = /^sip:([\d.]+):(\d+)/.exec(contact)!;
    this.socket.send(text, Number(port), host);
  }

  /** The next message that begins like this; others are dropped. */
  async next(start: string): Promise<string> {
    for (;;) {
      const message = this.#received.shift();
      if (message?.startsWith(start)) return message;
      if (message === undefined) await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  request(
    method: string,
    options: { branch: string; headers?: string; to?: string; cseq?: string; body?: string },
  ): string {
    const { branch, headers = '', to = '<sip:app@127.0.0.1>', cseq = `1 ${method}`, body = '' } = options;
    return (
      `${method} sip:app@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP ${this.address};branch=z9hG4bK${branch}\r\n` +
      `Max-Forwards: 70\r\nFrom: <sip:a@127.0.0.1>;tag=a\r\nTo: ${to}\r\nCall-ID: ${this.address}\r\nCSeq: ${cseq}\r\n` +
      `Contact: <sip:a@${this.address}>\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`
    );
  }

  answer(request: string, status: string, headers = ''): string {
    const copied = request.split('\r\n').filter((line) => /^(Via|From|To|Call-ID|CSeq):/.test(line));
    const lines = copied.map((line) => (line.startsWith('To:') && !line.includes('tag=') ? `${line};tag=b` : line));
    return `SIP/2.0 ${status}\r\n${lines.join('\r\n')}\r\n${headers}Content-Length: 0\r\n\r\n`;
  }
}

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

describe('starting', () => {
  test('free ports are told, the same one for both transports', async () => {
    const edge = await startEdge(['sip:127.0.0.1:0']);
    const ports = edge.contacts.map((contact) => /\.\d+:(\d+)/.exec(contact)![1]);
    expect(new Set(ports).size).toBe(1);
    expect(edge.contacts).toEqual([`sip:127.0.0.1:${ports[0]!}`, `sip:127.0.0.1:${ports[0]!};transport=tcp`]);
  });

  test.each([
    ['sip:pbx.example:5060', 'contact-unusable', 'IP address'],
    ['sip:127.0.0.1;transport=wss', 'contact-unusable', 'wss'],
    ['127.0.0.1', 'config-invalid', 'no SIP contact'],
    ['sip:192.0.2.77:5060', 'sip-listen-failed', 'no such address'],
  ])('%s is refused in one sentence', async (contact, code, words) => {
    const start = EmbeddedEdge.start({ contacts: [contact], admin, secret: 's', logger });
    await expect(start).rejects.toMatchObject({ code, message: expect.stringContaining(words) as string });
  });

  test('an address in use is named', async () => {
    const edge = await startEdge(['sip:127.0.0.1:0;transport=tcp']);
    const contact = edge.contacts[0]!;
    await expect(startEdge([contact])).rejects.toThrow(/Cannot listen on 127\.0\.0\.1:\d+ \(tcp\): .* in use/);
  });

  test('apps connect over loopback only', async () => {
    const start = EmbeddedEdge.start({
      contacts: ['sip:127.0.0.1:0'],
      admin: { host: '0.0.0.0', port: 0 },
      secret: 's',
      logger,
    });
    await expect(start).rejects.toMatchObject({ code: 'admin-not-local' });
  });

  test('closing may be repeated and frees the port', async () => {
    const edge = await startEdge(['sip:127.0.0.1:0']);
    await startApp(edge);
    await edge.close();
    await edge.close();
    const again = await startEdge([edge.contacts[0]!]);
    expect(again.contacts).toEqual(edge.contacts);
  });
});

describe('what is not copied from drachtio-server', () => {
  test('an app that did not authenticate is refused', async () => {
    const edge = await startEdge(['sip:127.0.0.1:0']);
    const socket = connect(edge.adminPort, '127.0.0.1');
    const reader = new AdminFrameReader(1000);
    socket.write(writeAdminFrame('1|route|invite'));
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    expect(reader.push(chunk)[0]).toMatch(/\|response\|1\|NO\|not authenticated$/);
    await once(socket, 'close');
  });

  test('a frame of 100 kB passes', async () => {
    const edge = await startEdge(['sip:127.0.0.1:0']);
    const socket = connect(edge.adminPort, '127.0.0.1');
    closers.unshift(() => socket.destroy());
    const reader = new AdminFrameReader(1000);
    socket.write(writeAdminFrame('1|authenticate|s|'));
    socket.write(writeAdminFrame(`2|sip||\r\nMESSAGE tel:1 SIP/2.0\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`));
    socket.write(writeAdminFrame('3|ping'));
    const frames: string[] = [];
    while (frames.length < 3) frames.push(...reader.push(((await once(socket, 'data')) as [Buffer])[0]));
    expect(frames[1]).toContain('|response|2|NOK|');
    expect(frames[2]).toContain('|response|3|OK|pong');
  });

  test('an INVITE that the app never answers gets a final response', async () => {
    const edge = await startEdge(['sip:127.0.0.1:0'], 5);
    const app = await startApp(edge);
    app.invite(() => undefined);
    const peer = await Peer.at('127.0.0.1');
    await routed(app, peer);
    peer.send(peer.request('INVITE', { branch: '1', body: sdp }), edge.contacts[0]!);
    expect(await peer.next('SIP/2.0 408')).toContain('CSeq: 1 INVITE');
  });

  test('a reliable 183 that is never acknowledged ends the call with a 5xx, and the app hears of it', async () => {
    const edge = await startEdge(['sip:127.0.0.1:0'], 5);
    const app = await startApp(edge);
    const cancelled = new Promise((resolve) => {
      app.invite((request, response) => {
        request.on('cancel', resolve);
        response.send(183, { headers: { Require: '100rel' }, body: sdp });
      });
    });
    const peer = await Peer.at('127.0.0.1');
    await routed(app, peer);
    peer.send(peer.request('INVITE', { branch: '1', headers: 'Supported: 100rel\r\n', body: sdp }), edge.contacts[0]!);
    expect(await peer.next('SIP/2.0 504')).toContain('CSeq: 1 INVITE');
    await cancelled;
  });

  test('a request to a tel URI is refused, nothing breaks', async () => {
    const edge = await startEdge(['sip:127.0.0.1:0']);
    const app = await startApp(edge);
    await expect(app.createUAC('tel:+1555', { localSdp: sdp })).rejects.toThrow('invalid request-uri');
    await expect(app.createUAC('sip:x@127.0.0.1:1;transport=tcp', { localSdp: sdp })).rejects.toMatchObject({
      status: 503,
    });
  });

  test('a second fork that answers is acknowledged with its own tag and hung up', async () => {
    const edge = await startEdge(['sip:127.0.0.1:0']);
    const app = await startApp(edge);
    const peer = await Peer.at('127.0.0.1');
    const call = app.createUAC(`sip:b@${peer.address}`, { localSdp: sdp });
    const invite = await peer.next('INVITE');
    const contact = `Contact: <sip:b@${peer.address}>\r\n`;
    peer.send(peer.answer(invite, '200 OK', contact), edge.contacts[0]!);
    expect(await peer.next('ACK')).toContain('tag=b\r\n');
    await call;
    peer.send(peer.answer(invite, '200 OK', contact).replace('tag=b\r\n', 'tag=other\r\n'), edge.contacts[0]!);
    expect(await peer.next('ACK')).toContain('tag=other\r\n');
    expect(await peer.next('BYE')).toContain('tag=other\r\n');
  });

  test('the same INVITE by another branch gets 482 (RFC 3261 §8.2.2.2)', async () => {
    const edge = await startEdge(['sip:127.0.0.1:0']);
    const app = await startApp(edge);
    app.invite((_request, response) => response.send(180));
    const peer = await Peer.at('127.0.0.1');
    await routed(app, peer);
    peer.send(peer.request('INVITE', { branch: '1', body: sdp }), edge.contacts[0]!);
    await peer.next('SIP/2.0 180');
    peer.send(peer.request('INVITE', { branch: '2', body: sdp }), edge.contacts[0]!);
    expect(await peer.next('SIP/2.0 482')).toContain('z9hG4bK2');
  });
});

describe('IPv6', () => {
  test('addresses stand in brackets in Via, Contact and the contacts told to apps', async () => {
    const edge = await startEdge(['sip:[::1]:0']);
    expect(edge.contacts[0]).toMatch(/^sip:\[::1\]:\d+$/);
    const app = await startApp(edge);
    const other = await startEdge(['sip:[::1]:0']);
    const callee = await startApp(other);
    const via = new Promise<string>((resolve) => {
      callee.invite((request, response) => {
        resolve(request.get('Via'));
        response.send(486);
      });
    });
    const call = app.createUAC(other.contacts[0]!.replace('sip:', 'sip:b@'), { localSdp: sdp });
    await expect(call).rejects.toMatchObject({ status: 486 });
    expect(await via).toContain('SIP/2.0/UDP [::1]');
  });
});

describe('two contacts', () => {
  test('each peer is spoken to from the contact nearer to it, in Via, From and Contact alike', async () => {
    const edge = await startEdge(['sip:127.21.0.1:0;transport=udp', 'sip:127.22.0.1:0;transport=udp']);
    const app = await startApp(edge);
    for (const [net, contact] of [
      ['127.21.0', edge.contacts[0]!],
      ['127.22.0', edge.contacts[1]!],
    ] as const) {
      const peer = await Peer.at(`${net}.9`);
      const call = app.createUAC(`sip:b@${peer.address}`, { localSdp: sdp }).catch((error: unknown) => error);
      const invite = await peer.next('INVITE');
      const hostport = contact.slice(4);
      expect(invite).toContain(`Via: SIP/2.0/UDP ${hostport};`);
      expect(invite).toContain(`Contact: <${contact}>`);
      expect(invite).toContain(`From: <${contact}>;`);
      peer.send(peer.answer(invite, '486 Busy Here'), contact);
      await peer.next('ACK');
      expect(await call).toMatchObject({ status: 486 });
    }
  });
});

describe('bounds', () => {
  test('a header above the limit gets 400', async () => {
    const edge = await startEdge(['sip:127.0.0.1:0']);
    const peer = await Peer.at('127.0.0.1');
    peer.send(
      peer.request('OPTIONS', { branch: '1', headers: `X-Long: ${'x'.repeat(messageLimits.line)}\r\n` }),
      edge.contacts[0]!,
    );
    expect(await peer.next('SIP/2.0 400')).toContain('z9hG4bK1');
  });

  test('an endless head closes the TCP connection', async () => {
    const edge = await startEdge(['sip:127.0.0.1:0;transport=tcp']);
    const socket = connect(Number(/\.\d+:(\d+)/.exec(edge.contacts[0]!)![1]), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(`OPTIONS sip:a SIP/2.0\r\nX: ${'x'.repeat(messageLimits.head + 10)}`);
    socket.resume();
    await once(socket, 'close');
  });

  test.each([
    ['blanks without end', { headers: `X:${' '.repeat(50_000)}\n\r\n` }],
    ['many blanks inside a value', { to: `<sip:b@127.0.0.1>${' '.repeat(8000)}x` }],
    ['a bracket that is not closed', { to: '<sip:b@127.0.0.1' }],
    ['a Max-Forwards that is no number', { headers: 'Max-Forwards: -1\r\n' }],
  ])('%s: 400 at once', async (_name, parts) => {
    const edge = await startEdge(['sip:127.0.0.1:0']);
    const peer = await Peer.at('127.0.0.1');
    const request = peer.request('OPTIONS', { branch: '1', ...parts });
    peer.send(request.replace(/Max-Forwards: 70\r\n(?=[^]*Max-Forwards)/, ''), edge.contacts[0]!);
    await peer.next('SIP/2.0 400');
  });

  test('a Call-ID that would divide the line that apps get is refused', async () => {
    const edge = await startEdge(['sip:127.0.0.1:0']);
    const peer = await Peer.at('127.0.0.1');
    const request = peer.request('OPTIONS', { branch: '1' });
    peer.send(request.replace(/Call-ID: .*/, 'Call-ID: a;from-tag=b|continue|c'), edge.contacts[0]!);
    await peer.next('SIP/2.0 400');
  });

  test('requests beyond what the app reads get 503, and the app keeps its link', async () => {
    const edge = await startEdge(['sip:127.0.0.1:0;transport=tcp']);
    const app = connect(edge.adminPort, '127.0.0.1');
    closers.unshift(() => app.destroy());
    const lost = jest.fn();
    app.on('close', lost);
    for (const frame of ['1|authenticate|s', '2|route|OPTIONS']) app.write(writeAdminFrame(frame));
    const reader = new AdminFrameReader(limits.adminFrame);
    await new Promise<void>((resolve) => {
      app.on('data', (chunk: Buffer) => {
        if (reader.push(chunk).some((payload) => payload.includes('|2|OK'))) resolve();
      });
    });
    app.pause();
    const ue = connect(Number(/\.\d+:(\d+)/.exec(edge.contacts[0]!)![1]), '127.0.0.1');
    closers.unshift(() => ue.destroy());
    const long = Array.from({ length: 7 }, () => `X-Long: ${'x'.repeat(8000)}\r\n`).join('');
    let answers = '';
    const refused = new Promise<void>((resolve) => {
      ue.on('data', (chunk: Buffer) => {
        answers += chunk.toString();
        if (answers.includes('SIP/2.0 503')) resolve();
      });
    });
    let count = 0;
    const more = () => {
      if (answers.includes('SIP/2.0 503') || count === 2000) return;
      count += 1;
      const head = `OPTIONS sip:app@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1;branch=z9hG4bK${count}\r\nFrom: <sip:a@a>;tag=a\r\n`;
      const rest = `To: <sip:b@b>\r\nCall-ID: ${count}\r\nCSeq: 1 OPTIONS\r\n${long}Content-Length: 0\r\n\r\n`;
      ue.write(head + rest, () => setImmediate(more));
    };
    more();
    await refused;
    expect(lost).not.toHaveBeenCalled();
  });

  test('connections of one peer port to two contacts are both closed in the end', async () => {
    const edge = await startEdge(['sip:127.0.0.1:0;transport=tcp', 'sip:127.0.0.2:0;transport=tcp']);
    const closed: Promise<unknown>[] = [];
    let localPort = 0;
    for (const contact of edge.contacts) {
      const [, host, port] = /^sip:([\d.]+):(\d+)/.exec(contact)!;
      const socket = connect({ host: host!, port: Number(port), localAddress: '127.0.0.1', localPort });
      closers.unshift(() => socket.destroy());
      socket.on('error', () => undefined);
      await once(socket, 'connect');
      ({ localPort } = socket as { localPort: number });
      socket.write('\r\n\r\n');
      await once(socket, 'data');
      closed.push(once(socket, 'close'));
    }
    await edge.close();
    await Promise.all(closed);
  });
});
