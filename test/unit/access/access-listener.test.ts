import { once } from 'node:events';
import net, { connect, createServer } from 'node:net';
import { AccessListener } from '../../../lib/access/access-listener';
import type { UeFlow } from '../../../lib/access/ue-flow';
import type { AccessLimits } from '../../../lib/access/limits';
import { createLogger } from '../../../lib/ops/logger';
import { countsOf, telling } from '../ops/told';
import { uriOf, type Message } from '../sip/sip-peer';
import { FakeSipServer, request, response, tellRegistered, Wire } from './wire';

let server: FakeSipServer;
let listener: AccessListener;
let closed: UeFlow[];

async function start(
  limits: Partial<AccessLimits> = {},
  at = server.at,
  logger = createLogger('silent'),
): Promise<AccessListener> {
  listener = new AccessListener({
    listen: [{ host: '127.0.0.1', port: 0, transport: 'tcp' }],
    server: at,
    logger,
    limits: { lastFarewell: 50, ...limits },
  });
  closed = [];
  listener.on('closed', (flow) => closed.push(flow));
  await listener.start();
  return listener;
}

const point = () => listener.points[0]?.port ?? 0;
const ue = () => Wire.connect(point());

/** A UE, and its connection at the SIP server once its first message has arrived there. */
async function connected(method = 'REGISTER', headers: Record<string, string> = {}) {
  const near = await ue();
  near.send(request(method, headers));
  const far = await server.connection();
  const first = await far.next();
  const flow = listener.flowAt('127.0.0.1', far.socket.remotePort ?? 0);
  if (!flow) throw new Error('no flow');
  return { near, far, first, flow };
}

beforeEach(async () => {
  server = await FakeSipServer.start();
});

afterEach(async () => {
  await listener.close();
  await server.stop();
});

describe('keep-alives', () => {
  test('G5: CRLFCRLF gets CRLF, and the SIP server sees nothing of it', async () => {
    await start();
    const { near, far } = await connected();
    near.send('\r\n\r\n');
    expect(await near.bytes(2)).toBe('\r\n');
    near.send(request('OPTIONS'));
    expect((await far.next()).method).toBe('OPTIONS');
    expect(far.text).toMatch(/\r\n\r\nOPTIONS/);
    expect(near.text).toBe('\r\n');
  });

  test('G5: CRLFCRLF and a request in one segment: one gets its answer, the other arrives', async () => {
    await start();
    const near = await ue();
    near.send(`\r\n\r\n${request('REGISTER')}\r\n\r\n${request('OPTIONS')}`);
    const far = await server.connection();
    expect((await far.next()).method).toBe('REGISTER');
    expect((await far.next()).method).toBe('OPTIONS');
    expect(await near.bytes(4)).toBe('\r\n\r\n');
  });

  test('CRLFCRLF in a body is none', async () => {
    await start();
    const { near, far } = await connected();
    near.send(request('MESSAGE', { 'Content-Type': 'text/plain' }, 'a\r\n\r\nb'));
    expect((await far.next()).body).toBe('a\r\n\r\nb');
    near.send('\r\n\r\n');
    expect(await near.bytes(2)).toBe('\r\n');
  });

  test.each([
    ['REGISTER', 200, {}, ';keep=120'],
    ['REGISTER', 200, { 'Flow-Timer': '90' }, ';keep=90'],
    ['REGISTER', 401, {}, ';keep'],
    ['MESSAGE', 200, {}, ';keep'],
  ])('G6: a UE that asks in %s whether they are welcome: %i %o has %s', async (method, status, headers, keep) => {
    await start();
    const { near, far, first } = await connected(method, { Via: 'SIP/2.0/TCP 10.1.2.3;keep;branch=z9hG4bK-x' });
    far.send(response(first, status, headers));
    expect((await near.next()).header('Via')).toBe(`SIP/2.0/TCP 10.1.2.3${keep};branch=z9hG4bK-x;received=127.0.0.1`);
  });

  test('one of the SIP server gets no answer, for a CRLF before a message deafens it', async () => {
    await start();
    const { near, far, first } = await connected();
    far.send(`\r\n\r\n${response(first, 200)}`);
    await near.next();
    near.send(request('OPTIONS'));
    await far.next();
    expect(far.text).toMatch(/\r\n\r\nOPTIONS/);
  });

  test('before the first message costs the SIP server nothing', async () => {
    await start();
    const near = await ue();
    near.send('\r\n\r\n');
    await near.bytes(2);
    expect(server.count).toBe(0);
  });
});

