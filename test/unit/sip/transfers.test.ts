import { sdp } from './fake-anchor';
import { establish, hangUp, type Established } from './established-call';
import { calleeDialog, callerDialog, type PeerDialog, type SipPeer } from './sip-peer';
import { TestEdge } from './test-edge';

let edge: TestEdge;
let ue: SipPeer;
let core: SipPeer;
let first: Established;
let second: Established;

beforeAll(async () => {
  edge = await TestEdge.start();
  core = edge.coreNextHop;
});

beforeEach(async () => {
  ue = await edge.ue();
  first = await establish(ue, core);
  second = await establish(ue, core, 'sip:carol@ims.example');
});

afterEach(async () => {
  await hangUp(ue, core, first);
  await hangUp(ue, core, second);
  expect(edge.calls.size).toBe(0);
});

afterAll(async () => {
  await edge.close();
});

const tagOf = (party: string) => /;tag=([^;]+)/.exec(party)?.[1] ?? '';

/** Replaces as the owner of `dialog` writes it for the far end. */
const replaces = ({ callId, local, remote }: PeerDialog) =>
  `${callId};to-tag=${tagOf(remote)};from-tag=${tagOf(local)}`;

/** The same dialog as its far end knows it: in the view of him who gets the request. */
const known = ({ callId, local, remote }: PeerDialog) => `${callId};to-tag=${tagOf(local)};from-tag=${tagOf(remote)}`;

test('G18: an attended transfer: REFER with Replaces names the call as the core knows it, NOTIFY reports back', async () => {
  const referTo = `<sip:carol@ims.example?Replaces=${encodeURIComponent(replaces(second.caller))}>`;
  const by = { 'Referred-By': '<sip:alice@ims.example>', 'Refer-Sub': 'true', 'Refer-To': referTo };
  ue.inDialog(first.caller, 'REFER', by);
  const refer = await core.next('REFER');
  expect(refer.header('Refer-To')).toBe(`<sip:carol@ims.example?Replaces=${encodeURIComponent(known(second.callee))}>`);
  expect([refer.header('Referred-By'), refer.header('Refer-Sub')]).toEqual(['<sip:alice@ims.example>', 'true']);
  expect(refer.header('Contact')).not.toBe('');
  core.respond(refer, 202, { 'Refer-Sub': 'true' });
  const accepted = await ue.next('202 REFER');
  expect(accepted.header('Refer-Sub')).toBe('true');
  expect(accepted.header('Contact')).not.toBe('');

  const sipfrag = {
    Event: 'refer',
    'Subscription-State': 'terminated;reason=noresource',
    'Content-Type': 'message/sipfrag',
  };
  core.inDialog(first.callee, 'NOTIFY', sipfrag, 'SIP/2.0 200 OK\r\n');
  const notify = await ue.next('NOTIFY');
  expect(notify.body).toBe('SIP/2.0 200 OK\r\n');
  expect(notify.header('Content-Type')).toBe('message/sipfrag');
  expect(notify.header('Subscription-State')).toBe('terminated;reason=noresource');
  expect(notify.header('Event')).toBe('refer');
  ue.respond(notify, 200);
  await core.next('200 NOTIFY');
});

test('G18: REFER of the core, with our Contact in Refer-To, names the UE’s dialog and its address of record', async () => {
  const contact = second.callee.target;
  core.inDialog(first.callee, 'REFER', {
    'Refer-To': `<${contact}?Replaces=${encodeURIComponent(replaces(second.callee))}>`,
  });
  const refer = await ue.next('REFER');
  expect(refer.header('Refer-To')).toBe(`<sip:alice@ims.example?Replaces=${encodeURIComponent(known(second.caller))}>`);
  ue.respond(refer, 603);
  await core.next('603 REFER');
});

test.each([
  ['Replaces', (dialog: PeerDialog) => replaces(dialog), (dialog: PeerDialog) => known(dialog)],
  ['Join', (dialog: PeerDialog) => replaces(dialog), (dialog: PeerDialog) => known(dialog)],
  [
    'Target-Dialog',
    ({ callId, local, remote }: PeerDialog) => `${callId};local-tag=${tagOf(local)};remote-tag=${tagOf(remote)}`,
    ({ callId, local, remote }: PeerDialog) => `${callId};remote-tag=${tagOf(local)};local-tag=${tagOf(remote)}`,
  ],
])('G18: an INVITE with %s names the dialog as the other side knows it', async (header, written, expected) => {
  const headers = { [header]: written(second.caller), Require: 'replaces', Supported: 'join, tdialog' };
  const invite = ue.request('INVITE', 'sip:carol@ims.example', headers, sdp('offer'));
  const arrived = await core.next('INVITE');
  expect(arrived.header(header)).toBe(expected(second.callee));
  expect([arrived.header('Require'), arrived.header('Supported')]).toEqual(['replaces', 'join, tdialog']);
  core.respond(arrived, 200, {}, sdp('answer'));
  await core.next('ACK');
  const ok = await ue.next('200 INVITE');
  ue.ack(invite, ok);
  await hangUp(ue, core, { caller: callerDialog(invite, ok), callee: calleeDialog(arrived, core) });
});

test('G18: an INVITE that replaces a call which does not pass here stays as it is', async () => {
  const strange = 'other@host;to-tag=1;from-tag=2';
  const invite = ue.request('INVITE', 'sip:carol@ims.example', { Replaces: strange }, sdp('offer'));
  const arrived = await core.next('INVITE');
  expect(arrived.header('Replaces')).toBe(strange);
  core.respond(arrived, 481);
  ue.ack(invite, await ue.next('481 INVITE'));
  await core.next('ACK');
});
