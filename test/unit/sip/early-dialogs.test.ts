import { sdp, sessionName } from './fake-anchor';
import { hangUp } from './established-call';
import { calleeDialog, callerDialog, uriOf, type Message, type PeerDialog, type SipPeer } from './sip-peer';
import { TestEdge } from './test-edge';

const bob = 'sip:bob@ims.example';

let edge: TestEdge;
let ue: SipPeer;
let core: SipPeer;

beforeAll(async () => {
  edge = await TestEdge.start();
  core = edge.coreNextHop;
});

beforeEach(async () => {
  ue = await edge.ue();
  edge.anchor.asked.length = 0;
  edge.anchor.releases.clear();
  core.forget();
});

afterEach(async () => {
  const { size } = edge.calls;
  await edge.calls.endAll('shutdown');
  expect(size).toBe(0);
  expect([...edge.anchor.releases.values()]).toEqual([1]);
});

afterAll(async () => {
  await edge.close();
});

const uriIn = (contact: string) => /<([^>]+)>/.exec(contact)?.[1] ?? '';

interface Early {
  invite: Message;
  arrived: Message;
  caller: PeerDialog;
  callee: PeerDialog;
  /** RSeq toward the caller. */
  rseq: string;
}

/** A call from the UE whose callee has sent a reliable 183; its PRACK is still to come. */
async function reliable183(
  body = sdp('early'),
  allow = 'INVITE, PRACK, UPDATE',
  asked: Record<string, string> = {},
): Promise<Early> {
  const invite = ue.request('INVITE', bob, { Supported: '100rel', ...asked }, sdp('offer'));
  const arrived = await core.next('INVITE');
  core.respond(arrived, 183, { Require: '100rel', RSeq: '71', Allow: allow }, body);
  const progress = await ue.next('183 INVITE');
  const caller = callerDialog(invite, progress);
  return { invite, arrived, caller, callee: calleeDialog(arrived, core), rseq: progress.header('RSeq') };
}

/** The same, with the PRACK. */
async function early(asked: Record<string, string> = {}): Promise<Early> {
  const call = await reliable183(undefined, undefined, asked);
  ue.inDialog(call.caller, 'PRACK', { RAck: `${call.rseq} 1 INVITE` });
  core.respond(await core.next('PRACK'), 200);
  await ue.next('200 PRACK');
  return call;
}

async function answerAndHangUp({ invite, arrived, caller, callee }: Early): Promise<Message> {
  core.respond(arrived, 200);
  const ok = await ue.next('200 INVITE');
  ue.ack(invite, ok);
  await core.next('ACK');
  await hangUp(ue, core, { caller, callee });
  return ok;
}

describe('PRACK', () => {
  test('G13: with an offer: the callee gets it in an UPDATE, the caller its answer in the 200 to the PRACK', async () => {
    const call = await reliable183();
    ue.inDialog(call.caller, 'PRACK', { RAck: `${call.rseq} 1 INVITE` }, sdp('second offer'));
    const prack = await core.next('PRACK');
    expect([prack.body, prack.header('Content-Type')]).toEqual(['', '']);
    core.respond(prack, 200);
    const update = await core.next('UPDATE');
    expect(sessionName(update.body)).toBe('second offer anchored');
    expect(update.header('Contact')).toBe(call.arrived.header('Contact'));
    expect(update.all('RAck')).toEqual([]);
    core.respond(update, 200, {}, sdp('second answer'));
    const ok = await ue.next('200 PRACK');
    expect(sessionName(ok.body)).toBe('second answer anchored');
    expect(ok.header('Content-Type')).toBe('application/sdp');
    expect(edge.anchor.asked.slice(2)).toEqual(['offer access second offer', 'answer core second answer']);
    expect((await answerAndHangUp(call)).body).toBe('');
  });

  test('G13: with an offer that the callee refuses: the refusal is the PRACK’s, and the media as before', async () => {
    const call = await reliable183();
    ue.inDialog(call.caller, 'PRACK', { RAck: `${call.rseq} 1 INVITE` }, sdp('second offer'));
    core.respond(await core.next('PRACK'), 200);
    core.respond(await core.next('UPDATE'), 488);
    await ue.next('488 PRACK');
    expect(edge.anchor.asked.at(-1)).toBe('rollback');
    await answerAndHangUp(call);
  });

  test('G13: with an offer for a callee that allows no UPDATE gets 488, and the callee its PRACK', async () => {
    const call = await reliable183(sdp('early'), 'INVITE, PRACK');
    ue.inDialog(call.caller, 'PRACK', { RAck: `${call.rseq} 1 INVITE` }, sdp('second offer'));
    core.respond(await core.next('PRACK'), 200);
    await ue.next('488 PRACK');
    await answerAndHangUp(call);
  });
});

