import type { SipPeer } from './sip-peer';
import { sdp } from './fake-anchor';
import { calleeDialog, uriOf } from './sip-peer';
import { TestEdge } from './test-edge';

/*
 * drachtio-server dies of sending to a URI that is no SIP URI, wherever it learned it: from a Request-URI or from the
 * Contact of whoever it is in a dialog with.
 */

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
  edge.anchor.releases.clear();
});

/** The SIP server is alive, and no call was left. */
afterEach(async () => {
  await edge.calls.endAll('shutdown');
  expect(edge.calls.size).toBe(0);
  await edge.register(await edge.stranger());
});

afterAll(async () => {
  await edge.close();
});

const tel = { Contact: '<tel:+15550100>' };
const bob = 'sip:bob@ims.example';

test.each(['*, <sip:a@192.0.2.4>', '*;expires=0', '<*>', '<tel:+1>', '<sip:a@192.0.2.4>, <urn:service:sos>'])(
  'a REGISTER with the Contact %s gets 400',
  async (contact) => {
    const stranger = await edge.stranger();
    stranger.request('REGISTER', 'sip:ims.example', { Contact: contact, Expires: '0' });
    await stranger.next((message) => message.status === 400);
  },
);

test.each(['INVITE', 'SUBSCRIBE'])('a %s with a tel Contact gets 400', async (method) => {
  const sent = ue.request(method, bob, { ...tel, Event: 'reg' }, method === 'INVITE' ? sdp('offer') : '');
  const refused = await ue.next(`400 ${method}`);
  if (method === 'INVITE') ue.ack(sent, refused);
});

const answers: [string, number, Record<string, string>][] = [
  ['a 200', 200, {}],
  ['a reliable 183', 183, { Require: '100rel', RSeq: '1' }],
];

async function answeredByTel(_what: string, status: number, extra: Record<string, string>): Promise<void> {
  const invite = ue.request('INVITE', bob, { Supported: '100rel' }, sdp('offer'));
  const arrived = await core.next('INVITE');
  core.respond(arrived, status, { ...tel, ...extra }, sdp('answer'));
  ue.ack(invite, await ue.next('502 INVITE'));
  expect(core.history.filter(({ method }) => method === 'PRACK')).toEqual([]);
}

const name = '%s to an INVITE with a tel Contact is taken for a failure';
if (process.env['DRACHTIO_BIN'] === undefined) test.each(answers)(name, answeredByTel);
else test.skip.each(answers)(`${name} (SKIPPED: drachtio-server dies of reading it)`, answeredByTel);

test('a 200 to a SUBSCRIBE with a tel Contact is taken for a failure', async () => {
  ue.request('SUBSCRIBE', bob, { Event: 'reg' });
  core.respond(await core.next('SUBSCRIBE'), 200, { ...tel, Expires: '600' });
  await ue.next('502 SUBSCRIBE');
});

test('a re-INVITE with a tel Contact gets 400 and ends the call', async () => {
  const invite = ue.request('INVITE', bob, {}, sdp('offer'));
  const arrived = await core.next('INVITE');
  core.respond(arrived, 200, {}, sdp('answer'));
  await core.next('ACK');
  const ok = await ue.next('200 INVITE');
  ue.ack(invite, ok);
  core.inDialog(calleeDialog(arrived, core), 'INVITE', tel, sdp('again'));
  await core.next('400 INVITE');
  ue.respond(await ue.next('BYE'), 200);
});

test.each(['tel:+15550100', 'tel:0123;phone-context=ims.example', 'sip:0123;phone-context=a@ims.example;user=phone'])(
  'a request for a UE by %s reaches it as a number at its address',
  async (uri) => {
    core.request('MESSAGE', uri, { Route: path });
    const arrived = await ue.next('MESSAGE');
    expect(uriOf(arrived)).toMatch(/^sip:(\+15550100|0123)@127\.2\.0\.2:\d+;transport=tcp$/);
    ue.respond(arrived, 200);
    await core.next('200 MESSAGE');
  },
);
