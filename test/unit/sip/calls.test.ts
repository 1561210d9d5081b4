import { EdgeError } from '../../../lib/errors';
import { sdp, sessionName } from './fake-anchor';
import { establish, hangUp, type Established } from './established-call';
import { calleeDialog, callerDialog, uriOf, type SipPeer } from './sip-peer';
import { testCancelOfReinvite } from './cancel-of-reinvite';
import { TestEdge } from './test-edge';

let edge: TestEdge;
let ue: SipPeer;
let core: SipPeer;

beforeAll(async () => {
  edge = await TestEdge.start({ timers: { prack: 1000 } });
  core = edge.coreNextHop;
});

beforeEach(async () => {
  ue = await edge.ue();
  edge.anchor.asked.length = 0;
  edge.anchor.releases.clear();
  core.forget();
});

afterEach(async () => {
  // What a failed test left must not fail the next one.
  await edge.calls.endAll('shutdown');
});

afterAll(async () => {
  await edge.close();
});

const bob = 'sip:bob@ims.example';

/** The one call of a test is over, and its media was released once. */
async function expectReleasedOnce(): Promise<void> {
  await edge.calls.settled();
  expect(edge.calls.size).toBe(0);
  expect([...edge.anchor.releases.values()]).toEqual([1]);
  expect(edge.anchor.holding.size).toBe(0);
}

/** Resolves when `done` holds, looked at after each turn of the event loop. */
async function until(done: () => boolean): Promise<void> {
  while (!done()) await new Promise((resolve) => setImmediate(resolve));
}