describe('UPDATE in an early dialog', () => {
  test('G14: of the caller, with an offer, reaches the callee, and its answer the caller', async () => {
    const call = await early();
    ue.inDialog(call.caller, 'UPDATE', {}, sdp('update'));
    const arrived = await core.next('UPDATE');
    expect(sessionName(arrived.body)).toBe('update anchored');
    core.respond(arrived, 200, {}, sdp('updated'));
    const ok = await ue.next('200 UPDATE');
    expect(sessionName(ok.body)).toBe('updated anchored');
    expect(ok.header('Contact')).not.toBe('');
    expect((await answerAndHangUp(call)).body).toBe('');
  });

  test('G14: of the caller, without an offer, passes both ways', async () => {
    const call = await early();
    ue.inDialog(call.caller, 'UPDATE', { Subject: 'nothing new' });
    const arrived = await core.next('UPDATE');
    expect([arrived.body, arrived.header('Subject')]).toEqual(['', 'nothing new']);
    core.respond(arrived, 200, { Organization: 'far end' });
    const ok = await ue.next('200 UPDATE');
    expect([ok.body, ok.header('Organization')]).toEqual(['', 'far end']);
    await answerAndHangUp(call);
  });

  test('G14: whose offer the callee refuses leaves the call and its media as they were', async () => {
    const call = await early();
    ue.inDialog(call.caller, 'UPDATE', {}, sdp('update'));
    core.respond(await core.next('UPDATE'), 504);
    await ue.next('504 UPDATE');
    expect(edge.anchor.asked.at(-1)).toBe('rollback');
    await answerAndHangUp(call);
  });

  test('G14: with an offer before the caller has its first answer gets 500 with Retry-After (RFC 3311 §5.2)', async () => {
    const call = await reliable183('');
    ue.inDialog(call.caller, 'PRACK', { RAck: `${call.rseq} 1 INVITE` });
    core.respond(await core.next('PRACK'), 200);
    await ue.next('200 PRACK');
    ue.inDialog(call.caller, 'UPDATE', {}, sdp('update'));
    expect((await ue.next('500 UPDATE')).header('Retry-After')).not.toBe('');
    core.respond(call.arrived, 200, {}, sdp('answer'));
    const ok = await ue.next('200 INVITE');
    ue.ack(call.invite, ok);
    await core.next('ACK');
    await hangUp(ue, core, call);
  });

  test('G14: that crosses one of the callee: the second gets 491 (RFC 3311 §5.2)', async () => {
    const call = await early();
    ue.inDialog(call.caller, 'UPDATE', {}, sdp('mine'));
    const arrived = await core.next('UPDATE');
    core.inDialog(call.callee, 'UPDATE', {}, sdp('yours'));
    await core.next('491 UPDATE');
    core.respond(arrived, 200, {}, sdp('fine'));
    await ue.next('200 UPDATE');
    await answerAndHangUp(call);
  });

  test('G14: a second one before the first is answered gets 500', async () => {
    const call = await early();
    ue.inDialog(call.caller, 'UPDATE', {}, sdp('first'));
    const arrived = await core.next('UPDATE');
    ue.inDialog(call.caller, 'UPDATE', {}, sdp('second'));
    await ue.next('500 UPDATE');
    core.respond(arrived, 200, {}, sdp('fine'));
    await ue.next('200 UPDATE');
    await answerAndHangUp(call);
  });

  test('G14: of the callee, with an offer and without, reaches the caller, and its answer the callee', async () => {
    const call = await early();
    core.inDialog(call.callee, 'UPDATE', {}, sdp('update'));
    const arrived = await ue.next('UPDATE');
    expect(sessionName(arrived.body)).toBe('update anchored');
    expect(uriOf(arrived)).toBe(uriIn(ue.contact));
    expect([arrived.header('From'), arrived.header('To')]).toEqual([call.caller.remote, call.caller.local]);
    expect(arrived.header('Call-ID')).toBe(call.caller.callId);
    expect(arrived.header('Contact')).toBe(`<${call.caller.target}>`);
    ue.respond(arrived, 200, {}, sdp('updated'));
    expect(sessionName((await core.next('200 UPDATE')).body)).toBe('updated anchored');
    core.inDialog(call.callee, 'UPDATE', { Subject: 'nothing new' });
    const second = await ue.next('UPDATE');
    expect([second.body, second.header('Subject')]).toEqual(['', 'nothing new']);
    ue.respond(second, 200);
    await core.next('200 UPDATE');

    core.respond(call.arrived, 200);
    const ok = await ue.next('200 INVITE');
    ue.ack(call.invite, ok);
    await core.next('ACK');
    core.inDialog(call.callee, 'BYE');
    const bye = await ue.next('BYE');
    const numbers = [arrived, second, bye].map((request) => Number.parseInt(request.header('CSeq')));
    expect(new Set(numbers).size).toBe(3);
    expect(numbers).toEqual([...numbers].sort((one, two) => one - two));
    ue.respond(bye, 200);
    await core.next('200 BYE');
  });

  test('G14: of the callee that the caller refuses leaves the call and its media as they were', async () => {
    const call = await early();
    core.inDialog(call.callee, 'UPDATE', {}, sdp('update'));
    ue.respond(await ue.next('UPDATE'), 488);
    await core.next('488 UPDATE');
    expect(edge.anchor.asked.at(-1)).toBe('rollback');
    await answerAndHangUp(call);
  });

  test('G14: of the callee gets 500 with Retry-After where no way leads back to the caller', async () => {
    const call = await early({ 'Record-Route': '<sip:127.2.0.2:999;lr>' });
    core.inDialog(call.callee, 'UPDATE', {}, sdp('update'));
    expect((await core.next('500 UPDATE')).header('Retry-After')).not.toBe('');
    ue.cancel(call.invite);
    ue.ack(call.invite, await ue.next('487 INVITE'));
    core.respond(await core.next('CANCEL'), 200);
    core.respond(call.arrived, 487);
    await core.next('ACK');
  });

  test('still pending when the call is cancelled is answered', async () => {
    const call = await early();
    ue.inDialog(call.caller, 'UPDATE', {}, sdp('update'));
    const arrived = await core.next('UPDATE');
    ue.cancel(call.invite);
    ue.ack(call.invite, await ue.next('487 INVITE'));
    await ue.next((message) => message.method === 'UPDATE' && message.status >= 400);
    core.respond(arrived, 200, {}, sdp('late'));
    core.respond(await core.next('CANCEL'), 200);
    core.respond(call.arrived, 487);
    await core.next('ACK');
  });
});

