import { sdp } from '../sip/fake-anchor';
import { calleeDialog, callerDialog, type PeerDialog, type SipPeer } from '../sip/sip-peer';
import { TestEdge } from '../sip/test-edge';

/* What a UE may send in a dialog that is not established yet: with DRACHTIO_BIN it ends that server without the listener. */

const contact = '<sip:ue@10.1.2.3:5060;transport=tcp>';
const text = { 'Content-Type': 'text/plain' };

const inside: Record<string, Record<string, string>> = {
  INFO: text,
  MESSAGE: text,
  OPTIONS: {},
  SUBSCRIBE: { Event: 'presence', Contact: contact },
  NOTIFY: { Event: 'presence', 'Subscription-State': 'active' },
  PUBLISH: { Event: 'presence' },
  REFER: { 'Refer-To': '<sip:carol@ims.example>', Contact: contact },
  INVITE: { Contact: contact },
};
const methods = Object.keys(inside);

let edge: TestEdge;
let core: SipPeer;
let ue: SipPeer;
let path: string;

beforeAll(async () => {
  edge = await TestEdge.start({ fronted: true });
  core = edge.coreNextHop;
});

beforeEach(async () => {
  ue = await edge.stranger();
  path = await edge.register(ue, { Contact: contact });
});

afterEach(async () => {
  // The server lives, and serves this UE and others.
  ue.request('OPTIONS', `sip:127.2.0.3:${edge.front?.port};transport=tcp`);
  await ue.next('200 OPTIONS');
  await edge.calls.endAll('shutdown');
  ue.close();
  core.forget();
});

afterAll(async () => {
  await edge.close();
});

/** Sends it in a dialog of the UE's, and tells its answer. */
async function answerTo(dialog: PeerDialog, method: string) {
  const body = method === 'INVITE' ? sdp('again') : 'hello';
  const headers = { ...inside[method], ...(method === 'INVITE' && { 'Content-Type': 'application/sdp' }) };
  ue.inDialog(dialog, method, headers, ['INFO', 'MESSAGE', 'INVITE'].includes(method) ? body : '');
  return await ue.next((message) => message.status >= 200 && message.header('CSeq').endsWith(` ${method}`));
}

describe('G31: in a call of the UE', () => {
  test.each(methods)('%s after a 183 is answered, and the call goes on', async (method) => {
    const invite = ue.request('INVITE', 'sip:bob@ims.example', { Contact: contact }, sdp('ue offer'));
    const arrived = await core.next('INVITE');
    core.respond(arrived, 183, {}, sdp('early answer'));
    const early = await ue.next('183 INVITE');
    const refused = await answerTo(callerDialog(invite, early), method);
    expect([refused.status, refused.header('Retry-After')]).toEqual([500, '1']);
    core.respond(arrived, 200, {}, sdp('core answer'));
    await core.next('ACK');
    const ok = await ue.next('200 INVITE');
    ue.ack(invite, ok);
    ue.inDialog({ ...callerDialog(invite, ok), cseq: 9 }, 'INFO', text, 'hello');
    core.respond(await core.next('INFO'), 200);
    await ue.next('200 INFO');
  });
});

describe('G31: in a call to the UE', () => {
  test.each(methods)('%s before its answer is answered, and the call goes on', async (method) => {
    const invite = core.request('INVITE', 'sip:ue@10.1.2.3:5060;transport=tcp', { Route: path }, sdp('core offer'));
    const arrived = await ue.next('INVITE');
    ue.respond(arrived, 180, { Contact: contact });
    await core.next('180 INVITE');
    const refused = await answerTo(calleeDialog(arrived, ue), method);
    expect([refused.status, refused.header('Retry-After')]).toEqual([500, '1']);
    ue.respond(arrived, 200, { Contact: contact }, sdp('ue answer'));
    await ue.next('ACK');
    const ok = await core.next('200 INVITE');
    core.ack(invite, ok);
    ue.inDialog({ ...calleeDialog(arrived, ue), cseq: 9 }, 'INFO', text, 'hello');
    core.respond(await core.next('INFO'), 200);
    await ue.next('200 INFO');
  });
});

const subscribeTo = () =>
  core.request('SUBSCRIBE', 'sip:ue@10.1.2.3:5060;transport=tcp', { Route: path, Event: 'presence', Expires: '60' });

test('G31: a NOTIFY that overtakes the answer to its SUBSCRIBE arrives after it', async () => {
  subscribeTo();
  const subscribe = await ue.next('SUBSCRIBE');
  ue.inDialog(calleeDialog(subscribe, ue), 'NOTIFY', inside['NOTIFY']);
  ue.respond(subscribe, 200, { Contact: contact, Expires: '60' });
  await core.next('200 SUBSCRIBE');
  core.respond(await core.next('NOTIFY'), 200);
  await ue.next('200 NOTIFY');
});

test.each(['INFO', 'OPTIONS'])('G31: %s after a 200 to a SUBSCRIBE that the server drops', async (method) => {
  subscribeTo();
  const subscribe = await ue.next('SUBSCRIBE');
  ue.respond(subscribe, 200, { Contact: contact, Expires: '60', RSeq: '4294967296' });
  const { status } = await answerTo(calleeDialog(subscribe, ue), method);
  // The embedded edge takes such a 200.
  if (process.env['DRACHTIO_BIN'] !== undefined) expect(status).toBe(500);
});