describe('what the SIP server sees', () => {
  test('G3: where the UE really is, in its Via; on top the listener’s own, for TCP', async () => {
    await start();
    const via = 'SIP/2.0/TLS 10.1.2.3:5062;rport=1;received=192.0.2.1;branch=z9hG4bK-x';
    const { near, far, first } = await connected('REGISTER', { Via: via });
    const [own, ues] = first.all('Via');
    expect(own).toMatch(new RegExp(`^SIP/2.0/TCP 127.0.0.1:${far.socket.remotePort};branch=z9hG4bK[\\w-]{22}$`));
    expect(ues).toBe(`SIP/2.0/TLS 10.1.2.3:5062;branch=z9hG4bK-x;received=127.0.0.1;rport=${near.socket.localPort}`);
    far.send(response(first, 200));
    expect((await near.next()).all('Via')).toEqual([ues]);
  });

  test('a UE that asks for no rport gets none, and no received where its Via is right', async () => {
    await start();
    const near = await ue();
    const via = `SIP/2.0/TCP 127.0.0.1:${near.socket.localPort};branch=z9hG4bK-x`;
    near.send(request('REGISTER', { Via: via }));
    const far = await server.connection();
    expect((await far.next()).all('Via')[1]).toBe(via);
  });

  test('one branch for an INVITE, its CANCEL and the ACK of its refusal', async () => {
    await start();
    const From = '<sip:alice@ims.example>;tag=a';
    const same = { Via: 'SIP/2.0/TCP 10.1.2.3;branch=z9hG4bK-same', 'Call-ID': 'c1', From };
    const { near, far, first } = await connected('INVITE', same);
    const top = first.header('Via');
    near.send(request('CANCEL', same));
    const cancel = await far.next();
    far.send(response(first, 487));
    await near.next();
    near.send(request('ACK', same) + request('OPTIONS'));
    expect([cancel, await far.next()].map((message) => message.header('Via'))).toEqual([top, top]);
    expect((await far.next()).header('Via')).not.toBe(top);
  });

  test('no Route of a UE, and no header that is the app’s', async () => {
    await start();
    const { first } = await connected('MESSAGE', { Route: '<sip:192.0.2.7;lr>', 'X-Edge80-Errand': 'x' });
    expect(first.raw).not.toMatch(/^(route|x-edge80)/im);
  });

  test('the flow behind its peer’s address and port', async () => {
    await start();
    const { near, far, flow } = await connected();
    expect(flow).toEqual({
      id: expect.stringMatching(/^[\w-]{16}$/),
      transport: 'tcp',
      remoteAddress: '127.0.0.1',
      remotePort: near.socket.localPort,
      contact: { host: '127.0.0.1', port: point() },
      serverSide: { address: '127.0.0.1', port: far.socket.remotePort },
    });
    expect(listener.flowAt('127.0.0.1', near.socket.localPort ?? 0)).toBeUndefined();
  });

  test('a connection from its own loopback address, by which it chooses its contact', async () => {
    const other = await FakeSipServer.start('127.3.0.1');
    await start({}, other.at);
    (await ue()).send(request('REGISTER'));
    const far = await other.connection();
    expect(far.socket.remoteAddress).toBe('127.3.0.1');
    await listener.close();
    await other.stop();
  });
});

describe('dialogs stay on the connection', () => {
  const own = (far: Wire) => `<sip:127.0.0.1:${far.socket.remotePort};transport=tcp;lr>`;

  test.each(['INVITE', 'SUBSCRIBE'])(
    'G11: %s of a UE: the server gets a route that the UE never sees',
    async (method) => {
      await start();
      const theirs = '<sip:proxy.example;lr>';
      const { near, far, first } = await connected(method, { 'Record-Route': theirs });
      expect(first.all('Record-Route')).toEqual([own(far), theirs]);
      far.send(response(first, 200));
      expect((await near.next()).all('Record-Route')).toEqual([theirs]);
      far.send(
        request('NOTIFY', {
          Via: `SIP/2.0/TCP ${server.at.address}:${server.at.port};branch=z9hG4bKs`,
          Route: `${own(far)}, ${theirs}`,
        }),
      );
      expect((await near.next()).all('Route')).toEqual([theirs]);
    },
  );

  test('a later INVITE of the dialog has no such route', async () => {
    await start();
    const { first } = await connected('INVITE', { To: '<sip:bob@ims.example>;tag=b' });
    expect(first.all('Record-Route')).toEqual([]);
  });

  test('G12: a call to the UE: the server gets the route from the responses', async () => {
    await start();
    const { near, far } = await connected();
    const via = `SIP/2.0/TCP 127.0.0.1:${server.at.port};branch=z9hG4bKserver`;
    far.send(request('INVITE', { Via: via }));
    const invite = await near.next();
    expect(invite.all('Via')).toEqual([expect.stringMatching(/^SIP\/2.0\/TCP 127.0.0.1:\d+;branch=z9hG4bK[\w-]+$/)]);
    expect(invite.header('Via')).toContain(`:${point()};`);
    near.send(response(invite, 100) + response(invite, 180) + response(invite, 486));
    const routes = [];
    for (let i = 0; i < 3; i++) {
      const arrived = await far.next();
      expect(arrived.all('Via')).toEqual([via]);
      routes.push(arrived.all('Record-Route'));
    }
    expect(routes).toEqual([[], [own(far)], []]);
  });

  test('a response to nothing that the server has asked goes no further', async () => {
    await start();
    const { near, far, first } = await connected();
    near.send(response(first, 200));
    near.send(request('OPTIONS'));
    expect((await far.next()).method).toBe('OPTIONS');
  });

  test('N5: a response with a branch that no request to this UE had goes no further', async () => {
    await start();
    const [one, other] = [await connected(), await connected()];
    one.far.send(request('MESSAGE', { Via: `SIP/2.0/TCP 127.0.0.1:${server.at.port};branch=z9hG4bKserver` }));
    const message = await one.near.next();
    other.near.send(response(message, 200));
    const branch = /branch=(\S+)/.exec(message.header('Via'))?.[1] ?? '';
    for (const forged of ['z9hG4bK', 'z9hG4bKserver', `${branch}x0`, branch.replace(/.{4}$/, 'AAAA')])
      one.near.send(response(message, 200).replace(branch, forged));
    for (const { near, far } of [one, other]) {
      near.send(request('OPTIONS'));
      expect((await far.next()).method).toBe('OPTIONS');
    }
    one.near.send(response(message, 202));
    expect((await one.far.next()).status).toBe(202);
  });
});

