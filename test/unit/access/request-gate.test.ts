import { connect } from 'node:net';
import { AccessListener } from '../../../lib/access/access-listener';
import type { AccessLimits } from '../../../lib/access/limits';
import { createLogger } from '../../../lib/ops/logger';
import { shareLimits, type ShareLimits } from '../../../lib/shares/limits';
import { RequestShares } from '../../../lib/shares/request-shares';
import { footprint } from '../../fuzz/growth';
import type { Message } from '../sip/sip-peer';
import { FakeSipServer, request, response, tellRegistered, Wire } from './wire';

/* What the listener keeps from the SIP server, with rates whose clock stands still. */

let server: FakeSipServer;
let listener: AccessListener;
let lines: string[];

interface Narrow {
  ue?: Partial<ShareLimits['ue']>;
  source?: Partial<ShareLimits['source']>;
  strangers?: Partial<ShareLimits['strangers']>;
  messages?: ShareLimits['messages'];
  fewMessages?: ShareLimits['messages'];
  messagesOfSender?: ShareLimits['messages'];
  underWay?: number;
}

async function start(narrow: Narrow = {}, limits: Partial<AccessLimits> = {}): Promise<void> {
  const usual = shareLimits();
  const shares = {
    ...usual,
    ...narrow,
    ue: { ...usual.ue, ...narrow.ue },
    source: { ...usual.source, ...narrow.source },
    strangers: { ...usual.strangers, ...narrow.strangers },
  };
  lines = [];
  listener = new AccessListener({
    listen: [{ host: '127.0.0.1', port: 0, transport: 'tcp' }],
    server: server.at,
    logger: createLogger('info', { write: (line) => void lines.push(line) }),
    limits: { farewell: 50, ...limits },
    shares,
    requests: new RequestShares(shares, () => 0),
  });
  await listener.start();
}

const ue = () => Wire.connect(listener.points[0]?.port ?? 0);

/** A UE elsewhere than at the usual address. */
const ueElsewhere = () =>
  new Wire(connect({ port: listener.points[0]?.port ?? 0, host: '127.0.0.1', localAddress: '127.0.0.2' }));

async function connected(method = 'REGISTER', headers: Record<string, string> = {}, uri?: string) {
  const near = await ue();
  near.send(request(method, headers, '', uri));
  const far = await server.connection();
  return { near, far, first: await far.next() };
}

async function registered(user = 'alice') {
  const { near, far, first } = await connected('REGISTER', { To: `<sip:${user}@ims.example>` });
  tellRegistered(listener, far, `sip:${user}@ims.example`);
  far.send(response(first, 200));
  await near.next();
  return { near, far };
}

const many = (count: number, method: string) => Array.from({ length: count }, () => request(method)).join('');

async function next(wire: Wire, count: number): Promise<Message[]> {
  const messages: Message[] = [];
  while (messages.length < count) messages.push(await wire.next());
  return messages;
}

beforeEach(async () => {
  server = await FakeSipServer.start();
});

afterEach(async () => {
  await listener.close();
  await server.stop();
});

const few = { perSecond: 0, burst: 3 };

describe('X6: REGISTERs of strangers beyond the share of their source', () => {
  test('get 503 with a Retry-After that differs, and never reach the SIP server', async () => {
    await start({ source: { registrations: few } });
    const { near, far } = await connected();
    near.send(many(40, 'REGISTER') + request('BYE'));
    const refused = await next(near, 38);
    expect(new Set(refused.map(({ status, method }) => `${status} ${method}`))).toEqual(new Set(['503 REGISTER']));
    const waits = refused.map((answer) => Number(answer.header('Retry-After')));
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(1);
    expect(Math.max(...waits)).toBeLessThanOrEqual(20);
    expect(new Set(waits).size).toBeGreaterThan(1);
    expect((await next(far, 3)).map(({ method }) => method)).toEqual(['REGISTER', 'REGISTER', 'BYE']);
    expect(listener.counts().unserved).toEqual({ 'source-registrations': 38 });
    expect(lines.filter((line) => line.includes('are refused for now'))).toHaveLength(1);
  });

  test('count together over all its connections', async () => {
    await start({ source: { registrations: few } });
    const nears = await Promise.all(Array.from({ length: 20 }, ue));
    const answers = nears.map((near) => near.next());
    for (const near of nears) near.send(request('REGISTER'));
    for (let i = 0; i < 3; i++) {
      const far = await server.connection();
      far.send(response(await far.next(), 401));
    }
    const statuses = (await Promise.all(answers)).map(({ status }) => status);
    expect([statuses.filter((each) => each === 401).length, statuses.filter((each) => each === 503).length]).toEqual([
      ...[3, 17],
    ]);
    expect(server.count).toBe(3);
  });

  test('leave a registered UE of the same source its own share', async () => {
    await start({ source: { registrations: few, requests: few } });
    const { near, far } = await registered();
    const flood = await connected();
    flood.near.send(many(40, 'REGISTER') + many(40, 'OPTIONS'));
    await next(flood.near, 39 + 37);
    near.send(request('MESSAGE') + request('REGISTER'));
    expect((await next(far, 2)).map(({ method }) => method)).toEqual(['MESSAGE', 'REGISTER']);
  });
});

