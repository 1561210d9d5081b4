import type { EventEmitter } from 'node:events';
import type { Dialog } from '../../../lib/drachtio/messages';
import { sdp, sessionName } from './fake-anchor';
import { establish, hangUp, type Established } from './established-call';
import type { PeerDialog, SipPeer } from './sip-peer';
import { TestEdge } from './test-edge';

let edge: TestEdge;
let ue: SipPeer;
let core: SipPeer;
let call: Established;

beforeAll(async () => {
  edge = await TestEdge.start();
  core = edge.coreNextHop;
});

beforeEach(async () => {
  ue = await edge.ue();
  call = await establish(ue, core);
  edge.anchor.asked.length = 0;
});

afterEach(async () => {
  await hangUp(ue, core, call);
  await edge.calls.settled();
  expect(edge.anchor.holding.size).toBe(0);
});

afterAll(async () => {
  await edge.close();
});

/** Both ends of the call: he who asks, his dialog, and the same of the other one. */
function ends(who: string): [SipPeer, PeerDialog, SipPeer, PeerDialog] {
  return who === 'UE' ? [ue, call.caller, core, call.callee] : [core, call.callee, ue, call.caller];
}

describe.each(['UE', 'core'])('a re-INVITE of the %s that is pending', (who) => {
  test('G16: keeps the other side’s re-INVITE and its UPDATE with an offer out with 491', async () => {
    const [from, dialog, to, other] = ends(who);
    const first = from.inDialog(dialog, 'INVITE', {}, sdp('mine'));
    const arrived = await to.next('INVITE');
    const second = to.inDialog(other, 'INVITE', {}, sdp('yours'));
    to.ack(second, await to.next('491 INVITE'));
    to.inDialog(other, 'UPDATE', {}, sdp('yours'));
    await to.next('491 UPDATE');
    to.respond(arrived, 200, {}, sdp('fine'));
    from.ack(first, await from.next('200 INVITE'));
    await to.next('ACK');
    expect(edge.anchor.asked).toHaveLength(2);
  });

  test('G16: keeps another one of the same side out with 500 and Retry-After', async () => {
    const [from, dialog, to] = ends(who);
    const first = from.inDialog(dialog, 'INVITE', {}, sdp('first'));
    const arrived = await to.next('INVITE');
    const second = from.inDialog(dialog, 'INVITE', {}, sdp('second'));
    const refused = await from.next('500 INVITE');
    expect(refused.header('Retry-After')).not.toBe('');
    from.ack(second, refused);
    to.respond(arrived, 200, {}, sdp('fine'));
    from.ack(first, await from.next('200 INVITE'));
    await to.next('ACK');
  });

  test('G14: lets an UPDATE without an offer pass, from either side', async () => {
    const [from, dialog, to, other] = ends(who);
    const first = from.inDialog(dialog, 'INVITE', {}, sdp('mine'));
    const arrived = await to.next('INVITE');
    to.inDialog(other, 'UPDATE', { Subject: 'back' });
    const back = await from.next('UPDATE');
    expect([back.body, back.header('Subject')]).toEqual(['', 'back']);
    from.respond(back, 200);
    await to.next('200 UPDATE');
    from.inDialog(dialog, 'UPDATE', { Subject: 'forth' });
    const forth = await to.next('UPDATE');
    expect(forth.header('Subject')).toBe('forth');
    to.respond(forth, 200);
    await from.next('200 UPDATE');
    to.respond(arrived, 200, {}, sdp('fine'));
    from.ack(first, await from.next('200 INVITE'));
    await to.next('ACK');
  });
});

test.each(['UE', 'core'])('a re-INVITE of the %s with a body other than SDP gets 415 with Accept', async (who) => {
  const [from, dialog] = ends(who);
  const invite = from.inDialog(dialog, 'INVITE', { 'Content-Type': 'application/xml' }, '<offer/>');
  const refused = await from.next('415 INVITE');
  expect(refused.header('Accept')).toBe('application/sdp');
  from.ack(invite, refused);
  expect(edge.anchor.asked).toEqual([]);
});

test('491 of the far end reaches who sent the re-INVITE, and the next one passes', async () => {
  const first = ue.inDialog(call.caller, 'INVITE', {}, sdp('first'));
  core.respond(await core.next('INVITE'), 491);
  ue.ack(first, await ue.next('491 INVITE'));
  await core.next('ACK');
  const second = ue.inDialog(call.caller, 'INVITE', {}, sdp('second'));
  core.respond(await core.next('INVITE'), 200, {}, sdp('fine'));
  const ok = await ue.next('200 INVITE');
  expect(sessionName(ok.body)).toBe('fine anchored');
  ue.ack(second, ok);
  await core.next('ACK');
});

test('G11: a request in the UE’s dialog over a connection that is not its own gets 403, and the core hears nothing', async () => {
  const thief = await edge.ue();
  const dialog = { ...call.caller, cseq: 50 };
  thief.inDialog(dialog, 'INFO', {}, '');
  await thief.next('403 INFO');
  thief.inDialog(dialog, 'UPDATE', {}, sdp('mine now'));
  await thief.next('403 UPDATE');
  const invite = thief.inDialog(dialog, 'INVITE', {}, sdp('mine now'));
  thief.ack(invite, await thief.next('403 INVITE'));
  call.caller.cseq = 100;
  expect(edge.anchor.asked).toEqual([]);
});

test('a thousand re-INVITEs leave no listener and no wait behind', async () => {
  await hangUp(ue, core, call);
  const waits = new Set<unknown>();
  const open = jest.spyOn(edge.calls, 'open').mockImplementationOnce((...facts) => {
    open.mockRestore();
    const opened = edge.calls.open(...facts);
    const { onEnd } = opened;
    opened.onEnd = (listener) => {
      waits.add(listener);
      const forget = onEnd.call(opened, listener);
      return () => {
        waits.delete(listener);
        forget();
      };
    };
    return opened;
  });
  const legs: Dialog[] = [];
  const adopted = jest.spyOn(edge.srf, 'uacDialog').mockImplementationOnce((sent, response) => {
    adopted.mockRestore();
    const dialog = edge.srf.uacDialog(sent, response);
    legs.push(dialog);
    return dialog;
  });
  const answered = jest.spyOn(edge.srf, 'createUas').mockImplementationOnce(async (request, response, options) => {
    answered.mockRestore();
    const dialog = await edge.srf.createUas(request, response, options);
    legs.push(dialog);
    return dialog;
  });
  call = await establish(ue, core);
  const change = async () => {
    const invite = ue.inDialog(call.caller, 'INVITE', {}, sdp('again'));
    core.respond(await core.next('INVITE'), 200, {}, sdp('fine'));
    const ok = await ue.next('200 INVITE');
    ue.ack(invite, ok);
    await core.next('ACK');
  };
  const kept = () => [
    waits.size,
    ...legs.map((leg: EventEmitter) => leg.eventNames().map((name) => leg.listenerCount(name))),
  ];
  await change();
  const before = kept();
  for (let i = 1; i < 1000; i++) await change();
  expect(legs).toHaveLength(2);
  expect(kept()).toEqual(before);
}, 60_000);
