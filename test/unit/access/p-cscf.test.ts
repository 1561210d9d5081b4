import { sdp, sessionName } from '../sip/fake-anchor';
import { callerDialog, uriOf, type SipPeer } from '../sip/sip-peer';
import { TestEdge } from '../sip/test-edge';

/* The P-CSCF with the listener in front of its SIP server; the UE is behind a NAT and has a Contact that leads nowhere. */

const contact = '<sip:ue@10.1.2.3:5060;transport=tcp>';

let edge: TestEdge;
let core: SipPeer;

beforeAll(async () => {
  edge = await TestEdge.start({ fronted: true });
  core = edge.coreNextHop;
});

afterEach(async () => {
  await edge.calls.endAll('shutdown');
  core.forget();
});

afterAll(async () => {
  await edge.close();
});

async function registered(): Promise<{ ue: SipPeer; path: string }> {
  const ue = await edge.stranger();
  return { ue, path: await edge.register(ue, { Contact: contact }) };
}

const shown = () => `127.2.0.3:${edge.front?.port}`;

async function callTo(ue: SipPeer, path: string) {
  const invite = core.request('INVITE', 'sip:ue@10.1.2.3:5060;transport=tcp', { Route: path }, sdp('core offer'));
  const arrived = await ue.next('INVITE');
  ue.respond(arrived, 200, { Contact: contact }, sdp('ue answer'));
  const acknowledged = await ue.next('ACK');
  const ok = await core.next('200 INVITE');
  core.ack(invite, ok);
  return { arrived, acknowledged, dialog: callerDialog(invite, ok) };
}

test('G11, G12: a call to a registered UE is on its connection from INVITE to BYE', async () => {
  const { ue, path } = await registered();
  const { arrived, acknowledged, dialog } = await callTo(ue, path);
  expect(uriOf(arrived)).toBe('sip:ue@10.1.2.3:5060;transport=tcp');
  expect(sessionName(arrived.body)).toBe('core offer anchored');
  expect(arrived.header('Contact')).toContain(`${shown()};transport=tcp`);
  expect([arrived.all('Route'), arrived.all('Record-Route'), acknowledged.all('Route')]).toEqual([[], [], []]);
  core.inDialog(dialog, 'BYE');
  ue.respond(await ue.next('BYE'), 200);
  await core.next('200 BYE');
});

test('G11: a call of a UE is on its connection from INVITE to BYE', async () => {
  const { ue } = await registered();
  const invite = ue.request('INVITE', 'sip:bob@ims.example', { Contact: contact }, sdp('ue offer'));
  const arrived = await core.next('INVITE');
  core.respond(arrived, 200, {}, sdp('core answer'));
  await core.next('ACK');
  const ok = await ue.next('200 INVITE');
  expect(ok.header('Contact')).toContain(`${shown()};transport=tcp`);
  ue.ack(invite, ok);
  ue.inDialog(callerDialog(invite, ok), 'INFO', { 'Content-Type': 'text/plain' }, 'hello');
  core.respond(await core.next('INFO'), 200);
  await ue.next('200 INFO');
  ue.inDialog(callerDialog(invite, ok), 'BYE');
  core.respond(await core.next('BYE'), 200);
  await ue.next('200 BYE');
});

test('G20, G2: when the connection ends, its calls are released at once, and a further one gets 430', async () => {
  const { ue, path } = await registered();
  await callTo(ue, path);
  ue.close();
  core.respond(await core.next('BYE'), 200);
  await edge.calls.settled();
  expect(edge.calls.size).toBe(0);
  const invite = core.request('INVITE', 'sip:ue@10.1.2.3', { Route: path }, sdp('core offer'));
  core.ack(invite, await core.next('430 INVITE'));
});