describe('N3: a registered UE', () => {
  test('is refused what is beyond its share, over all its connections, and other UEs are not', async () => {
    await start({ ue: { requests: few } });
    const first = await registered();
    const second = await registered();
    first.near.send(many(3, 'MESSAGE'));
    await next(first.far, 3);
    second.near.send(request('MESSAGE'));
    expect((await second.near.next()).status).toBe(503);
    const other = await registered('bob');
    other.near.send(request('MESSAGE'));
    expect((await other.far.next()).method).toBe('MESSAGE');
  });

  test.each(['ACK', 'BYE', 'CANCEL', 'PRACK'])('may always send %s, which ends what others hold', async (method) => {
    await start({ ue: { requests: few, underWay: 1 } });
    const { near, far } = await registered();
    const From = '<sip:alice@ims.example>;tag=a';
    const Via = 'SIP/2.0/TLS 10.1.2.3:5062;rport;branch=z9hG4bK-i1';
    near.send(request('INVITE', { From, Via, 'Call-ID': 'c1' }));
    const invite = await far.next();
    // An ACK in a call that is not answered goes nowhere, nor does a PRACK without a response that asks for it.
    if (method === 'ACK') far.send(response(invite, 200));
    if (method === 'PRACK') far.send(response(invite, 183, { Require: '100rel', RSeq: '1' }));
    const To = ['ACK', 'PRACK'].includes(method) ? (await near.next()).header('To') : '<sip:bob@ims.example>;tag=b';
    near.send(many(10, 'MESSAGE') + request(method, { 'Call-ID': 'c1', From, To, Via, RAck: '1 1 INVITE' }));
    let arrived = await far.next();
    while (arrived.method === 'MESSAGE') arrived = await far.next();
    expect(arrived.method).toBe(method);
  });

  test('but not without end: what ends a call has a share of its own', async () => {
    await start({ ue: { endings: few } });
    const { near, far } = await registered();
    const From = '<sip:alice@ims.example>;tag=a';
    near.send(request('INVITE', { From, 'Call-ID': 'c1' }));
    far.send(response(await far.next(), 200));
    const To = (await near.next()).header('To');
    const send = (method: string) => near.send(request(method, { 'Call-ID': 'c1', From, To, CSeq: `9 ${method}` }));
    for (const method of ['ACK', 'ACK', 'ACK']) {
      send(method);
      expect((await far.next()).method).toBe(method);
    }
    for (const method of ['ACK', 'BYE', 'BYE']) send(method);
    expect((await next(near, 2)).map(({ status, method }) => `${status} ${method}`)).toEqual(['503 BYE', '503 BYE']);
    near.send(request('MESSAGE'));
    expect((await far.next()).method).toBe('MESSAGE');
    expect(listener.counts().unserved).toEqual({ 'ue-endings': 3 });
  });

  test('is not heard beyond its share of provisional responses and 2xx to INVITEs; what ends a request passes', async () => {
    await start({ ue: { progress: few } });
    const { near, far } = await registered();
    const Via = `SIP/2.0/TCP 127.0.0.1:${server.at.port};branch=z9hG4bKserver`;
    far.send(request('INVITE', { Via, 'Call-ID': 'c1' }) + request('INVITE', { Via: `${Via}2`, 'Call-ID': 'c2' }));
    const [one, two] = await next(near, 2);
    far.send(request('MESSAGE', { Via: `${Via}3` }));
    const message = await near.next();
    near.send(
      Array.from({ length: 9 }, () => response(one!, 180)).join('') + response(one!, 200) + response(two!, 486),
    );
    near.send(response(message, 200));
    const seen = await next(far, 5);
    expect(seen.map(({ status }) => status)).toEqual([180, 180, 180, 486, 200]);
    expect(listener.counts().unserved).toEqual({ 'ue-progress': 7 });
  });

  test('is disconnected when it goes on sending far beyond, whatever it is; others stay', async () => {
    await start({ messages: { perSecond: 0, burst: 30 } });
    const { near, far } = await registered();
    const other = await registered('bob');
    near.send(many(50, 'ACK'));
    await Promise.all([near.closed, far.closed]);
    other.near.send(request('MESSAGE'));
    expect((await other.far.next()).method).toBe('MESSAGE');
  });
});