describe('what the UE sees', () => {
  test('G21: the address that it reached us at in Contact, not that of the SIP server', async () => {
    await start();
    const { near, far, first } = await connected('INVITE');
    const at = `${server.at.address}:${server.at.port}`;
    far.send(response(first, 200, { Contact: `"Bob" <sip:bob@${at};transport=tcp;ob>;+x` }));
    expect((await near.next()).header('Contact')).toBe(`"Bob" <sip:bob@127.0.0.1:${point()};transport=tcp;ob>;+x`);
    far.send(response(first, 302, { Contact: '<sip:bob@192.0.2.99>' }));
    expect((await near.next()).header('Contact')).toBe('<sip:bob@192.0.2.99>');
  });

  test('what the app hides from the server, which would remember the connection by it', async () => {
    await start();
    const { near, far, first } = await connected();
    far.send(
      response(first, 200, { 'X-Edge80-Hidden-Contact': '<sip:a@10.1.2.3>;expires=600', 'X-Edge80-Other': '1' }),
    );
    const ok = await near.next();
    expect(ok.all('Contact')).toEqual(['<sip:a@10.1.2.3>;expires=600']);
    expect(ok.raw).not.toContain('X-Edge80');
  });

  test('itself in the Request-URI, where that names the connection at the SIP server', async () => {
    await start();
    const { near, far } = await connected();
    far.send(request('MESSAGE', {}, '', `sip:alice@127.0.0.1:${far.socket.remotePort};transport=tcp`));
    expect(uriOf(await near.next())).toBe(`sip:alice@127.0.0.1:${near.socket.localPort};transport=tcp`);
  });
});

describe('G11: a call belongs to the connection that it began on', () => {
  const From = '<sip:alice@ims.example>;tag=a';
  const inDialog = { From, To: '<sip:bob@ims.example>;tag=answerer', 'Call-ID': 'the-call' };

  test.each(['BYE', 'INVITE', 'INFO', 'UPDATE'])('a %s in it over another one gets 403', async (method) => {
    await start();
    const owner = await connected('INVITE', { From, 'Call-ID': 'the-call' });
    owner.far.send(response(owner.first, 200));
    await owner.near.next();
    const thief = await ue();
    thief.send(request('INVITE', { 'Call-ID': 'the-call' }));
    const passed = await server.connection();
    await passed.next();
    thief.send(request(method, inDialog));
    expect((await thief.next()).status).toBe(403);
    owner.near.send(request(method, inDialog));
    expect((await owner.far.next()).method).toBe(method);
  });

  test('and is nobody’s once that has ended', async () => {
    await start();
    const owner = await connected('INVITE', { 'Call-ID': 'the-call' });
    owner.far.send(response(owner.first, 200));
    await owner.near.next();
    const ended = once(listener, 'closed');
    owner.near.socket.destroy();
    await ended;
    const other = await connected('BYE', inDialog);
    expect(other.first.method).toBe('BYE');
  });
});