describe('a call from the UE', () => {
  test('goes to the core with the Request-URI kept and each SDP taken through the anchor', async () => {
    const invite = ue.request('INVITE', bob, { Subject: 'lunch', 'P-Early-Media': 'supported' }, sdp('offer'));
    const arrived = await core.next('INVITE');
    expect(uriOf(arrived)).toBe(bob);
    expect(sessionName(arrived.body)).toBe('offer anchored');
    expect(arrived.header('From')).toMatch(/^"Alice" <sip:alice@ims.example>;tag=/);
    expect(arrived.header('From')).not.toBe(invite.header('From'));
    expect(arrived.header('To')).toBe('<sip:bob@ims.example>');
    expect(arrived.header('Max-Forwards')).toBe('69');
    expect(arrived.header('Subject')).toBe('lunch');
    core.respond(arrived, 180, { Organization: 'far end' }, '', 'Ringing');
    const ringing = await ue.next('180 INVITE');
    expect(ringing.header('Organization')).toBe('far end');
    core.respond(arrived, 200, {}, sdp('answer'));
    const ok = await ue.next('200 INVITE');
    expect(sessionName(ok.body)).toBe('answer anchored');
    expect(ringing.header('Contact')).toBe(ok.header('Contact'));
    ue.ack(invite, ok);
    await core.next('ACK');
    await hangUp(ue, core, { caller: callerDialog(invite, ok), callee: calleeDialog(arrived, core) });
    expect(edge.anchor.asked).toEqual(['offer access offer', 'answer core answer']);
    await expectReleasedOnce();
  });

  test('a callee that answers and hangs up before the UE has its 200 leaves it with 480', async () => {
    const invite = ue.request('INVITE', bob, {}, sdp('offer'));
    const arrived = await core.next('INVITE');
    const resume = edge.anchor.pause();
    core.respond(arrived, 200, {}, sdp('answer'));
    await core.next('ACK');
    core.inDialog(calleeDialog(arrived, core), 'BYE');
    await core.next('200 BYE');
    resume();
    ue.ack(invite, await ue.next('480 INVITE'));
    await expectReleasedOnce();
  });

  test('G21: tells neither side the other one’s addresses', async () => {
    const invite = ue.request(
      'INVITE',
      bob,
      { 'Record-Route': '<sip:127.2.0.2:999;lr>', Route: `<sip:127.2.0.1;lr>` },
      sdp('o'),
    );
    const arrived = await core.next('INVITE');
    expect(arrived.raw.split('\r\n\r\n')[0]).not.toContain('127.2.0.');
    core.respond(arrived, 302, { Contact: '<sip:carol@127.1.0.77>' });
    const moved = await ue.next('302 INVITE');
    expect(moved.raw.replaceAll(/Via:.*/g, '')).not.toContain('127.1.0.');
    ue.ack(invite, moved);
    await core.next('ACK');
    await expectReleasedOnce();
  });

  test('G17: 183 at once followed by 200 keeps its SDP and their order', async () => {
    const invite = ue.request('INVITE', bob, {}, sdp('offer'));
    const arrived = await core.next('INVITE');
    core.respond(arrived, 183, {}, sdp('early'));
    core.respond(arrived, 200, {}, '');
    const progress = await ue.next('183 INVITE');
    expect(sessionName(progress.body)).toBe('early anchored');
    const ok = await ue.next('200 INVITE');
    expect(sessionName(ok.body)).toBe('early anchored');
    ue.ack(invite, ok);
    await hangUp(ue, core, { caller: callerDialog(invite, ok), callee: calleeDialog(arrived, core) });
    await expectReleasedOnce();
  });

  test('G17: several forks ring with their own SDP, and the one that answers counts', async () => {
    const invite = ue.request('INVITE', bob, {}, sdp('offer'));
    const arrived = await core.next('INVITE');
    core.respond(arrived, 183, { To: `${arrived.header('To')};tag=f1` }, sdp('fork 1'));
    expect(sessionName((await ue.next('183 INVITE')).body)).toBe('fork 1 anchored');
    core.respond(arrived, 183, { To: `${arrived.header('To')};tag=f2` }, sdp('fork 2'));
    expect(sessionName((await ue.next('183 INVITE')).body)).toBe('fork 2 anchored');
    core.respond(arrived, 200, { To: `${arrived.header('To')};tag=f2` }, sdp('fork 2 final'));
    const ok = await ue.next('200 INVITE');
    expect(sessionName(ok.body)).toBe('fork 2 final anchored');
    ue.ack(invite, ok);
    await core.next('ACK');
    await hangUp(ue, core, { caller: callerDialog(invite, ok), callee: calleeDialog(arrived, core) });
    await expectReleasedOnce();
  });

  test('F7: without an offer gets the core’s in the 200 and answers in the ACK', async () => {
    const invite = ue.request('INVITE', bob);
    const arrived = await core.next('INVITE');
    expect(arrived.body).toBe('');
    core.respond(arrived, 200, {}, sdp('core offer'));
    const ok = await ue.next('200 INVITE');
    expect(sessionName(ok.body)).toBe('core offer anchored');
    ue.ack(invite, ok, sdp('ue answer'));
    expect(sessionName((await core.next('ACK')).body)).toBe('ue answer anchored');
    expect(edge.anchor.asked).toEqual(['offer core core offer', 'answer access ue answer']);
    await hangUp(ue, core, { caller: callerDialog(invite, ok), callee: calleeDialog(arrived, core) });
    await expectReleasedOnce();
  });

  test('without an offer and without an answer in the ACK is hung up on both sides', async () => {
    const invite = ue.request('INVITE', bob);
    const arrived = await core.next('INVITE');
    core.respond(arrived, 200, {}, sdp('core offer'));
    ue.ack(invite, await ue.next('200 INVITE'));
    await core.next('ACK');
    core.respond(await core.next('BYE'), 200);
    ue.respond(await ue.next('BYE'), 200);
    await expectReleasedOnce();
  });

  test.each([486, 603, 480])('%i of the core is passed on with its headers', async (status) => {
    const invite = ue.request('INVITE', bob, {}, sdp('offer'));
    const extra = { 'Retry-After': '30', Warning: '399 core "busy"' };
    core.respond(await core.next('INVITE'), status, extra, '', 'No Way');
    const refused = await ue.next(`${status} INVITE`);
    expect(refused.startLine).toBe(`SIP/2.0 ${status} No Way`);
    expect(refused.header('Retry-After')).toBe('30');
    expect(refused.header('Warning')).toBe('399 edge80 "busy"');
    ue.ack(invite, refused);
    await core.next('ACK');
    await expectReleasedOnce();
  });

  test('a challenge of the core and the credentials of the UE pass, and are not logged', async () => {
    const invite = ue.request('INVITE', bob, { Authorization: 'Digest username="a", response="0f0f0f"' }, sdp('offer'));
    const arrived = await core.next('INVITE');
    expect(arrived.header('Authorization')).toContain('0f0f0f');
    core.respond(arrived, 401, { 'WWW-Authenticate': 'Digest realm="ims.example", nonce="n1"' });
    const challenge = await ue.next('401 INVITE');
    expect(challenge.header('WWW-Authenticate')).toContain('n1');
    ue.ack(invite, challenge);
    await core.next('ACK');
    expect(edge.log.join('')).not.toContain('0f0f0f');
    await expectReleasedOnce();
  });

  test.each(['before', 'after'])('G16: CANCEL %s the core rang', async (when) => {
    const invite = ue.request('INVITE', bob, {}, sdp('offer'));
    const arrived = await core.next('INVITE');
    if (when === 'after') {
      core.respond(arrived, 180);
      await ue.next('180 INVITE');
    }
    ue.cancel(invite, { Reason: 'SIP ;cause=200 ;text="elsewhere"' });
    ue.ack(invite, await ue.next('487 INVITE'));
    if (when === 'before') core.respond(arrived, 180);
    const cancel = await core.next('CANCEL');
    if (when === 'after') expect(cancel.header('Reason')).toContain('elsewhere');
    core.respond(cancel, 200);
    core.respond(arrived, 487);
    await core.next('ACK');
    await expectReleasedOnce();
  });

  test('G16: a CANCEL that crosses the 200 ends with a BYE to the core', async () => {
    const invite = ue.request('INVITE', bob, {}, sdp('offer'));
    const arrived = await core.next('INVITE');
    core.respond(arrived, 180);
    await ue.next('180 INVITE');
    ue.cancel(invite);
    ue.ack(invite, await ue.next('487 INVITE'));
    const cancel = await core.next('CANCEL');
    core.respond(arrived, 200, {}, sdp('answer'));
    core.respond(cancel, 200);
    await core.next('ACK');
    core.respond(await core.next('BYE'), 200);
    await expectReleasedOnce();
  });

  test('G16: BYE of the core reaches the UE with its Reason', async () => {
    const { callee } = await establish(ue, core);
    core.inDialog(callee, 'BYE', { Reason: 'Q.850;cause=16' });
    const bye = await ue.next('BYE');
    expect(bye.header('Reason')).toBe('Q.850;cause=16');
    ue.respond(bye, 200);
    await core.next('200 BYE');
    await expectReleasedOnce();
  });

  test('with no hops left is refused with 483', async () => {
    const invite = ue.request('INVITE', bob, { 'Max-Forwards': '0' }, sdp('offer'));
    ue.ack(invite, await ue.next('483 INVITE'));
    expect(edge.calls.size).toBe(0);
  });
});