describe('N3: bytes cost as messages do', () => {
  const narrow = { messages: { perSecond: 0, burst: 20 } };

  test.each([
    ['keep-alives', '\r\n\r\n'],
    ['a message in pieces of a byte', 'X'],
  ])('%s: a connection that brings too many pieces is closed, and others stay', async (_what, piece) => {
    await start(narrow);
    const other = await registered('bob');
    const near = await ue();
    const timer = setInterval(() => near.send(piece), 1);
    await near.closed;
    clearInterval(timer);
    other.near.send(request('MESSAGE'));
    expect((await other.far.next()).method).toBe('MESSAGE');
  });

  test('a connection that brings too many bytes is closed', async () => {
    await start(narrow);
    const near = await ue();
    near.send(request('MESSAGE', { Subject: 'x'.repeat(50_000) }));
    await near.closed;
    expect(server.count).toBe(0);
  });

  test('a busy UE is far below: a PBX with 10 calls a second, of six messages in twelve pieces', () => {
    const { messages, fewMessages } = shareLimits();
    const perSecond = 10 * (6 + 12 * 0.25 + 10_000 / 2048);
    expect(perSecond).toBeLessThan(messages.perSecond / 2);
    expect(fewMessages.burst).toBeGreaterThan(4);
  });
});

describe('X6: what is under way to the SIP server', () => {
  test('is bounded for each UE, and answers make room', async () => {
    await start({ ue: { underWay: 3 } });
    const { near, far } = await registered();
    near.send(many(5, 'MESSAGE'));
    expect((await next(near, 2)).map(({ status }) => status)).toEqual([503, 503]);
    for (const message of await next(far, 3)) far.send(response(message, 200));
    await next(near, 3);
    near.send(request('MESSAGE'));
    expect((await far.next()).method).toBe('MESSAGE');
    expect(listener.counts().unserved).toEqual({ 'ue-under-way': 2 });
  });

  test('is bounded for each UE over all its connections', async () => {
    await start({ ue: { underWay: 3 } });
    const [one, two, other] = [await registered(), await registered(), await registered('bob')];
    one.near.send(many(2, 'MESSAGE'));
    const [first] = await next(one.far, 2);
    two.near.send(many(2, 'MESSAGE'));
    expect((await two.near.next()).status).toBe(503);
    other.near.send(request('MESSAGE'));
    await other.far.next();
    one.far.send(response(first!, 200));
    await one.near.next();
    two.near.send(request('OPTIONS'));
    expect((await next(two.far, 2)).map(({ method }) => method)).toEqual(['MESSAGE', 'OPTIONS']);
  });

  test('is bounded for all strangers, and leaves room for registered UEs', async () => {
    await start({ strangers: { underWay: 2 } });
    const known = await registered();
    const { near } = await connected();
    near.send(many(3, 'REGISTER'));
    expect((await next(near, 2)).map(({ status }) => status)).toEqual([503, 503]);
    known.near.send(request('MESSAGE'));
    expect((await known.far.next()).method).toBe('MESSAGE');
    near.socket.destroy();
    await near.closed;
    const { first } = await connected();
    expect(first.method).toBe('REGISTER');
  });

  test('is bounded for strangers so that half is left to REGISTERs from where a UE was before', async () => {
    await start({ strangers: { underWay: 4 } });
    const { near, far, first } = await connected();
    near.send(many(3, 'REGISTER'));
    expect((await next(near, 2)).map(({ status }) => status)).toEqual([503, 503]);
    tellRegistered(listener, far);
    far.send(response(first, 200));
    await near.next();
    const other = await connected();
    other.near.send(many(3, 'REGISTER'));
    expect((await other.near.next()).status).toBe(503);
    expect((await next(other.far, 2)).map(({ method }) => method)).toEqual(['REGISTER', 'REGISTER']);
    expect(listener.counts().unserved).toEqual({ 'strangers-under-way': 3 });
  });

  test('is bounded for each place, also where a UE was before, and leaves room for UEs from elsewhere', async () => {
    await start({ ue: { underWay: 100 } });
    await registered();
    const { near } = await connected();
    near.send(many(60, 'REGISTER'));
    const { onTheirWay } = shareLimits().source;
    expect((await next(near, 61 - onTheirWay)).map(({ status }) => status)).not.toContain(200);
    expect(listener.counts().unserved).toEqual({ 'source-under-way': 61 - onTheirWay });
    const other = ueElsewhere();
    other.send(request('REGISTER'));
    expect((await (await server.connection()).next()).method).toBe('REGISTER');
  });

  test('is bounded for requests, too, that came before the connection to the SIP server stood', async () => {
    await start({ strangers: { underWay: 4 } });
    const near = await ue();
    near.send(many(5, 'REGISTER'));
    expect((await next(near, 3)).map(({ status }) => status)).toEqual([503, 503, 503]);
    const far = await server.connection();
    expect((await next(far, 2)).map(({ method }) => method)).toEqual(['REGISTER', 'REGISTER']);
    expect(listener.counts().unserved).toEqual({ 'strangers-under-way': 3 });
  });

  test('N3: is bounded in bytes, too, where its Vias are long', async () => {
    await start({ ue: { underWay: 64 } });
    const { near, far } = await registered();
    const hop = 'SIP/2.0/TCP 10.1.2.3;branch=z9hG4bK';
    const long = (i: number) => `${hop}${i}, ${Array.from({ length: 150 }, () => `${hop}-behind`).join(', ')}`;
    near.send(Array.from({ length: 50 }, (_each, i) => request('MESSAGE', { Via: long(i) })).join(''));
    expect((await near.next()).status).toBe(503);
    expect((await far.next()).method).toBe('MESSAGE');
    expect(listener.counts().unserved['ue-under-way']).toBeGreaterThan(0);
  });

  test('is bounded for all', async () => {
    await start({ underWay: 2 });
    const { near, far } = await registered();
    near.send(many(3, 'MESSAGE'));
    expect((await near.next()).status).toBe(503);
    expect((await next(far, 2)).map(({ method }) => method)).toEqual(['MESSAGE', 'MESSAGE']);
    expect(listener.counts().unserved).toEqual({ 'under-way': 1 });
  });

  test('an INVITE is under way until the first response alone', async () => {
    await start({ ue: { underWay: 1 } });
    const { near, far } = await registered();
    near.send(request('INVITE'));
    far.send(response(await far.next(), 100));
    await near.next();
    near.send(request('MESSAGE'));
    expect((await far.next()).method).toBe('MESSAGE');
  });
});

