import type { SipPeer } from './sip-peer';
import { calleeDialog, callerDialog, type PeerDialog } from './sip-peer';
import { TestEdge } from './test-edge';

let edge: TestEdge;
let core: SipPeer;
let ue: SipPeer;
let path: string;

beforeAll(async () => {
  edge = await TestEdge.start();
  core = edge.coreNextHop;
});

beforeEach(async () => {
  ue = await edge.stranger();
  path = await edge.register(ue);
  core.forget();
});

afterAll(async () => {
  await edge.close();
});

const regEvent = { Event: 'reg', Expires: '600' };
const active = { Event: 'reg', 'Subscription-State': 'active;expires=600' };
const terminated = { Event: 'reg', 'Subscription-State': 'terminated;reason=timeout' };

interface Subscribed {
  subscriber: PeerDialog;
  notifier: PeerDialog;
}

async function subscribe(from: SipPeer, to: SipPeer, extra: Record<string, string> = {}): Promise<Subscribed> {
  const sent = from.request('SUBSCRIBE', 'sip:alice@ims.example', { ...regEvent, ...extra });
  const arrived = await to.next('SUBSCRIBE');
  expect(arrived.header('Event')).toBe('reg');
  to.respond(arrived, 200, { Expires: '600' });
  const ok = await from.next('200 SUBSCRIBE');
  expect(ok.header('Expires')).toBe('600');
  return { subscriber: callerDialog(sent, ok), notifier: calleeDialog(arrived, to) };
}

async function pass(
  from: SipPeer,
  to: SipPeer,
  [dialog, method, extra, body]: [PeerDialog, string, Record<string, string>, string?],
): Promise<void> {
  from.inDialog(dialog, method, extra, body);
  const arrived = await to.next(method);
  expect(arrived.body).toBe(body ?? '');
  expect(arrived.header('Subscription-State')).toBe(extra['Subscription-State'] ?? '');
  to.respond(arrived, 200, method === 'SUBSCRIBE' ? { Expires: extra['Expires'] ?? '' } : {});
  // drachtio-server ends the dialog before the app can answer the last NOTIFY, and answers it 500 by itself.
  const isLast = extra['Subscription-State']?.startsWith('terminated') === true;
  await from.next(`${isLast && process.env['DRACHTIO_BIN'] !== undefined ? 500 : 200} ${method}`);
}

test('G18: a UE subscribes, is notified over its connection, refreshes and ends', async () => {
  const { subscriber, notifier } = await subscribe(ue, core);
  const document = { ...active, 'Content-Type': 'application/reginfo+xml' };
  await pass(core, ue, [notifier, 'NOTIFY', document, '<reginfo/>']);
  await pass(ue, core, [subscriber, 'SUBSCRIBE', regEvent]);
  await pass(core, ue, [notifier, 'NOTIFY', active]);
  await pass(ue, core, [subscriber, 'SUBSCRIBE', { ...regEvent, Expires: '0' }]);
  await pass(core, ue, [notifier, 'NOTIFY', terminated]);
});

test('G18: the core subscribes to what a UE knows', async () => {
  const { subscriber, notifier } = await subscribe(core, ue, { Route: path });
  await pass(ue, core, [notifier, 'NOTIFY', active]);
  await pass(core, ue, [subscriber, 'SUBSCRIBE', regEvent]);
  await pass(ue, core, [notifier, 'NOTIFY', terminated]);
});

test('G18: a refused subscription is refused to its sender, and nothing is kept', async () => {
  ue.request('SUBSCRIBE', 'sip:alice@ims.example', regEvent);
  const arrived = await core.next('SUBSCRIBE');
  core.respond(arrived, 489, { 'Allow-Events': 'reg' });
  const refused = await ue.next('489 SUBSCRIBE');
  expect(refused.header('Allow-Events')).toBe('reg');
  core.inDialog(calleeDialog(arrived, core), 'NOTIFY', active);
  await core.next('481 NOTIFY');
});

test('G20: a subscription ends with the registration of its UE', async () => {
  const { notifier } = await subscribe(ue, core);
  await edge.register(ue, { Contact: `${ue.contact};expires=0` }, { Contact: '' });
  core.inDialog(notifier, 'NOTIFY', active);
  await core.next('481 NOTIFY');
});

test('G21: neither side of a subscription sees the other’s addresses', async () => {
  const { notifier } = await subscribe(ue, core);
  core.inDialog(notifier, 'NOTIFY', active);
  const notify = await ue.next('NOTIFY');
  expect(notify.raw).not.toContain('127.1.0.');
  ue.respond(notify, 200);
  await core.next('200 NOTIFY');
  const toCore = core.history.filter(({ method }) => method === 'SUBSCRIBE');
  expect(toCore.at(-1)?.raw).not.toContain('127.2.0.');
});

test('G11: what comes in a UE’s subscription over another connection gets 403', async () => {
  const { subscriber } = await subscribe(ue, core);
  const thief = await edge.ue();
  thief.inDialog(subscriber, 'SUBSCRIBE', regEvent);
  await thief.next('403 SUBSCRIBE');
});

test('a SUBSCRIBE that the core sends back under its own Call-ID gets 482: the server would take both for one', async () => {
  ue.request('SUBSCRIBE', 'sip:alice@ims.example', regEvent);
  const arrived = await core.next('SUBSCRIBE');
  const ids = { From: arrived.header('From'), To: arrived.header('To'), 'Call-ID': arrived.header('Call-ID') };
  core.request('SUBSCRIBE', 'sip:alice@ims.example', { ...ids, Route: path, Event: 'reg' });
  await core.next('482 SUBSCRIBE');
  core.respond(arrived, 482);
  await ue.next('482 SUBSCRIBE');
});

test('G18: a NOTIFY right behind the 200 to SUBSCRIBE finds the subscriber', async () => {
  ue.request('SUBSCRIBE', 'sip:alice@ims.example', regEvent);
  const arrived = await core.next('SUBSCRIBE');
  core.respond(arrived, 200, { Expires: '600' });
  core.inDialog(calleeDialog(arrived, core), 'NOTIFY', active);
  await ue.next('200 SUBSCRIBE');
  ue.respond(await ue.next('NOTIFY'), 200);
  await core.next('200 NOTIFY');
});