describe('the media anchor fails', () => {
  const unusable = new EdgeError('no-usable-media', 'No "line" can be used.', { sipStatus: 488 });
  const away = new EdgeError('anchor-unavailable', 'rtpengine does not answer.', { sipStatus: 503, retryAfter: 7 });

  test('at the offer: the UE gets its final with a Warning, the core hears nothing', async () => {
    edge.anchor.failNext('offer', 'access', unusable);
    const invite = ue.request('INVITE', bob, {}, sdp('offer'));
    const refused = await ue.next('488 INVITE');
    expect(refused.header('Warning')).toBe('304 edge80 "No  line  can be used."');
    ue.ack(invite, refused);
    await expectReleasedOnce();
  });

  test('at the offer for want of an anchor: 503 with Retry-After', async () => {
    edge.anchor.failNext('offer', 'access', away);
    const invite = ue.request('INVITE', bob, {}, sdp('offer'));
    const refused = await ue.next('503 INVITE');
    expect(refused.header('Retry-After')).toBe('7');
    ue.ack(invite, refused);
    await expectReleasedOnce();
  });

  test('at the answer in a 183: the core’s INVITE is cancelled', async () => {
    edge.anchor.failNext('answer', 'core', away);
    const invite = ue.request('INVITE', bob, {}, sdp('offer'));
    const arrived = await core.next('INVITE');
    core.respond(arrived, 183, {}, sdp('early'));
    ue.ack(invite, await ue.next('503 INVITE'));
    core.respond(await core.next('CANCEL'), 200);
    core.respond(arrived, 487);
    await core.next('ACK');
    await expectReleasedOnce();
  });

  test('at the answer in the 200: the core is acknowledged and hung up', async () => {
    edge.anchor.failNext('answer', 'core', unusable);
    const invite = ue.request('INVITE', bob, {}, sdp('offer'));
    core.respond(await core.next('INVITE'), 200, {}, sdp('answer'));
    await core.next('ACK');
    core.respond(await core.next('BYE'), 200);
    ue.ack(invite, await ue.next('488 INVITE'));
    await expectReleasedOnce();
  });

  test('at the answer in the ACK: both sides are hung up', async () => {
    edge.anchor.failNext('answer', 'access', away);
    const invite = ue.request('INVITE', bob);
    core.respond(await core.next('INVITE'), 200, {}, sdp('core offer'));
    ue.ack(invite, await ue.next('200 INVITE'), sdp('ue answer'));
    await core.next('ACK');
    core.respond(await core.next('BYE'), 200);
    ue.respond(await ue.next('BYE'), 200);
    await expectReleasedOnce();
  });
});

