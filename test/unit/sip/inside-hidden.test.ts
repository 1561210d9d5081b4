import { sdp } from './fake-anchor';
import { calleeDialog, callerDialog, type Message, type SipPeer } from './sip-peer';
import { TestEdge } from './test-edge';

/*
 * Whole scenarios through the access listener, and then every byte that a UE got is looked at for what is inside, and
 * every byte that the core got for what is on the side of UEs.
 */

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
  core.history.length = 0;
  path = await edge.register(ue, {}, { 'Service-Route': `<sip:orig@${core.address}:${core.port};lr>` });
});

/** Whatever happened, it told nothing. */
afterEach(() => {
  expect(ue.history.length).toBeGreaterThan(0);
  const inside = [edge.access, edge.core, core].flatMap(({ address, port }) => [address, `:${port}`]);
  for (const { raw } of ue.history) for (const host of inside) expect(raw).not.toContain(host);
  const outside = [edge.access, edge.front!, ue].flatMap(({ address, port }) => [address, `:${port}`]);
  for (const { raw, method } of core.history) {
    // The registrar needs the binding of the UE as the UE wrote it, and answers with it.
    const text = method === 'REGISTER' ? raw.replace(/^Contact:.*$/gm, '') : raw;
    for (const host of outside) expect(text).not.toContain(host);
  }
});

afterAll(async () => {
  await edge.close();
});

const toUe = 'sip:alice@ims.example';
const leaking = () => ({
  Server: `core (${core.address})`,
  Warning: `399 ${core.address}:${core.port} "from ${core.address}"`,
  'X-Node': core.address,
  'P-Asserted-Identity': `"Bob" <sip:bob@${core.address}:${core.port}>, <sip:+12025550101@${core.address};user=phone>`,
  'Remote-Party-ID': `"Bob" <sip:bob@${core.address}>;party=called`,
  'Reply-To': `<sip:bob@${core.address}>`,
});

async function answered(invite: Message, arrived: Message): Promise<void> {
  core.respond(arrived, 183, leaking(), sdp('early'), `At ${core.address}`);
  await ue.next('183 INVITE');
  core.respond(arrived, 200, leaking(), sdp('answer'));
  await core.next('ACK');
  const ok = await ue.next('200 INVITE');
  ue.ack(invite, ok);
  const callee = calleeDialog(arrived, core);
  for (const method of ['INFO', 'MESSAGE', 'OPTIONS', 'REFER', 'NOTIFY']) {
    const extra = {
      ...leaking(),
      'Refer-To': '<sip:carol@ims.example>',
      Event: 'refer',
      'Subscription-State': 'active',
    };
    core.inDialog(callee, method, extra);
    ue.respond(await ue.next(method), 200);
    await core.next(`200 ${method}`);
  }
  core.inDialog(callee, 'INVITE', leaking(), sdp('second'));
  const again = await ue.next('INVITE');
  ue.respond(again, 200, {}, sdp('second answer'));
  const taken = await core.next('200 INVITE');
  core.ack({ ...again, header: () => '' }, taken);
  await ue.next('ACK');
  ue.inDialog(callerDialog(invite, ok), 'BYE');
  core.respond(await core.next('BYE'), 200, leaking());
  await ue.next('200 BYE');
}

test('N5, G21, X11: a call of a UE', async () => {
  const invite = ue.request('INVITE', 'sip:bob@ims.example', {}, sdp('offer'));
  await answered(invite, await core.next('INVITE'));
});

test.each([404, 503, 302])('N5, G21: a call of a UE that is refused with %i', async (status) => {
  ue.request('INVITE', 'sip:bob@ims.example', {}, sdp('offer'));
  core.respond(await core.next('INVITE'), status, leaking(), '', `Because of ${core.address}:${core.port}`);
  await ue.next(`${status} INVITE`);
});

test('N5, G21, X11: a call of a UE that it gives up', async () => {
  const invite = ue.request('INVITE', 'sip:bob@ims.example', {}, sdp('offer'));
  core.respond(await core.next('INVITE'), 180, leaking());
  await ue.next('180 INVITE');
  ue.cancel(invite);
  await ue.next('487 INVITE');
  await core.next('CANCEL');
});