describe('what the SIP server would drop without a word', () => {
  test.each([
    ['REFER', {}, 405],
    ['FETCH', {}, 405],
    ["!interesting-Method0123456789_*+`.%indeed'~", {}, 405],
    ['PRACK', {}, 481],
    ['PRACK', { To: '<sip:b@ims.example>;tag=gone' }, 481],
    ['REFER', { To: '<sip:b@ims.example>;tag=gone' }, 481],
  ])('%s %o gets %i', async (method, headers, status) => {
    await start();
    const near = await ue();
    near.send(request(method, headers));
    const answer = await near.next();
    expect(answer.status).toBe(status);
    expect(answer.header('To')).toContain(';tag=');
    expect(answer.header('Via')).toContain(`;received=127.0.0.1;rport=${near.socket.localPort}`);
    if (status === 405) expect(answer.header('Allow')).toContain('INVITE');
    expect(server.count).toBe(0);
  });

  test('REFER in a call goes through', async () => {
    await start();
    const From = '<sip:alice@ims.example>;tag=a';
    const { near, far, first } = await connected('INVITE', { From, 'Call-ID': 'c1' });
    far.send(response(first, 200));
    await near.next();
    near.send(request('REFER', { From, 'Call-ID': 'c1', To: '<sip:bob@ims.example>;tag=answerer' }));
    expect((await far.next()).method).toBe('REFER');
  });
});

describe('an INVITE that is not answered yet', () => {
  const reliable = { Require: '100rel', RSeq: '77', Contact: '<sip:bob@192.0.2.9>' };
  const early = { To: '<sip:bob@ims.example>;tag=answerer', From: '<sip:alice@ims.example>;tag=a', 'Call-ID': 'c1' };

  async function ringing(limits: Partial<AccessLimits> = {}) {
    await start(limits);
    const { From, 'Call-ID': callId } = early;
    const call = await connected('INVITE', { From, 'Call-ID': callId });
    call.far.send(response(call.first, 183, reliable));
    expect((await call.near.next()).status).toBe(183);
    return call;
  }

  async function expectCancel(far: Wire, first: Message) {
    const cancel = await far.next();
    expect([cancel.method, uriOf(cancel), cancel.all('Via')]).toEqual(['CANCEL', uriOf(first), [first.all('Via')[0]]]);
    for (const name of ['From', 'To', 'Call-ID']) expect(cancel.header(name)).toBe(first.header(name));
    expect(cancel.header('CSeq')).toBe('1 CANCEL');
    far.send(response(cancel, 200) + response(first, 487));
  }

  test('a BYE before the PRACK goes on as CANCEL', async () => {
    const { near, far, first } = await ringing();
    near.send(request('BYE', { ...early, CSeq: '2 BYE' }));
    expect(await near.next()).toMatchObject({ status: 200, method: 'BYE' });
    await expectCancel(far, first);
    expect(await near.next()).toMatchObject({ status: 487, method: 'INVITE' });
  });

  test('a BYE after the PRACK goes on as it is', async () => {
    const { near, far } = await ringing();
    near.send(request('PRACK', { ...early, CSeq: '2 PRACK', RAck: '77 1 INVITE' }));
    far.send(response(await far.next(), 200));
    expect(await near.next()).toMatchObject({ status: 200, method: 'PRACK' });
    near.send(request('BYE', { ...early, CSeq: '3 BYE' }));
    expect((await far.next()).method).toBe('BYE');
  });

  test('is cancelled where the UE sends no PRACK', async () => {
    const { near, far, first } = await ringing({ acknowledgement: 50 });
    await expectCancel(far, first);
    expect(await near.next()).toMatchObject({ status: 487, method: 'INVITE' });
  });

  test('G20: is cancelled where the UE’s connection ends, and the server’s ends after the answer', async () => {
    const { near, far, first, flow } = await ringing();
    const told = once(listener, 'closed');
    near.socket.destroy();
    await told;
    expect(listener.flowAt(flow.serverSide.address, flow.serverSide.port)).toBeUndefined();
    await expectCancel(far, first);
    await far.closed;
  });

  test('is cancelled where the listener closes, which waits no longer than the limit for the answer', async () => {
    const { far } = await ringing({ lastFarewell: 50 });
    await listener.close();
    expect((await far.next()).method).toBe('CANCEL');
    await far.closed;
  });

  test.each([
    [{ CSeq: '2 CANCEL' }, 481],
    [{ From: '<sip:alice@ims.example>;tag=b' }, 481],
    [{ Via: 'SIP/2.0/TLS 10.1.2.3:5062;branch=z9hG4bK-other' }, 481],
  ])('G31: a CANCEL with %o is none of it', async (other, status) => {
    await start();
    const same = { From: early.From, 'Call-ID': 'c1', Via: 'SIP/2.0/TLS 10.1.2.3:5062;rport;branch=z9hG4bK-one' };
    const { near, far, first } = await connected('INVITE', same);
    far.send(response(first, 183, reliable));
    expect((await near.next()).status).toBe(183);
    near.send(request('CANCEL', { ...same, CSeq: '1 CANCEL', ...other }));
    expect((await near.next()).status).toBe(status);
    near.send(request('CANCEL', { ...same, CSeq: '1 CANCEL' }));
    expect((await far.next()).method).toBe('CANCEL');
  });

  test('G31: a PRACK that acknowledges nothing gets 481', async () => {
    const { near, far } = await ringing();
    const answers = { '78 1 INVITE': 481, '77 2 INVITE': 481, '': 400 };
    for (const [RAck, status] of Object.entries(answers)) {
      near.send(request('PRACK', { ...early, CSeq: '2 PRACK', RAck }));
      expect((await near.next()).status).toBe(status);
    }
    near.send(request('PRACK', { ...early, CSeq: '2 PRACK', RAck: '77 1 INVITE' }));
    expect((await far.next()).method).toBe('PRACK');
  });

  test('rings for nobody but the connection that has its Call-ID', async () => {
    await ringing();
    const { near, far, first } = await connected('INVITE', { 'Call-ID': 'c1' });
    far.send(response(first, 183, reliable));
    await expectCancel(far, first);
    expect((await near.next()).status).toBe(487);
  });
});