describe('reliable provisional responses', () => {
  test('G13: PRACK goes end to end', async () => {
    const invite = ue.request('INVITE', bob, { Supported: '100rel' }, sdp('offer'));
    const arrived = await core.next('INVITE');
    expect(arrived.header('Supported')).toBe('100rel');
    core.respond(arrived, 183, { Require: '100rel', RSeq: '71' }, sdp('early'));
    const progress = await ue.next('183 INVITE');
    expect(progress.header('Require')).toBe('100rel');
    expect(sessionName(progress.body)).toBe('early anchored');
    const dialog = callerDialog(invite, progress);
    ue.inDialog(dialog, 'PRACK', { RAck: `${progress.header('RSeq')} 1 INVITE` });
    const prack = await core.next('PRACK');
    expect(prack.header('RAck')).toBe(`71 ${arrived.header('CSeq')}`);
    core.respond(prack, 200);
    await ue.next('200 PRACK');
    core.respond(arrived, 200, {}, '');
    const ok = await ue.next('200 INVITE');
    ue.ack(invite, ok);
    await core.next('ACK');
    await hangUp(ue, core, { caller: dialog, callee: calleeDialog(arrived, core) });
    await expectReleasedOnce();
  });

  test('are not asked of the core for an INVITE without an offer, for their answer could not be sent', async () => {
    const invite = ue.request('INVITE', bob, { Supported: '100rel, timer' });
    const arrived = await core.next('INVITE');
    expect(arrived.all('Supported')).toEqual([]);
    core.respond(arrived, 486);
    ue.ack(invite, await ue.next('486 INVITE'));
    await core.next('ACK');
    await expectReleasedOnce();
  });

  test('one without PRACK holds a refusal back, of which the server would die', async () => {
    const invite = ue.request('INVITE', bob, { Supported: '100rel' }, sdp('offer'));
    const arrived = await core.next('INVITE');
    core.respond(arrived, 183, { Require: '100rel', RSeq: '9' }, sdp('early'));
    const progress = await ue.next('183 INVITE');
    core.respond(arrived, 486);
    await core.next('ACK');
    await until(() => edge.calls.size === 0);
    ue.inDialog(callerDialog(invite, progress), 'PRACK', { RAck: `${progress.header('RSeq')} 1 INVITE` });
    await ue.next('200 PRACK');
    ue.ack(invite, await ue.next('486 INVITE'));
    await expectReleasedOnce();
  });

  test('one that the UE never acknowledges ends the call', async () => {
    const invite = ue.request('INVITE', bob, { Supported: '100rel' }, sdp('offer'));
    const arrived = await core.next('INVITE');
    core.respond(arrived, 183, { Require: '100rel', RSeq: '9' }, sdp('early'));
    const progress = await ue.next('183 INVITE');
    core.respond(await core.next('CANCEL'), 200);
    core.respond(arrived, 487);
    await core.next('ACK');
    await expectReleasedOnce();
    ue.inDialog(callerDialog(invite, progress), 'PRACK', { RAck: `${progress.header('RSeq')} 1 INVITE` });
    await ue.next('200 PRACK');
    ue.ack(invite, await ue.next('504 INVITE'));
  });
});