describe('Z3: what the SIP server does not answer', () => {
  test('is answered 503 by the listener, which says so once; a later answer goes no further', async () => {
    await start({}, { answer: 50 });
    const { near, far, first } = await connected();
    const refused = await near.next();
    expect([refused.status, refused.method, refused.all('Via')]).toEqual([503, 'REGISTER', [first.all('Via')[1]]]);
    expect(Number(refused.header('Retry-After'))).toBeGreaterThan(0);
    near.send(request('OPTIONS'));
    const options = await far.next();
    far.send(response(first, 200) + response(options, 200));
    expect((await near.next()).method).toBe('OPTIONS');
    expect(listener.counts().unserved).toEqual({ 'server-silent': 1 });
    expect(lines.filter((line) => line.includes('does not answer requests'))).toHaveLength(1);
  });

  test('makes room again', async () => {
    await start({ ue: { underWay: 1 } }, { answer: 50 });
    const { near, far } = await connected();
    await near.next();
    near.send(request('REGISTER'));
    expect((await far.next()).method).toBe('REGISTER');
  });

  test('an INVITE without any response is refused, and cancelled', async () => {
    await start({}, { answer: 50 });
    const { near, far } = await registered();
    near.send(request('INVITE'));
    expect((await far.next()).method).toBe('INVITE');
    expect(await near.next()).toMatchObject({ status: 503, method: 'INVITE' });
    expect((await far.next()).method).toBe('CANCEL');
  });

  test('an INVITE that has a provisional one may take its time', async () => {
    await start({}, { answer: 50 });
    const { near, far } = await registered();
    near.send(request('INVITE'));
    const invite = await far.next();
    far.send(response(invite, 100));
    await near.next();
    // Another one, that came later, is given up.
    near.send(request('MESSAGE'));
    expect(await near.next()).toMatchObject({ status: 503, method: 'MESSAGE' });
    far.send(response(invite, 200, { Contact: '<sip:bob@192.0.2.9>' }));
    expect(await near.next()).toMatchObject({ status: 200, method: 'INVITE' });
  });
});