test('a BYE of the caller in its early dialog, which the server keeps to itself, is noticed when the callee rings on', async () => {
  const invite = ue.request('INVITE', bob, {}, sdp('offer'));
  const arrived = await core.next('INVITE');
  core.respond(arrived, 180);
  const ringing = await ue.next('180 INVITE');
  ue.inDialog(callerDialog(invite, ringing), 'BYE');
  await ue.next('481 BYE');
  ue.ack(invite, await ue.next('500 INVITE'));
  core.respond(arrived, 183);
  core.respond(await core.next('CANCEL'), 200);
  core.respond(arrived, 487);
  await core.next('ACK');
});

test('G13, G14: a call to the UE: PRACK with an offer and UPDATE of the core reach it, its own UPDATE the core', async () => {
  const path = await edge.register(ue);
  const invite = core.request('INVITE', uriIn(ue.contact), { Route: path, Supported: '100rel' }, sdp('offer'));
  const arrived = await ue.next('INVITE');
  ue.respond(arrived, 183, { Require: '100rel', RSeq: '1', Allow: 'PRACK, UPDATE' }, sdp('early'));
  const progress = await core.next('183 INVITE');
  const dialog = callerDialog(invite, progress);
  core.inDialog(dialog, 'PRACK', { RAck: `${progress.header('RSeq')} 1 INVITE` }, sdp('second'));
  ue.respond(await ue.next('PRACK'), 200);
  const first = await ue.next('UPDATE');
  expect(sessionName(first.body)).toBe('second anchored');
  ue.respond(first, 200, {}, sdp('second answer'));
  expect(sessionName((await core.next('200 PRACK')).body)).toBe('second answer anchored');
  core.inDialog(dialog, 'UPDATE', {}, sdp('third'));
  ue.respond(await ue.next('UPDATE'), 200, {}, sdp('third answer'));
  expect(sessionName((await core.next('200 UPDATE')).body)).toBe('third answer anchored');
  ue.inDialog(calleeDialog(arrived, ue), 'UPDATE', {}, sdp('fourth'));
  core.respond(await core.next('UPDATE'), 200, {}, sdp('fourth answer'));
  expect(sessionName((await ue.next('200 UPDATE')).body)).toBe('fourth answer anchored');
  ue.respond(arrived, 200);
  await ue.next('ACK');
  const ok = await core.next('200 INVITE');
  expect(ok.body).toBe('');
  core.ack(invite, ok);
  core.inDialog(dialog, 'BYE');
  ue.respond(await ue.next('BYE'), 200);
  await core.next('200 BYE');
});

