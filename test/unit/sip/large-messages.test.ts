import { CarriedBodies } from '../../../lib/drachtio/fence/carried-bodies';
import { sdp } from './fake-anchor';
import { callerDialog, calleeDialog, type SipPeer } from './sip-peer';
import { TestEdge } from './test-edge';

/* Messages as large as browsers' offers, and as large as any may be, through listener, server and relay (G28, G23). */

let edge: TestEdge;
let core: SipPeer;
let ue: SipPeer;
let path: string;

beforeAll(async () => {
  edge = await TestEdge.start({ fronted: true, encoding: 'latin1', settings: { relayAlways: true } });
  core = edge.coreNextHop;
  ue = await edge.stranger();
  path = await edge.register(ue);
});

afterAll(async () => {
  await edge.close();
});

/** Bytes that are no text, and do not get shorter by being packed. */
function noise(length: number): string {
  let seed = 1;
  const next = () => (seed = (seed * 48_271) % 0x7fffffff) & 0xff;
  return Array.from({ length }, () => String.fromCharCode(next())).join('');
}

const type = { 'Content-Type': 'application/octet-stream' };
const largeSdp = (name: string, length: number) =>
  sdp(name) + `a=x-filler:${'0123456789'.repeat(12)}\r\n`.repeat(Math.ceil(length / 133));

test.each([9_000, 30_000, 60_000])(
  'P12: a MESSAGE of %i bytes passes both ways, and so does an answer',
  async (length) => {
    const body = noise(length);
    ue.request('MESSAGE', 'sip:bob@ims.example', type, body);
    const arrived = await core.next('MESSAGE');
    expect(arrived.body === body).toBe(true);
    core.respond(arrived, 200, type, body);
    expect((await ue.next('200 MESSAGE')).body === body).toBe(true);
    core.request('MESSAGE', 'sip:alice@ims.example', { ...type, Route: path }, body);
    const back = await ue.next('MESSAGE');
    expect(back.body === body).toBe(true);
    ue.respond(back, 200, type, body);
    expect((await core.next('200 MESSAGE')).body === body).toBe(true);
  },
);

test.each([9_000, 30_000])(
  'P12: offers and answers of %i bytes pass, in calls of either side and later',
  async (length) => {
    const offer = largeSdp('offer', length);
    const invite = ue.request('INVITE', 'sip:bob@ims.example', {}, offer);
    const arrived = await core.next('INVITE');
    expect(arrived.body.length).toBeGreaterThan(length);
    core.respond(arrived, 200, {}, largeSdp('answer', length));
    const ok = await ue.next('200 INVITE');
    expect(ok.body.length).toBeGreaterThan(length);
    ue.ack(invite, ok);
    await core.next('ACK');

    const own = callerDialog(invite, ok);
    ue.inDialog(own, 'INVITE', {}, largeSdp('later', length));
    const later = await core.next('INVITE');
    expect(later.body.length).toBeGreaterThan(length);
    core.respond(later, 200, {}, largeSdp('answer', length));
    expect((await ue.next('200 INVITE')).body.length).toBeGreaterThan(length);
    await core.next('ACK');

    // Without an offer: it is in the 200, and the answer in the ACK.
    const far = { ...calleeDialog(arrived, core), routes: arrived.all('Record-Route').join(', ') };
    const asked = core.inDialog(far, 'INVITE');
    ue.respond(await ue.next('INVITE'), 200, {}, largeSdp('offer', length));
    const offered = await core.next('200 INVITE');
    expect(offered.body.length).toBeGreaterThan(length);
    core.inDialog(
      { ...far, cseq: far.cseq - 1 },
      'ACK',
      { CSeq: asked.header('CSeq').replace('INVITE', 'ACK') },
      largeSdp('answer', length),
    );
    const answered = await ue.next((message) => message.method === 'ACK' && message.body !== '');
    expect(answered.body.length).toBeGreaterThan(length);
    core.inDialog(far, 'BYE');
    ue.respond(await ue.next('BYE'), 200);
    await core.next('200 BYE');
  },
);

test('N3: each body on its way past the server takes the share of the UE that it is from or for', async () => {
  const put = jest.spyOn(CarriedBodies.prototype, 'put');
  const holders = () => put.mock.calls.splice(0).map(([, holder]) => holder);
  const body = noise(9000);
  const ofAlice = 'ue alice%40ims.example';
  ue.request('MESSAGE', 'sip:bob@ims.example', type, body);
  core.respond(await core.next('MESSAGE'), 200, type, body);
  await ue.next('200 MESSAGE');
  expect(holders()).toEqual([ofAlice, ofAlice, ofAlice, ofAlice]);
  core.request('MESSAGE', 'sip:alice@ims.example', { ...type, Route: path }, body);
  ue.respond(await ue.next('MESSAGE'), 200, type, body);
  await core.next('200 MESSAGE');
  const [, token = ''] = /sip:([^@]*)@/.exec(path) ?? [];
  expect(holders()).toEqual([`to ${token}`, ofAlice, ofAlice, ofAlice]);
  const stranger = await edge.stranger();
  stranger.request('REGISTER', 'sip:ims.example', { ...type, Contact: stranger.contact }, body);
  core.respond(await core.next('REGISTER'), 403, type, body);
  await stranger.next('403 REGISTER');
  expect(new Set(holders())).toEqual(new Set(['at 127.2.0.2']));
  const invite = ue.request('INVITE', 'sip:bob@ims.example', {}, largeSdp('offer', 9000));
  const arrived = await core.next('INVITE');
  core.respond(arrived, 200, {}, largeSdp('answer', 9000));
  const ok = await ue.next('200 INVITE');
  ue.ack(invite, ok);
  await core.next('ACK');
  expect(new Set(holders())).toEqual(new Set([ofAlice]));
  const far = { ...calleeDialog(arrived, core), routes: arrived.all('Record-Route').join(', ') };
  core.inDialog(far, 'BYE', type, body);
  ue.respond(await ue.next('BYE'), 200);
  await core.next('200 BYE');
  expect(holders()).toEqual([expect.stringMatching(/^call /), ofAlice]);
  put.mockRestore();
});

test('P12: what is too large is refused alone, and the call goes on', async () => {
  const invite = ue.request('INVITE', 'sip:bob@ims.example', {}, sdp('offer'));
  core.respond(await core.next('INVITE'), 200, {}, sdp('answer'));
  const ok = await ue.next('200 INVITE');
  ue.ack(invite, ok);
  await core.next('ACK');
  const own = callerDialog(invite, ok);
  ue.inDialog(own, 'INFO', type, 'x'.repeat(70_000));
  await ue.next('413 INFO');
  ue.inDialog(own, 'INFO', { 'User-to-User': 'x'.repeat(8200) });
  await ue.next('513 INFO');
  ue.inDialog(
    own,
    'INFO',
    Object.fromEntries(
      Array.from({ length: 3 }, (_, i) => [['User-to-User', 'Subject', 'Reason'][i] ?? '', 'x'.repeat(4000)]),
    ),
  );
  await ue.next('513 INFO');
  ue.inDialog(own, 'INFO', type, 'hello');
  core.respond(await core.next('INFO'), 200);
  await ue.next('200 INFO');
  ue.inDialog(own, 'BYE');
  core.respond(await core.next('BYE'), 200);
  await ue.next('200 BYE');
});