test('N3: of a UE with all the calls and subscriptions that it may have, the first call is still known', async () => {
  const [callsAtOnce, subscriptions] = [510, 100];
  const plenty = { perSecond: 0, burst: 1000 };
  await start({
    ue: { requests: plenty, calls: plenty, callsAtOnce, subscriptions, underWay: 1000 },
    messages: plenty,
  });
  const { near, far } = await registered('pbx');
  const From = '<sip:pbx@ims.example>;tag=first';
  near.send(request('INVITE', { From, 'Call-ID': 'first' }));
  far.send(response(await far.next(), 200));
  const answer = await near.next();
  near.send(many(callsAtOnce - 1, 'INVITE') + many(subscriptions, 'SUBSCRIBE'));
  await next(far, callsAtOnce - 1 + subscriptions);
  near.send(request('REFER', { From, 'Call-ID': 'first', To: answer.header('To') }));
  expect((await far.next()).method).toBe('REFER');
});

describe('N3: calls that are over are forgotten', () => {
  const From = '<sip:alice@ims.example>;tag=first';
  const To = '<sip:bob@ims.example>;tag=answerer';
  /** In a call it goes on, else the listener answers it: the server would not. */
  const isKnown = async (near: Wire, far: Wire, tags = { From, To }) => {
    near.send(request('REFER', { ...tags, 'Call-ID': 'c1', CSeq: '5 REFER' }) + request('OPTIONS'));
    const { method } = await far.next();
    if (method !== 'OPTIONS') await far.next();
    return method === 'REFER';
  };

  test.each(['the UE', 'the other end'])('a call of the UE: after the BYE of %s', async (who) => {
    await start();
    const { near, far } = await registered();
    near.send(request('INVITE', { From, 'Call-ID': 'c1' }));
    far.send(response(await far.next(), 200));
    await near.next();
    expect(await isKnown(near, far)).toBe(true);
    if (who === 'the UE') near.send(request('BYE', { From, To, 'Call-ID': 'c1', CSeq: '6 BYE' }));
    else far.send(request('BYE', { From: To, To: From, 'Call-ID': 'c1' }));
    await (who === 'the UE' ? far : near).next();
    expect(await isKnown(near, far)).toBe(false);
    // The next owner of the Call-ID may be another.
    const other = await registered('bob');
    other.near.send(request('INVITE', { From, 'Call-ID': 'c1' }));
    other.far.send(response(await other.far.next(), 200));
    await other.near.next();
    expect(await isKnown(other.near, other.far)).toBe(true);
  });

  test('calls that are refused: after the ACK, which passes beside all else', async () => {
    await start({ ue: { requests: { perSecond: 0, burst: 3 } } });
    const { near, far } = await registered();
    near.send(request('INVITE', { From, 'Call-ID': 'c1' }));
    const invite = await far.next();
    far.send(response(invite, 486));
    const refusal = await near.next();
    near.send(request('MESSAGE'));
    await far.next();
    near.send(request('ACK', { From, To, 'Call-ID': 'c1', Via: refusal.header('Via'), CSeq: '1 ACK' }));
    expect((await far.next()).header('Via')).toBe(invite.header('Via'));
    near.send(request('BYE', { From, To, 'Call-ID': 'c1' }) + request('BYE', { From, To, 'Call-ID': 'c1' }));
    expect((await near.next()).status).toBe(503);
  });

  test('a call to the UE that it refuses', async () => {
    await start();
    const { near, far } = await registered();
    const Via = `SIP/2.0/TCP 127.0.0.1:${server.at.port};branch=z9hG4bKserver`;
    far.send(request('INVITE', { Via, From: To, To: '<sip:alice@ims.example>', 'Call-ID': 'c1' }));
    near.send(response(await near.next(), 486));
    const refusal = await far.next();
    far.send(request('ACK', { Via, From: To, To: refusal.header('To'), 'Call-ID': 'c1' }));
    await near.next();
    expect(await isKnown(near, far, { From: refusal.header('To'), To })).toBe(false);
  });

  test('and what is kept of a call does not keep the messages that it came in', async () => {
    const plenty = { perSecond: 0, burst: 100_000 };
    await start({
      ...{ messages: plenty, messagesOfSender: plenty },
      ue: { requests: plenty, calls: plenty, underWay: 1000 },
    });
    const { near, far } = await registered();
    const long = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`X-${i}`, 'x'.repeat(7500)]));
    const before = await footprint();
    for (let i = 0; i < 200; i++) {
      near.send(request('INVITE', { ...long, 'Call-ID': `one-of-many-calls-that-are-refused-${i}` }));
      far.send(response(await far.next(), 486));
      await near.next();
      near.forget();
      far.forget();
    }
    // 12 MB have passed.
    expect((await footprint()).heap - before.heap).toBeLessThan(4_000_000);
  });
});