describe('what the SIP server would die of', () => {
  test('G31: a request without a To tag inside a subscription of another connection', async () => {
    await start();
    const same = { From: '<sip:alice@ims.example>;tag=a', 'Call-ID': 's1' };
    const { near, far, first } = await connected('SUBSCRIBE', same);
    const other = await ue();
    for (const method of ['INFO', 'SUBSCRIBE', 'MESSAGE']) {
      other.send(request(method, same));
      expect((await other.next()).status).toBe(403);
    }
    far.send(response(first, 404));
    expect((await near.next()).status).toBe(404);
    other.send(request('SUBSCRIBE', same));
    expect((await (await server.connection()).next()).method).toBe('SUBSCRIBE');
  });

  test('G31: a request that a UE leaves without an answer, if it is gone or not', async () => {
    await start();
    const { near, far } = await connected();
    const ask = async (branch: string) => {
      far.send(request('UPDATE', { Via: `SIP/2.0/TCP 127.0.0.1:${server.at.port};branch=${branch}` }));
      return await near.next();
    };
    near.send(response(await ask('z9hG4bKone'), 200));
    expect((await far.next()).status).toBe(200);
    await ask('z9hG4bKtwo');
    near.socket.destroy();
    const answer = await far.next();
    expect([answer.status, answer.header('Via')]).toEqual([408, expect.stringContaining('branch=z9hG4bKtwo')]);
    await far.closed;
  });

  test('G31: a SUBSCRIBE that never reached the server keeps its Call-ID from nobody', async () => {
    await start({ waiting: 1000 });
    const near = await ue();
    near.send(request('SUBSCRIBE', { 'Call-ID': 's1', Subject: 'x'.repeat(1000) }));
    await near.closed;
    const other = await ue();
    other.send(request('SUBSCRIBE', { 'Call-ID': 's1' }));
    expect((await (await server.connection()).next()).method).toBe('SUBSCRIBE');
  });

  test.each(['INVITE', 'MESSAGE'])('%s with a Contact that is no SIP URI gets 400', async (method) => {
    await start();
    const near = await ue();
    near.send(request(method, { Contact: '<tel:+1>' }));
    expect((await near.next()).status).toBe(400);
    expect(server.count).toBe(0);
  });

  test('such a Contact in a response goes no further', async () => {
    await start();
    const { near, far } = await connected();
    const contacts = [];
    for (const status of [183, 200, 302]) {
      const Via = `SIP/2.0/TCP 127.0.0.1:${server.at.port};branch=z9hG4bKserver${status}`;
      far.send(request('INVITE', { Via, 'Call-ID': `call-${status}` }));
      near.send(response(await near.next(), status, { Contact: '<tel:+1>, <sip:a@192.0.2.1>' }));
      contacts.push((await far.next()).header('Contact'));
    }
    expect(contacts).toEqual(['<sip:a@192.0.2.1>', '<sip:a@192.0.2.1>', '<tel:+1>, <sip:a@192.0.2.1>']);
  });
});

