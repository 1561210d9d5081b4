import type { Message, PeerDialog, SipPeer } from './sip-peer';
import { sdp, sessionName } from './fake-anchor';
import { hangUp } from './established-call';
import { calleeDialog, callerDialog } from './sip-peer';
import { TestEdge } from './test-edge';

const bob = 'sip:bob@ims.example';
const timer = { Supported: 'timer' };

let edge: TestEdge;
let ue: SipPeer;
let core: SipPeer;

async function start(sessionSecond = 1000): Promise<void> {
  edge = await TestEdge.start({ timers: { sessionSecond } });
  core = edge.coreNextHop;
  ue = await edge.ue();
}

afterEach(async () => {
  const { size } = edge.calls;
  await edge.close();
  expect(size).toBe(0);
  expect([...edge.anchor.releases.values()]).toEqual([1]);
});

interface Timed {
  arrived: Message;
  ok: Message;
  caller: PeerDialog;
  callee: PeerDialog;
}

async function establish(asked: Record<string, string>, agreed: Record<string, string>): Promise<Timed> {
  const invite = ue.request('INVITE', bob, asked, sdp('offer'));
  const arrived = await core.next('INVITE');
  core.respond(arrived, 200, agreed, sdp('answer'));
  await core.next('ACK');
  const ok = await ue.next('200 INVITE');
  ue.ack(invite, ok);
  return { arrived, ok, caller: callerDialog(invite, ok), callee: calleeDialog(arrived, core) };
}

const bothTimed = () =>
  establish(
    { ...timer, 'Session-Expires': '1800;refresher=uac', 'Min-SE': '120' },
    { Require: 'timer', 'Session-Expires': '1700;refresher=uas' },
  );

test('G16: session timers: each leg has its own, refreshed by its far end (RFC 4028)', async () => {
  await start();
  const call = await bothTimed();
  expect(call.arrived.header('Supported')).toBe('timer');
  expect(call.arrived.header('Session-Expires')).toBe('1800;refresher=uas');
  expect(call.arrived.header('Min-SE')).toBe('120');
  expect(call.ok.header('Session-Expires')).toBe('1800;refresher=uac');
  expect(call.ok.header('Require')).toBe('timer');
  await hangUp(ue, core, call);
});

test.each(['UE', 'core'])('G16: session timers: a re-INVITE of the %s refreshes both legs', async (who) => {
  await start();
  const call = await bothTimed();
  const [from, to, dialog, interval] = who === 'UE' ? [ue, core, call.caller, '1700'] : [core, ue, call.callee, '1800'];
  const refresh = from.inDialog(dialog, 'INVITE', { ...timer, 'Session-Expires': '900;refresher=uac' }, sdp('same'));
  const arrived = await to.next('INVITE');
  expect(arrived.header('Session-Expires')).toBe(`${interval};refresher=uas`);
  expect(arrived.header('Supported')).toBe('timer');
  to.respond(arrived, 200, { Require: 'timer', 'Session-Expires': `${interval};refresher=uas` }, sdp('same'));
  const ok = await from.next('200 INVITE');
  expect(ok.header('Session-Expires')).toBe('900;refresher=uac');
  expect(ok.header('Require')).toBe('timer');
  from.ack(refresh, ok);
  await to.next('ACK');
  await hangUp(ue, core, call);
});

test('G16: session timers: an UPDATE that only refreshes is not for the other leg, which has its own timer', async () => {
  await start();
  const call = await bothTimed();
  core.inDialog(call.callee, 'UPDATE', { ...timer, 'Session-Expires': '900;refresher=uac' });
  const ok = await core.next('200 UPDATE');
  expect(ok.header('Session-Expires')).toBe('900;refresher=uac');
  expect(ok.header('Contact')).not.toBe('');
  await hangUp(ue, core, call);
  expect(ue.history.map(({ method }) => method)).not.toContain('UPDATE');
});