describe('a call under way', () => {
  let call: Established;

  beforeEach(async () => {
    call = await establish(ue, core);
    edge.anchor.asked.length = 0;
  });

  afterEach(async () => {
    if (edge.calls.size > 0) await hangUp(ue, core, call);
    await expectReleasedOnce();
  });

  test.each(['UE', 'core'])('is put on hold by a re-INVITE of the %s', async (who) => {
    const [from, to, dialog] = who === 'UE' ? [ue, core, call.caller] : [core, ue, call.callee];
    const invite = from.inDialog(dialog, 'INVITE', {}, sdp('hold'));
    const arrived = await to.next('INVITE');
    expect(sessionName(arrived.body)).toBe('hold anchored');
    expect(arrived.header('Contact')).not.toBe('');
    to.respond(arrived, 200, {}, sdp('held'));
    const ok = await from.next('200 INVITE');
    expect(sessionName(ok.body)).toBe('held anchored');
    expect(ok.header('Contact')).not.toBe('');
    from.ack(invite, ok);
    await to.next('ACK');
    const [near, far] = who === 'UE' ? ['access', 'core'] : ['core', 'access'];
    expect(edge.anchor.asked).toEqual([`offer ${near} hold`, `answer ${far} held`]);
  });

  test.each(['UE', 'core'])('F7: takes a re-INVITE without an offer from the %s', async (who) => {
    const [from, to, dialog] = who === 'UE' ? [ue, core, call.caller] : [core, ue, call.callee];
    const invite = from.inDialog(dialog, 'INVITE');
    const arrived = await to.next('INVITE');
    expect(arrived.body).toBe('');
    to.respond(arrived, 200, {}, sdp('fresh offer'));
    const ok = await from.next('200 INVITE');
    expect(sessionName(ok.body)).toBe('fresh offer anchored');
    from.ack(invite, ok, sdp('fresh answer'));
    expect(sessionName((await to.next('ACK')).body)).toBe('fresh answer anchored');
  });

  test('keeps going when a re-INVITE is refused, and takes the next one', async () => {
    const first = ue.inDialog(call.caller, 'INVITE', {}, sdp('no'));
    core.respond(await core.next('INVITE'), 488, { Warning: '305 core "no"' });
    const refused = await ue.next('488 INVITE');
    expect(refused.header('Warning')).toBe('305 edge80 "no"');
    expect(edge.anchor.asked).toEqual(['offer access no', 'rollback']);
    ue.ack(first, refused);
    await core.next('ACK');
    const second = ue.inDialog(call.caller, 'INVITE', {}, sdp('yes'));
    core.respond(await core.next('INVITE'), 200, {}, sdp('fine'));
    ue.ack(second, await ue.next('200 INVITE'));
    await core.next('ACK');
  });

  test('G16: two re-INVITEs that cross: the second gets 491', async () => {
    const first = ue.inDialog(call.caller, 'INVITE', {}, sdp('mine'));
    const arrived = await core.next('INVITE');
    const second = core.inDialog(call.callee, 'INVITE', {}, sdp('yours'));
    core.ack(second, await core.next('491 INVITE'));
    core.respond(arrived, 200, {}, sdp('fine'));
    ue.ack(first, await ue.next('200 INVITE'));
    await core.next('ACK');
  });

  testCancelOfReinvite('G16: CANCEL of a re-INVITE reaches the far end, and the media is as before', async () => {
    const invite = ue.inDialog(call.caller, 'INVITE', {}, sdp('no'));
    const arrived = await core.next('INVITE');
    core.respond(arrived, 180);
    ue.cancel(invite);
    ue.ack(invite, await ue.next('487 INVITE'));
    core.respond(await core.next('CANCEL'), 200);
    core.respond(arrived, 487);
    await core.next('ACK');
    await until(() => edge.anchor.asked.includes('rollback'));
  });

  test('G16: CANCEL of a re-INVITE while its offer is with the anchor: the far end hears of neither', async () => {
    const resume = edge.anchor.pause();
    const withdrawn = ue.inDialog(call.caller, 'INVITE', {}, sdp('no'));
    ue.cancel(withdrawn);
    ue.ack(withdrawn, await ue.next('487 INVITE'));
    // What comes after the CANCEL has passed: so the CANCEL was seen.
    ue.inDialog(call.caller, 'OPTIONS');
    core.respond(await core.next('OPTIONS'), 200);
    await ue.next('200 OPTIONS');
    resume();
    await until(() => edge.anchor.asked.includes('rollback'));
    const invite = ue.inDialog(call.caller, 'INVITE', {}, sdp('yes'));
    const arrived = await core.next('INVITE');
    expect(sessionName(arrived.body)).toBe('yes anchored');
    core.respond(arrived, 200, {}, sdp('fine'));
    ue.ack(invite, await ue.next('200 INVITE'));
    await core.next('ACK');
  });

  test('a re-INVITE still pending when the far end hangs up is answered 487', async () => {
    const invite = ue.inDialog(call.caller, 'INVITE', {}, sdp('late'));
    const arrived = await core.next('INVITE');
    core.inDialog(call.callee, 'BYE');
    await core.next('200 BYE');
    ue.ack(invite, await ue.next('487 INVITE'));
    ue.respond(await ue.next('BYE'), 200);
    core.respond(arrived, 487);
  });

  test('a re-INVITE that the anchor refuses leaves the call as it was', async () => {
    edge.anchor.failNext('offer', 'access', new EdgeError('no-usable-media', 'No.', { sipStatus: 488 }));
    const invite = ue.inDialog(call.caller, 'INVITE', {}, sdp('bad'));
    ue.ack(invite, await ue.next('488 INVITE'));
    expect(edge.calls.size).toBe(1);
  });

  test('a re-INVITE for which the far end has no dialog any more ends the call', async () => {
    const invite = ue.inDialog(call.caller, 'INVITE', {}, sdp('late'));
    core.respond(await core.next('INVITE'), 481);
    ue.ack(invite, await ue.next('481 INVITE'));
    ue.respond(await ue.next('BYE'), 200);
  });

  test('G14: UPDATE with an offer goes through the anchor', async () => {
    ue.inDialog(call.caller, 'UPDATE', {}, sdp('update'));
    const arrived = await core.next('UPDATE');
    expect(sessionName(arrived.body)).toBe('update anchored');
    core.respond(arrived, 200, {}, sdp('updated'));
    expect(sessionName((await ue.next('200 UPDATE')).body)).toBe('updated anchored');
  });

  test('G14: an UPDATE whose offer is refused leaves the media as it was', async () => {
    core.inDialog(call.callee, 'UPDATE', {}, sdp('update'));
    ue.respond(await ue.next('UPDATE'), 488);
    await core.next('488 UPDATE');
    expect(edge.anchor.asked).toEqual(['offer core update', 'rollback']);
  });

  test.each(['INFO', 'MESSAGE', 'OPTIONS', 'REFER', 'NOTIFY', 'PUBLISH', 'SUBSCRIBE'])(
    'G18: %s passes both ways with its answer',
    async (method) => {
      const extra = {
        'Content-Type': 'text/plain',
        'Refer-To': '<sip:carol@ims.example>',
        Event: 'refer',
        'Subscription-State': 'active',
      };
      ue.inDialog(call.caller, method, extra, 'from the UE');
      const there = await core.next(method);
      expect([there.body, there.header('Content-Type')]).toEqual(['from the UE', 'text/plain']);
      core.respond(there, 202, { 'Content-Type': 'text/plain' }, 'answer');
      expect((await ue.next(`202 ${method}`)).body).toBe('answer');
      core.inDialog(call.callee, method, extra, 'from the core');
      const back = await ue.next(method);
      expect(back.body).toBe('from the core');
      ue.respond(back, 405);
      await core.next(`405 ${method}`);
    },
  );

  test('is released and told once when the link to drachtio is lost', async () => {
    const lost = new Promise((resolve) => edge.srf.once('disconnect', () => resolve(undefined)));
    const back = new Promise((resolve) => edge.srf.once('connect', () => resolve(undefined)));
    edge.log.length = 0;
    edge.cutLink();
    await lost;
    expect(edge.calls.size).toBe(0);
    await back;
    expect(edge.log.filter((line) => line.includes('link to drachtio lost'))).toHaveLength(1);
    expect(edge.log.filter((line) => line.includes('connected to drachtio'))).toHaveLength(1);
  });
});