test('G1: a UE with outbound is the edge’s own, not one behind a proxy: ob and Flow-Timer', async () => {
  const ue = await edge.stranger();
  ue.request('REGISTER', 'sip:ims.example', {
    Contact: `${contact};reg-id=1;+sip.instance="<urn:uuid:1>";expires=600`,
  });
  const register = await core.next('REGISTER');
  expect(register.header('Path')).toMatch(/;lr;ob>$/);
  core.respond(register, 200, { Contact: register.header('Contact'), Require: 'outbound' });
  expect((await ue.next('200 REGISTER')).header('Flow-Timer')).toBe('120');
});

test('OPTIONS to the address that UEs connect to is answered 200', async () => {
  const ue = await edge.stranger();
  ue.request('OPTIONS', `sip:${shown()};transport=tcp`);
  await ue.next('200 OPTIONS');
});

test('MESSAGE passes both ways', async () => {
  const { ue, path } = await registered();
  const text = { 'Content-Type': 'text/plain' };
  ue.request('MESSAGE', 'sip:bob@ims.example', text, 'hello');
  core.respond(await core.next('MESSAGE'), 202);
  await ue.next('202 MESSAGE');
  core.request('MESSAGE', 'sip:ue@10.1.2.3:5060;transport=tcp', { ...text, Route: path }, 'hello too');
  const arrived = await ue.next('MESSAGE');
  expect([uriOf(arrived), arrived.body]).toEqual(['sip:ue@10.1.2.3:5060;transport=tcp', 'hello too']);
  expect(arrived.raw).not.toMatch(/x-edge80/i);
  ue.respond(arrived, 200);
  await core.next('200 MESSAGE');
});

test('SUBSCRIBE of a UE, and the NOTIFY to it', async () => {
  const { ue } = await registered();
  ue.request('SUBSCRIBE', 'sip:bob@ims.example', { Contact: contact, Event: 'presence', Expires: '600' });
  const subscribe = await core.next('SUBSCRIBE');
  core.respond(subscribe, 200, { Expires: '600' });
  const ok = await ue.next('200 SUBSCRIBE');
  expect(ok.all('Record-Route')).toEqual([]);
  const [, target = ''] = /<([^>]+)>/.exec(subscribe.header('Contact')) ?? [];
  const dialog = {
    local: `${subscribe.header('To')};tag=${core.tag}`,
    remote: subscribe.header('From'),
    callId: subscribe.header('Call-ID'),
    target,
    cseq: 7,
  };
  core.inDialog(dialog, 'NOTIFY', { Event: 'presence', 'Subscription-State': 'active;expires=600' });
  const notify = await ue.next('NOTIFY');
  expect(notify.all('Route')).toEqual([]);
  ue.respond(notify, 200);
  await core.next('200 NOTIFY');
});

test.each([
  ['names no expiry', {}, { Contact: '<sip:a@10.1.2.3>' }, 1],
  ['lists no contact', {}, { Contact: '' }, 1],
  ['answers a query', { Contact: '' }, { Contact: '<sip:desk@10.1.2.4>;expires=600', Expires: '600' }, 0],
  ['takes one device back', { Expires: '0' }, { Contact: '<sip:desk@10.1.2.4>;expires=600', Expires: '600' }, 0],
])('P4: of a 200 that %s the listener makes what the P-CSCF does', async (_what, asked, granted, more) => {
  const before = edge.proven ?? 0;
  const ue = await edge.stranger();
  // Somebody new each time: who registers a device anew over another connection leaves the one before.
  const to = { To: `<sip:gina${ue.port}@ims.example>`, Contact: '<sip:a@10.1.2.3>' };
  ue.request('REGISTER', 'sip:ims.example', { ...to, ...asked });
  core.respond(await core.next('REGISTER'), 200, granted);
  await ue.next('200 REGISTER');
  expect(edge.proven).toBe(before + more);
  ue.request('MESSAGE', 'sip:bob@ims.example');
  if (more === 1) core.respond(await core.next('MESSAGE'), 200);
  expect((await ue.next((message) => message.method === 'MESSAGE')).status).toBe(more === 1 ? 200 : 403);
});