test('X12: an emergency call passes though its source has nothing left', async () => {
  await start({ source: { requests: few, registrations: few }, strangers: { requests: few, underWay: 0 } });
  const near = await ue();
  near.send(many(9, 'REGISTER') + many(9, 'OPTIONS') + request('INVITE', {}, '', 'urn:service:sos'));
  const far = await server.connection();
  const messages = [await far.next()];
  while (messages.at(-1)?.method !== 'INVITE') messages.push(await far.next());
  expect(messages.at(-1)?.startLine).toContain('urn:service:sos');
});

describe('N3: floods over many connections', () => {
  test('what ends a call passes in calls of the connection alone', async () => {
    await start({ source: { requests: { perSecond: 0, burst: 0 } } });
    const { near, far } = await connected();
    const inCall = { From: '<sip:x@ims.example>;tag=a', To: '<sip:y@ims.example>;tag=b', 'Call-ID': 'none' };
    // A CANCEL of no INVITE is answered before.
    for (const [method, status] of [
      ['BYE', 503],
      ['CANCEL', 481],
    ] as const) {
      near.send(request(method, { ...inCall, CSeq: `1 ${method}` }));
      expect((await near.next()).status).toBe(status);
    }
    near.send(request('ACK', { ...inCall, CSeq: '1 ACK' }) + request('REGISTER', { 'Call-ID': 'later' }));
    expect((await far.next()).method).toBe('REGISTER');
  });

  const narrow = { messagesOfSender: { perSecond: 0, burst: 6 }, fewMessages: { perSecond: 0, burst: 2 } };

  test('strangers of one place share their messages; who brings few is not touched', async () => {
    await start(narrow);
    // The listener answers it by itself.
    const send = (wire: Wire, count: number) => wire.send(many(count, 'REFER'));
    const [first, second, third] = [await ue(), await ue(), await ue()];
    send(first, 4);
    await next(first, 4);
    send(second, 2);
    await next(second, 2);
    send(third, 5);
    await third.closed;
    const newcomer = await ue();
    send(newcomer, 1);
    expect((await newcomer.next()).status).toBe(405);
  });

  test('strangers of all places share what is more than a few; who is registered is not touched', async () => {
    await start({ ...narrow, strangers: { messages: { perSecond: 0, burst: 4 } } });
    const send = (wire: Wire, count: number) => wire.send(many(count, 'REFER'));
    const [first, second, known] = [await ue(), ueElsewhere(), await registered()];
    send(first, 4);
    await next(first, 4);
    send(second, 4);
    await second.closed;
    const newcomer = ueElsewhere();
    send(newcomer, 1);
    expect((await newcomer.next()).status).toBe(405);
    send(known.near, 4);
    await next(known.near, 4);
  });

  test('so do all connections of one UE, and another is not touched', async () => {
    await start(narrow);
    const one = await registered();
    one.near.send(many(3, 'OPTIONS'));
    await next(one.far, 3);
    const two = await registered();
    two.near.send(many(6, 'OPTIONS'));
    await two.near.closed;
    const other = await registered('bob');
    other.near.send(many(3, 'OPTIONS'));
    await next(other.far, 3);
  });
});

test('N3: an account has so many connections: with one more the oldest is closed, and nobody else’s', async () => {
  await start({ ue: { connections: 2 } });
  const first = await registered();
  const other = await registered('bob');
  await registered();
  const third = await registered();
  await first.near.closed;
  for (const { near, far } of [other, third]) {
    near.send(request('MESSAGE'));
    expect((await far.next()).method).toBe('MESSAGE');
  }
});