test('N5, G21, X11: a call to a UE, from its ringing to its end', async () => {
  const invite = core.request('INVITE', toUe, { ...leaking(), Route: path }, sdp('offer'));
  const arrived = await ue.next('INVITE');
  ue.respond(arrived, 180);
  await core.next('180 INVITE');
  ue.respond(arrived, 200, {}, sdp('answer'));
  await ue.next('ACK');
  const ok = await core.next('200 INVITE');
  core.ack(invite, ok);
  const dialog = callerDialog(invite, ok);
  core.inDialog(dialog, 'INVITE', leaking(), sdp('second'));
  const again = await ue.next('INVITE');
  ue.respond(again, 488);
  expect((await ue.next('ACK')).header('Via')).toBe(again.header('Via'));
  await core.next('488 INVITE');
  core.inDialog(dialog, 'BYE', leaking());
  ue.respond(await ue.next('BYE'), 200);
  await core.next('200 BYE');
});

test('N5, G21, X11: a call to a UE that is given up or refused: CANCEL and ACK have the branch of the INVITE', async () => {
  for (const isCancelled of [true, false]) {
    const invite = core.request('INVITE', toUe, { ...leaking(), Route: path }, sdp('offer'));
    const arrived = await ue.next('INVITE');
    expect(arrived.all('Via')).toEqual([expect.stringContaining(`${edge.front!.address}:${edge.front!.port}`)]);
    if (isCancelled) {
      ue.respond(arrived, 180);
      await core.next('180 INVITE');
      core.cancel(invite);
      const cancel = await ue.next('CANCEL');
      expect(cancel.all('Via')).toEqual(arrived.all('Via'));
      ue.respond(cancel, 200);
    }
    ue.respond(arrived, isCancelled ? 487 : 486);
    expect((await ue.next('ACK')).all('Via')).toEqual(arrived.all('Via'));
    await core.next(isCancelled ? '487 INVITE' : '486 INVITE');
  }
});

test.each(['MESSAGE', 'OPTIONS', 'PUBLISH', 'INFO', 'NOTIFY'])('N5, G21: %s, both ways', async (method) => {
  ue.request(method, 'sip:bob@ims.example');
  core.respond(await core.next(method), 403, leaking(), '', `No route by ${core.address}`);
  await ue.next(`403 ${method}`);
  core.request(method, toUe, { ...leaking(), Route: path });
  ue.respond(await ue.next(method), 404);
  await core.next(`404 ${method}`);
});

test('N5, G21, X11: a subscription', async () => {
  ue.request('SUBSCRIBE', toUe, { Event: 'presence', Expires: '600' });
  const arrived = await core.next('SUBSCRIBE');
  core.respond(arrived, 200, { ...leaking(), Expires: '600' });
  await ue.next('200 SUBSCRIBE');
  core.inDialog(calleeDialog(arrived, core), 'NOTIFY', {
    ...leaking(),
    Event: 'presence',
    'Subscription-State': 'active',
  });
  ue.respond(await ue.next('NOTIFY'), 200);
  await core.next('200 NOTIFY');
});

test('N5, G21, X11: registrations, granted, challenged, redirected and refused', async () => {
  for (const status of [200, 401, 302, 403, 503]) {
    ue.request('REGISTER', 'sip:ims.example', { To: '<sip:alice@ims.example>', Contact: `${ue.contact};expires=600` });
    const register = await core.next('REGISTER');
    const contact = status === 200 ? `${register.header('Contact')};received="sip:${core.address}"` : core.contact;
    core.respond(
      register,
      status,
      {
        ...leaking(),
        Contact: contact,
        Path: register.header('Path'),
        'Service-Route': `<sip:orig@${core.address};lr>`,
        'WWW-Authenticate': `Digest realm="ims.example", nonce="1", domain="sip:${core.address}"`,
      },
      '',
      `Told by ${core.address}`,
    );
    await ue.next(`${status} REGISTER`);
  }
});

test('N5, G21, X11: what the edge answers by itself', async () => {
  const stranger = await edge.stranger();
  stranger.request('INVITE', 'sip:bob@ims.example', {}, sdp('offer'));
  await stranger.next('403 INVITE');
  ue.request('REFER', 'sip:bob@ims.example', { 'Refer-To': '<sip:carol@ims.example>' });
  await ue.next('405 REFER');
  ue.request('MESSAGE', 'sip:bob@ims.example', { 'Proxy-Require': 'unknown' });
  await ue.next('420 MESSAGE');
  ue.history.push(...stranger.history);
});