describe('bad input', () => {
  test.each(['sip:bob@ims.example:99999', 'sip:', 'sips:bob@[::1'])('%s as Request-URI gets 400', async (uri) => {
    await start();
    const near = await ue();
    near.send(request('MESSAGE', {}, '', uri));
    expect((await near.next()).status).toBe(400);
    expect(server.count).toBe(0);
  });

  test.each([
    ['a wrong Content-Length', request('MESSAGE').replace(/Content-Length: 0/, 'Content-Length: -5')],
    ['no Content-Length', request('MESSAGE').replace(/Content-Length: 0\r\n/, '')],
  ])('%s gets 400, and the connection is closed', async (_what, text) => {
    await start();
    const near = await ue();
    near.send(text);
    expect((await near.next()).status).toBe(400);
    await near.closed;
    expect(server.count).toBe(0);
  });

  test.each([
    ['a body that is too long', 413, request('MESSAGE', {}, 'x'.repeat(70_000))],
    [
      'one that it says will be',
      413,
      request('MESSAGE').replace('Content-Length: 0', 'Content-Length: 65537') + 'x'.repeat(65_537),
    ],
    ['a header that is too long', 513, request('MESSAGE', { Subject: 'x'.repeat(8190) })],
    ['a Request-URI that is too long', 513, request('MESSAGE', {}, '', `sip:${'x'.repeat(8190)}@a.example`)],
  ])('P12: %s gets %i, and the connection stays', async (_what, status, text) => {
    await start();
    const near = await ue();
    near.send(text + request('OPTIONS'));
    expect((await near.next()).status).toBe(status);
    expect((await (await server.connection()).next()).method).toBe('OPTIONS');
  });

  test('P15: a folded Content-Length is read', async () => {
    await start();
    const near = await ue();
    near.send(request('MESSAGE', {}, 'hi').replace('Content-Length: 2', 'Content-Length:\r\n  2') + request('OPTIONS'));
    const far = await server.connection();
    expect(await far.next()).toMatchObject({ method: 'MESSAGE', body: 'hi' });
    expect((await far.next()).method).toBe('OPTIONS');
  });

  test('what came before it in the same segment is not taken for it', async () => {
    await start();
    const { near, far } = await connected();
    near.send(request('OPTIONS') + request('MESSAGE').replace(/Content-Length: 0/, 'Content-Length: -5'));
    expect((await far.next()).method).toBe('OPTIONS');
    expect(await near.next()).toMatchObject({ status: 400, method: 'MESSAGE' });
    await near.closed;
  });

  test.each(['Call-ID', 'From', 'To', 'CSeq'])('G31: a request without a value for %s gets 400', async (name) => {
    await start();
    const near = await ue();
    near.send(request('UPDATE').replace(new RegExp(`^${name}: .*$`, 'm'), `${name}: `));
    expect((await near.next()).status).toBe(400);
    near.send(request('OPTIONS'));
    expect((await (await server.connection()).next()).method).toBe('OPTIONS');
  });

  test('a line that is no header gets 400, and the connection stays', async () => {
    await start();
    const near = await ue();
    near.send(request('MESSAGE').replace('Max-Forwards:', 'Max-Forwards'));
    expect((await near.next()).status).toBe(400);
    near.send(request('OPTIONS'));
    expect((await (await server.connection()).next()).method).toBe('OPTIONS');
  });

  test.each([
    ['garbage', 'GET / HTTP/1.1\r\nHost: edge\r\n\r\n'],
    ['garbage with a length', 'hello\r\nContent-Length: 0\r\n\r\n'],
    ['a head without end', `OPTIONS sip:a SIP/2.0\r\n${'X: y\r\n'.repeat(12_000)}`],
    ['a request without a Via', request('MESSAGE').replace(/Via: .*\r\n/, '')],
    ['one without a From, too', request('MESSAGE').replace(/(Via|From): .*\r\n/g, '')],
    ['one that would be refused', request('MESSAGE', {}, '', 'sip:').replace(/Via: .*\r\n/, '')],
  ])('%s: the connection is closed', async (_what, text) => {
    await start();
    const near = await ue();
    near.send(text);
    await near.closed;
    expect(server.count).toBe(0);
  });

  test('headers with line breaks inside go no further', async () => {
    await start();
    const near = await ue();
    near.send(request('MESSAGE', { Subject: 'a\nRoute: <sip:evil.example;lr>' }));
    expect((await near.next()).status).toBe(400);
    expect(server.count).toBe(0);
  });
});