test('G14: UPDATE of a called UE before the answer goes along the Record-Route of the core', async () => {
  const path = await edge.register(ue);
  const proxies = [`<sip:${core.address}:${core.port};lr;n=1>`, '<sip:192.0.2.80;lr;n=2>'];
  const routed = { Route: path, Supported: '100rel', 'Record-Route': proxies.join(', ') };
  const invite = core.request('INVITE', uriIn(ue.contact), routed, sdp('offer'));
  const arrived = await ue.next('INVITE');
  ue.respond(arrived, 183, { Require: '100rel', RSeq: '1' }, sdp('early'));
  const progress = await core.next('183 INVITE');
  core.inDialog(callerDialog(invite, progress), 'PRACK', { RAck: `${progress.header('RSeq')} 1 INVITE` });
  ue.respond(await ue.next('PRACK'), 200);
  await core.next('200 PRACK');
  ue.inDialog(calleeDialog(arrived, ue), 'UPDATE', {}, sdp('update'));
  const update = await core.next('UPDATE');
  expect(update.all('Route').join(', ')).toBe(proxies.join(', '));
  expect(uriOf(update)).toBe(uriIn(core.contact));
  expect(update.header('Call-ID')).toBe(invite.header('Call-ID'));
  expect(update.raw).not.toContain('X-Edge80');
  core.respond(update, 200, {}, sdp('updated'));
  expect(sessionName((await ue.next('200 UPDATE')).body)).toBe('updated anchored');
  core.cancel(invite);
  core.ack(invite, await core.next('487 INVITE'));
  ue.respond(await ue.next('CANCEL'), 200);
  ue.respond(arrived, 487);
  await ue.next('ACK');
});

