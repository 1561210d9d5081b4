import { establish } from './established-call';
import { sdp } from './fake-anchor';
import { tagOf } from '../../../lib/wire/sip-uri';
import type { Message, SipPeer } from './sip-peer';
import { TestEdge } from './test-edge';

/* What the far ends of calls get when the app has lost the SIP server. */

let edge: TestEdge;
let ue: SipPeer;
let core: SipPeer;

beforeAll(async () => {
  edge = await TestEdge.start({ fronted: true });
  core = edge.coreNextHop;
});

beforeEach(async () => {
  ue = await edge.ue();
  core.forget();
  edge.log.length = 0;
});

afterAll(async () => {
  await edge.close();
});

const bob = 'sip:bob@ims.example';

/** The link is lost, and comes back. */
async function loseLink(): Promise<void> {
  const back = new Promise((resolve) => edge.srf.once('connect', () => resolve(undefined)));
  edge.cutLink();
  await back;
  await edge.routed();
}

const uriOf = ({ contact }: SipPeer) => /<([^>]+)>/.exec(contact)?.[1] ?? '';
const tags = (request: Message) => ['From', 'To'].map((name) => tagOf(request.header(name)));

describe('P18, G32: when the link to drachtio is lost', () => {
  test('both ends of a call of the UE get a BYE in their dialogs', async () => {
    const { caller, callee } = await establish(ue, core);
    await loseLink();
    const bye = await core.next('BYE');
    expect(bye.startLine).toBe(`BYE ${uriOf(core)} SIP/2.0`);
    expect(bye.header('Call-ID')).toBe(callee.callId);
    expect(tags(bye)).toEqual([callee.remote, callee.local].map(tagOf));
    core.respond(bye, 200);
    const near = await ue.next('BYE');
    expect(near.header('Call-ID')).toBe(caller.callId);
    expect(tags(near)).toEqual([caller.remote, caller.local].map(tagOf));
    expect(edge.log.find((line) => line.includes('link to drachtio lost'))).toContain('"calls":1');
    await edge.logged('far ends of calls that drachtio has lost get a BYE', '"calls":1');
  });

  test('goes by the route set of its dialog: from our side, the Record-Routes of the answer in reverse', async () => {
    const [near, far] = [`<sip:${core.address}:${core.port};lr>`, '<sip:far.ims.example;lr>'];
    const invite = ue.request('INVITE', bob, {}, sdp('offer'));
    core.respond(await core.next('INVITE'), 200, { 'Record-Route': `${far}, ${near}` }, sdp('answer'));
    ue.ack(invite, await ue.next('200 INVITE'));
    await core.next('ACK');
    await edge.logged('call answered');
    await loseLink();
    const bye = await core.next('BYE');
    expect(bye.all('Route').flatMap((route) => route.split(/, ?/))).toEqual([near, far]);
    core.respond(bye, 200);
    await ue.next('BYE');
  });

  test('a call that had ended gets its BYE again if that has no answer', async () => {
    await establish(ue, core);
    await edge.logged('call answered');
    ue.close();
    const bye = await core.next('BYE');
    await loseLink();
    const again = await core.next(
      (message) => message.method === 'BYE' && message.header('CSeq') !== bye.header('CSeq'),
    );
    expect(again.header('Call-ID')).toBe(bye.header('Call-ID'));
    for (const request of [bye, again]) core.respond(request, 200);
  });

  test('a UE whose INVITE has no answer gets one', async () => {
    ue.request('INVITE', bob, {}, sdp('offer'));
    const invite = await core.next('INVITE');
    core.respond(invite, 180);
    await ue.next('180 INVITE');
    await loseLink();
    expect((await ue.next('503 INVITE')).header('Retry-After')).not.toBe('');
    core.respond(await core.next('CANCEL'), 200);
    core.respond(invite, 487);
  });

  test('what rings in the core is cancelled, straight or by way of the relay', async () => {
    for (const granted of [
      {},
      { 'Service-Route': '<sip:orig@127.1.0.2:PORT;lr>'.replace('PORT', String(core.port)) },
    ]) {
      const caller = await edge.stranger();
      await edge.register(caller, {}, granted);
      caller.request('INVITE', bob, {}, sdp('offer'));
      const invite = await core.next('INVITE');
      core.respond(invite, 180);
      await caller.next('180 INVITE');
      await loseLink();
      const cancel = await core.next('CANCEL');
      expect(cancel.header('Via')).toBe(invite.header('Via'));
      expect(cancel.header('CSeq')).toBe(invite.header('CSeq').replace('INVITE', 'CANCEL'));
      expect(cancel.startLine).toBe(invite.startLine.replace('INVITE', 'CANCEL'));
      expect(cancel.header('Call-ID')).toBe(invite.header('Call-ID'));
      expect(cancel.header('Route')).toBe(invite.header('Route'));
      core.respond(cancel, 200);
      core.respond(invite, 487);
    }
  });

  test('the core gets an answer to an INVITE that rings at a UE, and the UE a CANCEL', async () => {
    const callee = await edge.stranger();
    const path = await edge.register(callee);
    core.request('INVITE', 'sip:alice@ims.example', { Route: path }, sdp('offer'));
    const invite = await callee.next('INVITE');
    callee.respond(invite, 180);
    await core.next('180 INVITE');
    await loseLink();
    expect((await core.next('503 INVITE')).header('Retry-After')).not.toBe('');
    const cancel = await callee.next('CANCEL');
    expect(cancel.header('Via')).toBe(invite.header('Via'));
    expect(cancel.startLine).toBe(invite.startLine.replace('INVITE', 'CANCEL'));
    callee.respond(cancel, 200);
    callee.respond(invite, 487);
    await callee.next('ACK');
  });

  test('both ends of a call from the core get a BYE', async () => {
    const callee = await edge.stranger();
    const path = await edge.register(callee);
    const invite = core.request('INVITE', 'sip:alice@ims.example', { Route: path }, sdp('offer'));
    const arrived = await callee.next('INVITE');
    callee.respond(arrived, 200, {}, sdp('answer'));
    await callee.next('ACK');
    const ok = await core.next('200 INVITE');
    core.ack(invite, ok);
    await edge.logged('call answered');
    await loseLink();
    const bye = await core.next('BYE');
    expect(tags(bye)).toEqual([ok.header('To'), ok.header('From')].map(tagOf));
    expect(bye.header('Call-ID')).toBe(ok.header('Call-ID'));
    core.respond(bye, 200);
    const near = await callee.next('BYE');
    expect(near.header('Call-ID')).toBe(arrived.header('Call-ID'));
    expect(tagOf(near.header('From'))).toBe(tagOf(arrived.header('From')));
    expect(Number.parseInt(near.header('CSeq'))).toBeGreaterThan(Number.parseInt(arrived.header('CSeq')));
  });

  test('a call by way of the relay ends by its Call-ID and its Routes', async () => {
    const caller = await edge.stranger();
    await edge.register(caller, {}, { 'Service-Route': `<sip:orig@${core.address}:${core.port};lr>` });
    const { callee } = await establish(caller, core);
    await loseLink();
    const bye = await core.next('BYE');
    expect(bye.header('Call-ID')).toBe(callee.callId);
    expect(bye.header('Route')).toBe('');
    expect(tags(bye)).toEqual([callee.remote, callee.local].map(tagOf));
    core.respond(bye, 200);
  });

  test('what is under way later is not taken for it', async () => {
    // What is not answered is repeated.
    const calls = () => {
      const byes = core.history.filter(({ method, status }) => method === 'BYE' && status === 0);
      return new Set(byes.map((bye) => bye.header('Call-ID'))).size;
    };
    const before = calls();
    await establish(ue, core);
    await loseLink();
    core.respond(await core.next('BYE'), 200);
    await ue.next('BYE');
    const again = await edge.ue();
    await establish(again, core);
    expect(calls()).toBe(before + 1);
  });
});