describe('the end of a connection', () => {
  test('G20: the UE’s is told once, and the server’s is closed', async () => {
    await start();
    const { near, far, flow } = await connected();
    const told = once(listener, 'closed');
    near.socket.destroy();
    await Promise.all([told, far.closed]);
    expect(closed).toEqual([flow]);
    expect(listener.flowAt(flow.serverSide.address, flow.serverSide.port)).toBeUndefined();
    await listener.close();
    expect(closed).toHaveLength(1);
  });

  test('the server’s is told once, and the UE’s is closed after what the server sent last', async () => {
    await start();
    const { near, far, first, flow } = await connected();
    far.socket.end(response(first, 400));
    expect((await near.next()).status).toBe(400);
    await Promise.all([near.closed, far.closed]);
    expect(closed).toEqual([flow]);
  });

  test('one that brought nothing is not told', async () => {
    await start();
    const near = await ue();
    near.send('\r\n\r\n');
    await near.bytes(2);
    near.socket.destroy();
    await near.closed;
    await listener.close();
    expect(closed).toEqual([]);
  });

  test('where the SIP server takes no connections, the UE gets 503 and is closed', async () => {
    const gone = createServer().listen(0, '127.0.0.1');
    await once(gone, 'listening');
    const address = gone.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    gone.close();
    await start({}, { address: '127.0.0.1', port });
    const near = await ue();
    near.send(request('REGISTER') + request('OPTIONS'));
    expect([(await near.next()).status, (await near.next()).status]).toEqual([503, 503]);
    await near.closed;
    expect(closed).toEqual([]);
  });

  test('N7: a SIP server that comes and goes is told once each way, however often UEs see it', async () => {
    const { logger, lines } = telling();
    const { address, port } = server.at;
    await start({}, server.at, logger);
    for (let round = 0; round < 5; round += 1) {
      const { near, far } = await connected();
      far.socket.destroy();
      await Promise.all([near.closed, server.stop()]);
      const refused = await ue();
      refused.send(request('REGISTER'));
      expect((await refused.next()).status).toBe(503);
      server = await FakeSipServer.start(address, port);
    }
    expect(countsOf(lines)).toEqual({
      'the SIP server takes no connections of UEs': 1,
      'the SIP server takes connections again': 1,
    });
  });

  test('Z2: where too many files are open the log says that, and not that the SIP server is down', async () => {
    const { logger, lines } = telling();
    await start({}, server.at, logger);
    const near = await ue();
    const create = jest.spyOn(net, 'createConnection').mockImplementation(() => {
      const socket = new net.Socket();
      return socket.destroy(Object.assign(new Error('connect EMFILE'), { code: 'EMFILE' }));
    });
    near.send(request('REGISTER'));
    expect((await near.next()).status).toBe(503);
    create.mockRestore();
    expect(countsOf(lines)).toEqual({ 'too many files are open: UEs cannot be connected to the SIP server': 1 });
  });

  test('after close nothing is open, and nobody gets in', async () => {
    await start();
    const { near, far } = await connected();
    const stranger = await ue();
    const port = point();
    await Promise.all([listener.close(), listener.close()]);
    await Promise.all([near.closed, far.closed, stranger.closed]);
    expect(listener.size).toBe(0);
    const late = connect(port, '127.0.0.1');
    const [error] = (await once(late, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNREFUSED');
  });
});

describe('limits', () => {
  test('who does not register has to go, whatever it sends', async () => {
    await start({ stranger: 300 });
    const { near, far } = await connected('OPTIONS');
    const ping = setInterval(() => near.send('\r\n\r\n'), 50);
    await near.closed;
    clearInterval(ping);
    await far.closed;
  });

  test('G22: a 2xx to a REGISTER proves nothing: what is registered says the P-CSCF', async () => {
    await start({ stranger: 300 });
    const { near, far, first } = await connected();
    far.send(response(first, 200, { Contact: '<sip:another@192.0.2.4>;expires=600' }));
    expect((await near.next()).status).toBe(200);
    await near.closed;
  });

  test.each(['REGISTER', 'INVITE'])('a UE with an accepted %s may stay', async (method) => {
    await start({ stranger: 1000 });
    const { near, far, first } = await connected(method);
    if (method === 'REGISTER') tellRegistered(listener, far);
    far.send(response(first, 200));
    expect((await near.next()).status).toBe(200);
    // Another one, that came later, has gone: the first is still served.
    const later = await connected('OPTIONS');
    await later.near.closed;
    near.send(request('MESSAGE'));
    expect((await far.next()).method).toBe('MESSAGE');
  });

  test('N2: a UE with nothing registered any more is a stranger, and has to go', async () => {
    const listener = await start({ stranger: 300 });
    const { near, far } = await connected();
    const { remotePort = 0 } = far.socket;
    tellRegistered(listener, far);
    expect(listener.counts()).toMatchObject({ strangers: 0, authenticated: 1 });
    listener.registered('127.0.0.1', remotePort, undefined);
    expect(listener.counts()).toMatchObject({ strangers: 1, authenticated: 0 });
    tellRegistered(listener, far);
    expect(listener.counts()).toMatchObject({ strangers: 0, authenticated: 1 });
    listener.registered('127.0.0.1', remotePort, undefined);
    const ping = setInterval(() => near.send('\r\n\r\n'), 50);
    await near.closed;
    clearInterval(ping);
  });

  test('N2: so is one after its emergency call, whatever it left without an ACK', async () => {
    const listener = await start();
    const From = '<sip:anonymous@anonymous.invalid>;tag=a';
    const { near, far, first } = await connected('INVITE', { From, 'Call-ID': 'sos' });
    far.send(response(first, 200));
    const To = (await near.next()).header('To');
    near.send(request('INVITE', { 'Call-ID': 'refused' }));
    far.send(response(await far.next(), 403));
    await near.next();
    expect(listener.counts()).toMatchObject({ strangers: 0, authenticated: 1 });
    near.send(request('BYE', { From, To, 'Call-ID': 'sos', CSeq: '2 BYE' }));
    await far.next();
    expect(listener.counts()).toMatchObject({ strangers: 1, authenticated: 0 });
  });

  test('N2: a UE in a call stays when its registration has ended', async () => {
    const listener = await start();
    const From = '<sip:alice@ims.example>;tag=a';
    const { near, far, first } = await connected('INVITE', { From, 'Call-ID': 'c1' });
    far.send(response(first, 200));
    const To = (await near.next()).header('To');
    tellRegistered(listener, far);
    listener.registered('127.0.0.1', far.socket.remotePort ?? 0, undefined);
    expect(listener.counts()).toMatchObject({ strangers: 0, authenticated: 1 });
    far.send(request('BYE', { From: To, To: From, 'Call-ID': 'c1' }));
    await near.next();
    expect(listener.counts()).toMatchObject({ strangers: 1, authenticated: 0 });
  });

  test('X3: strangers of one address are bounded: the oldest makes room for a UE, which then stays', async () => {
    const listener = await start({ unauthenticatedPerAddress: 2, graceMs: 0 });
    const { near, far } = await connected();
    tellRegistered(listener, far);
    const idle = [await ue(), await ue(), await ue(), await ue()];
    await idle[0]!.closed;
    const { far: second } = await connected();
    expect(second.text).toContain('REGISTER');
    await idle[1]!.closed;
    near.send(request('MESSAGE'));
    expect((await far.next()).method).toBe('MESSAGE');
    expect(listener.counts()).toEqual({
      ...{ strangers: 3, authenticated: 1 },
      displaced: { 'address-limit': 2 },
      handshakes: {},
      served: { tcp: 6 },
      refusedInTls: {},
      unserved: {},
    });
  });

  test.each([
    ['strangers', { unauthenticated: 4 }, 'unauthenticated-limit'],
    ['connections', { connections: 5 }, 'connection-limit'],
  ] as const)(
    'X3: where all places of %s are taken the next UE gets in, and stays in its call',
    async (_, limits, why) => {
      const listener = await start(limits);
      for (let i = 0; i < 5; i++) await ue();
      const { near, far, first } = await connected('INVITE');
      far.send(response(first, 200, { Contact: '<sip:alice@10.1.2.3>' }));
      await near.next();
      for (let i = 0; i < 6; i++) await ue();
      near.send(request('MESSAGE'));
      expect((await far.next()).method).toBe('MESSAGE');
      expect(listener.counts()).toMatchObject({ strangers: 4, authenticated: 1 });
      expect(listener.counts().displaced[why]).toBeGreaterThan(0);
    },
  );

  test.each([
    ['a UE', { unsent: 65_536, unsentToStranger: Infinity }, true],
    ['N3: a stranger', { unsent: Infinity, unsentToStranger: 65_536 }, false],
  ])('%s that does not read is disconnected, by its own limit', async (_who, limits, isRegistered) => {
    await start(limits);
    const { near, far } = await connected();
    if (isRegistered) tellRegistered(listener, far);
    near.socket.pause();
    const body = 'x'.repeat(60_000);
    // 24 MB: more than the kernel takes on its way.
    for (let i = 0; i < 400; i++) far.send(request('MESSAGE', {}, body));
    await far.closed;
    expect(closed).toHaveLength(1);
    near.socket.destroy();
  });

  test('what waits for the SIP server is bounded', async () => {
    await start({ waiting: 300 });
    const near = await ue();
    near.send(request('REGISTER') + request('OPTIONS'));
    await near.closed;
  });

  test.each([
    ['that brings nothing', 'firstMessage', ''],
    ['whose message does not end', 'message', `${request('OPTIONS')}OPTIONS sip:a SIP/2.0\r\n`],
    ['that falls silent', 'idle', request('OPTIONS')],
  ])('a connection %s is closed', async (_what, limit, text) => {
    await start({ [limit]: 50 });
    const near = await ue();
    near.send(text);
    await near.closed;
  });

  test('a registered UE may be silent until its registration ends', async () => {
    await start({ idle: 500 });
    const { near, far } = await connected();
    tellRegistered(listener, far);
    // This one has come later and is closed earlier.
    const silent = await ue();
    silent.send(request('OPTIONS'));
    await silent.closed;
    near.send('\r\n\r\n');
    expect(await near.bytes(near.text.length + 2)).toMatch(/\r\n$/);
    expect(closed).toHaveLength(1);
  });
});

test('an address that is taken is named', async () => {
  await start();
  const other = new AccessListener({
    listen: [{ host: '127.0.0.1', port: point(), transport: 'tcp' }],
    server: server.at,
    logger: createLogger('silent'),
  });
  await expect(other.start()).rejects.toMatchObject({
    code: 'sip-listen-failed',
    message: `Cannot listen on 127.0.0.1:${point()} (tcp): the address is already in use.`,
  });
});