test('G16: session timers: where the other leg has none, an UPDATE that only refreshes passes', async () => {
  await start();
  const call = await establish({ ...timer, 'Session-Expires': '1800' }, {});
  expect(call.ok.header('Session-Expires')).toBe('1800;refresher=uac');
  ue.inDialog(call.caller, 'UPDATE', { ...timer, 'Session-Expires': '1800;refresher=uac' });
  const arrived = await core.next('UPDATE');
  expect(arrived.all('Session-Expires')).toEqual([]);
  core.respond(arrived, 200);
  expect((await ue.next('200 UPDATE')).header('Session-Expires')).toBe('1800;refresher=uac');
  await hangUp(ue, core, call);
});

test('G16: session timers: an UPDATE with an offer goes as a re-INVITE to a leg with a timer', async () => {
  await start();
  const call = await bothTimed();
  ue.inDialog(call.caller, 'UPDATE', { ...timer, 'Session-Expires': '1800;refresher=uac' }, sdp('hold'));
  const arrived = await core.next('INVITE');
  expect(sessionName(arrived.body)).toBe('hold anchored');
  core.respond(arrived, 200, { Require: 'timer', 'Session-Expires': '1700;refresher=uas' }, sdp('held'));
  await core.next('ACK');
  expect(sessionName((await ue.next('200 UPDATE')).body)).toBe('held anchored');
  await hangUp(ue, core, call);
});

test('G16: session timers: a callee that keeps one by itself does so unseen by a caller that knows of none', async () => {
  await start();
  const call = await establish({}, { 'Session-Expires': '1800;refresher=uas' });
  expect([call.arrived.all('Supported'), call.arrived.all('Session-Expires')]).toEqual([[], []]);
  expect([call.ok.all('Session-Expires'), call.ok.all('Require')]).toEqual([[], []]);
  const refresh = core.inDialog(
    call.callee,
    'INVITE',
    { ...timer, 'Session-Expires': '1800;refresher=uac' },
    sdp('same'),
  );
  const arrived = await ue.next('INVITE');
  expect(arrived.all('Session-Expires')).toEqual([]);
  ue.respond(arrived, 200, {}, sdp('same'));
  const ok = await core.next('200 INVITE');
  expect(ok.header('Session-Expires')).toBe('1800;refresher=uac');
  core.ack(refresh, ok);
  await ue.next('ACK');
  await hangUp(ue, core, call);
});

test.each(['UE', 'core'])('G16: session timers: a %s that does not refresh ends the call for both', async (who) => {
  await start(5);
  const brief = { 'Session-Expires': `90;refresher=${who === 'UE' ? 'uac' : 'uas'}` };
  await (who === 'UE' ? establish({ ...timer, ...brief }, {}) : establish({}, brief));
  const bye = await core.next('BYE');
  expect(bye.header('Reason')).toBe('SIP;cause=408;text="Session timer expired"');
  core.respond(bye, 200);
  ue.respond(await ue.next('BYE'), 200);
  expect(edge.log.join('')).toContain('session-expired');
});

test('G16: session timers: an interval below 90 s gets 422 with Min-SE, at the start and later', async () => {
  await start();
  const invite = ue.request('INVITE', bob, { ...timer, 'Session-Expires': '30' }, sdp('offer'));
  const refused = await ue.next('422 INVITE');
  expect(refused.header('Min-SE')).toBe('90');
  ue.ack(invite, refused);
  edge.anchor.releases.clear();
  const call = await bothTimed();
  ue.inDialog(call.caller, 'UPDATE', { ...timer, 'Session-Expires': '30;refresher=uac' });
  expect((await ue.next('422 UPDATE')).header('Min-SE')).toBe('90');
  await hangUp(ue, core, call);
});

test('G16: session timers: 422 of the core reaches the UE with its Min-SE', async () => {
  await start();
  const invite = ue.request('INVITE', bob, { ...timer, 'Session-Expires': '90' }, sdp('offer'));
  core.respond(await core.next('INVITE'), 422, { 'Min-SE': '600' });
  const refused = await ue.next('422 INVITE');
  expect(refused.header('Min-SE')).toBe('600');
  ue.ack(invite, refused);
  await core.next('ACK');
});