describe('preconditions', () => {
  /** SDP as a VoLTE UE writes it (RFC 3312 §9, 3GPP TS 24.229 annex A). */
  const qos = (name: string, local: string, remote: string) =>
    `${sdp(name)}a=curr:qos local ${local}\r\na=curr:qos remote ${remote}\r\n` +
    'a=des:qos mandatory local sendrecv\r\na=des:qos optional remote sendrecv\r\na=conf:qos remote sendrecv\r\n';
  const lines = (body: string) => body.split('\r\n').filter((line) => /^a=(curr|des|conf):/.test(line));

  test('G15: INVITE, reliable 183, PRACK, UPDATE, reliable 180, 200: all passes as it was sent', async () => {
    const options = { Supported: '100rel, precondition', Require: 'precondition', Allow: 'INVITE, PRACK, UPDATE' };
    const offer = qos('offer', 'none', 'none');
    const invite = ue.request('INVITE', bob, options, offer);
    const arrived = await core.next('INVITE');
    expect([arrived.header('Supported'), arrived.header('Require')]).toEqual(['100rel, precondition', 'precondition']);
    expect(lines(arrived.body)).toEqual(lines(offer));

    const answer = qos('answer', 'none', 'none');
    const reliably = { Require: '100rel, precondition', RSeq: '5', Allow: 'INVITE, PRACK, UPDATE' };
    core.respond(arrived, 183, reliably, answer);
    const progress = await ue.next('183 INVITE');
    expect(progress.all('Require').join(', ').split(', ').sort()).toEqual(['100rel', 'precondition']);
    expect(lines(progress.body)).toEqual(lines(answer));
    const dialog = callerDialog(invite, progress);

    ue.inDialog(dialog, 'PRACK', { RAck: `${progress.header('RSeq')} 1 INVITE` });
    core.respond(await core.next('PRACK'), 200);
    await ue.next('200 PRACK');

    const ready = qos('ready', 'sendrecv', 'none');
    ue.inDialog(dialog, 'UPDATE', { Require: 'precondition' }, ready);
    const update = await core.next('UPDATE');
    expect(update.header('Require')).toBe('precondition');
    expect(lines(update.body)).toEqual(lines(ready));
    const readyToo = qos('ready too', 'sendrecv', 'sendrecv');
    core.respond(update, 200, { Require: 'precondition' }, readyToo);
    const updated = await ue.next('200 UPDATE');
    expect(updated.header('Require')).toBe('precondition');
    expect(lines(updated.body)).toEqual(lines(readyToo));

    core.respond(arrived, 180, { Require: '100rel', RSeq: '6' });
    const ringing = await ue.next('180 INVITE');
    expect([ringing.body, ringing.header('Require')]).toEqual(['', '100rel']);
    ue.inDialog(dialog, 'PRACK', { RAck: `${ringing.header('RSeq')} 1 INVITE` });
    const prack = await core.next('PRACK');
    expect(prack.header('RAck')).toBe(`6 ${arrived.header('CSeq')}`);
    core.respond(prack, 200);
    await ue.next('200 PRACK');

    const ok = await answerAndHangUp({
      invite,
      arrived,
      caller: dialog,
      callee: calleeDialog(arrived, core),
      rseq: '',
    });
    expect(ok.body).toBe('');
  });

  test('G15: 580 for an UPDATE that cannot be met passes', async () => {
    const call = await early();
    const failed = qos('failed', 'none', 'none');
    ue.inDialog(call.caller, 'UPDATE', {}, failed);
    core.respond(await core.next('UPDATE'), 580, {}, '', 'Precondition Failure');
    expect((await ue.next('580 UPDATE')).startLine).toBe('SIP/2.0 580 Precondition Failure');
    await answerAndHangUp(call);
  });
});

test('G18: a request of the callee that comes before the 200 to the caller is told to come again', async () => {
  const invite = ue.request('INVITE', bob, {}, sdp('offer'));
  const arrived = await core.next('INVITE');
  const resume = edge.anchor.pause();
  core.respond(arrived, 200, {}, sdp('answer'));
  await core.next('ACK');
  core.inDialog(calleeDialog(arrived, core), 'INFO');
  expect((await core.next('500 INFO')).header('Retry-After')).toBe('1');
  resume();
  const ok = await ue.next('200 INVITE');
  ue.ack(invite, ok);
  await hangUp(ue, core, { caller: callerDialog(invite, ok), callee: calleeDialog(arrived, core) });
});
