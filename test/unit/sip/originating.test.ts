import type { Message, SipPeer } from './sip-peer';
import { establish, hangUp } from './established-call';
import { sdp } from './fake-anchor';
import { calleeDialog, callerDialog, uriOf } from './sip-peer';
import { TestEdge } from './test-edge';

let edge: TestEdge;
let core: SipPeer;
let ue: SipPeer;
/** What the registrar gave the UE. */
let serviceRoute: string;

const bob = 'sip:bob@ims.example';
const alice = '"Alice" <sip:alice@ims.example>';

beforeAll(async () => {
  edge = await TestEdge.start({ settings: { accessNetworkInfo: 'IEEE-802.11;network-provided' } });
  core = edge.coreNextHop;
  serviceRoute = `<sip:orig@${core.address}:${core.port};lr>`;
});

beforeEach(async () => {
  ue = await edge.stranger();
  const granted = { 'Service-Route': serviceRoute, 'P-Associated-URI': `${alice}, <tel:+15550100>` };
  await edge.register(ue, {}, granted);
  core.forget();
});

afterEach(async () => {
  await edge.calls.endAll('shutdown');
});

afterAll(async () => {
  await edge.close();
});

const fromEvil = {
  Route: '<sip:evil@192.0.2.66;lr>',
  'P-Asserted-Identity': '<sip:boss@ims.example>',
  'P-Charging-Vector': 'icid-value=fake',
  'P-Access-Network-Info': 'IEEE-802.11;i-wlan-node-id=000000000000',
};

const expectTrusted = (arrived: Message) => {
  expect(arrived.all('Route')).toEqual([serviceRoute]);
  expect(arrived.raw).not.toMatch(/evil|boss|fake|000000000000|X-Edge80/i);
  expect(arrived.header('P-Access-Network-Info')).toBe('IEEE-802.11;network-provided');
  expect(arrived.header('P-Charging-Vector')).toMatch(/^icid-value="[\w-]{36}";icid-generated-at=127\.1\.0\.1$/);
};

describe('an INVITE of a UE with a Service-Route', () => {
  test('G8, G9, G10: goes along it, as the UE’s identity, whatever the UE sent', async () => {
    const invite = ue.request('INVITE', bob, { ...fromEvil, 'P-Preferred-Identity': '<tel:+15550100>' }, sdp('offer'));
    const arrived = await core.next('INVITE');
    expectTrusted(arrived);
    expect(arrived.all('P-Asserted-Identity')).toEqual(['<tel:+15550100>']);
    expect(arrived.all('P-Preferred-Identity')).toEqual([]);
    expect(uriOf(arrived)).toBe(bob);
    core.respond(arrived, 200, { 'P-Charging-Vector': 'icid-value=core', 'User-to-User': 'kept' }, sdp('answer'));
    await core.next('ACK');
    const ok = await ue.next('200 INVITE');
    expect(ok.raw).not.toMatch(/P-Charging-Vector/i);
    expect(ok.header('User-to-User')).toBe('kept');
    ue.ack(invite, ok);
    // Each way by the relay, whose Record-Route the INVITE had.
    ue.inDialog(callerDialog(invite, ok), 'INFO', fromEvil);
    const info = await core.next('INFO');
    expect(info.raw).not.toMatch(/evil|boss|fake|000000000000/);
    core.respond(info, 200);
    await ue.next('200 INFO');
    core.inDialog(calleeDialog(arrived, core), 'BYE');
    ue.respond(await ue.next('BYE'), 200);
    await core.next('200 BYE');
  });

  test('G8: that is cancelled takes its CANCEL and ACK along the same way', async () => {
    const invite = ue.request('INVITE', bob, {}, sdp('offer'));
    const arrived = await core.next('INVITE');
    core.respond(arrived, 180);
    await ue.next('180 INVITE');
    ue.cancel(invite);
    const cancel = await core.next('CANCEL');
    expect(cancel.all('Route')).toEqual([serviceRoute]);
    expect(cancel.header('Via')).toBe(arrived.header('Via'));
    core.respond(cancel, 200);
    core.respond(arrived, 487);
    const ack = await core.next('ACK');
    expect(ack.all('Route')).toEqual([serviceRoute]);
    expect(ack.header('Via')).toBe(arrived.header('Via'));
    ue.ack(invite, await ue.next('487 INVITE'));
  });

  test('G18: REFER names its call by the Call-ID that the core has', async () => {
    const call = await establish(ue, core);
    const tagIn = (party: string) => /;tag=([^;]+)/.exec(party)?.[1] ?? '';
    const { callId, local, remote } = call.caller;
    const replaces = `${callId};to-tag=${tagIn(remote)};from-tag=${tagIn(local)}`;
    ue.inDialog(call.caller, 'REFER', { 'Refer-To': `<${bob}?Replaces=${encodeURIComponent(replaces)}>` });
    const refer = await core.next('REFER');
    expect(call.callee.callId).not.toBe(callId);
    expect(refer.header('Refer-To')).toContain(`?Replaces=${encodeURIComponent(`${call.callee.callId};`)}`);
    core.respond(refer, 603);
    await ue.next('603 REFER');
    await hangUp(ue, core, call);
  });

  test('keeps a tel URI that the server itself cannot send', async () => {
    const invite = ue.request('INVITE', 'tel:+15550123', { To: '<tel:+15550123>' }, sdp('offer'));
    const arrived = await core.next('INVITE');
    expect(uriOf(arrived)).toBe('tel:+15550123');
    core.respond(arrived, 404);
    ue.ack(invite, await ue.next('404 INVITE'));
  });
});

describe('other requests of a UE', () => {
  test.each(['MESSAGE', 'OPTIONS', 'PUBLISH', 'INFO', 'NOTIFY'])(
    'G8, G9, G10, G18: %s goes along the Service-Route, and its answer comes back',
    async (method) => {
      const extra = { ...fromEvil, 'Content-Type': 'text/plain', Event: 'presence', 'Subscription-State': 'active' };
      const sent = ue.request(method, bob, extra, 'hello');
      const arrived = await core.next(method);
      expectTrusted(arrived);
      expect(arrived.header('P-Asserted-Identity')).toBe(alice);
      expect(arrived.header('Content-Type')).toBe('text/plain');
      expect(arrived.body).toBe('hello');
      // G21: nothing of the UE's own way.
      expect(arrived.raw).not.toContain(ue.address);
      core.respond(arrived, 202, { 'SIP-ETag': 'tag', 'Content-Type': 'text/plain', 'P-Charging-Vector': 'x' }, 'hi');
      const answer = await ue.next(`202 ${method}`);
      expect(answer.body).toBe('hi');
      expect(answer.header('SIP-ETag')).toBe('tag');
      expect(answer.header('CSeq')).toBe(sent.header('CSeq'));
      expect(answer.raw).not.toMatch(/127\.1\.0\.|P-Charging/);
    },
  );

  test.each(['MESSAGE', 'SUBSCRIBE', 'PUBLISH', 'INFO', 'OPTIONS'])(
    'G8: %s of a UE that is not registered gets 403',
    async (method) => {
      const stranger = await edge.stranger();
      stranger.request(method, bob, { Event: 'presence' });
      await stranger.next(`403 ${method}`);
    },
  );

  test.each([
    ['MESSAGE', 481],
    ['NOTIFY', 481],
    ['SUBSCRIBE', 481],
    ['BYE', 481],
  ])('G18: %s in a dialog that there is not gets %i', async (method, status) => {
    ue.request(method, bob, { To: `<${bob}>;tag=none`, Event: 'presence', 'Subscription-State': 'active' });
    await ue.next(`${status} ${method}`);
  });

  test('with no hops left gets 483', async () => {
    ue.request('MESSAGE', bob, { 'Max-Forwards': '0' });
    await ue.next('483 MESSAGE');
  });
});

describe('a request for a UE', () => {
  let path: string;

  beforeEach(async () => {
    path = await edge.register(ue, {}, { 'P-Associated-URI': `${alice}, <tel:+15550100>` });
  });

  test.each(['MESSAGE', 'OPTIONS', 'PUBLISH', 'INFO', 'NOTIFY'])(
    'G10, G12, G18, G21: %s goes over its connection, without charging and without the core’s addresses',
    async (method) => {
      const inCore = {
        Route: path,
        'Record-Route': `<sip:${core.address};lr>`,
        'P-Charging-Vector': 'icid-value=core',
        'P-Charging-Function-Addresses': 'ccf=192.0.2.3',
        'P-Asserted-Identity': '<sip:bob@ims.example>',
        'P-Called-Party-ID': '<tel:+15550100>',
        'Content-Type': 'text/plain',
        'Subscription-State': 'active',
        Event: 'presence',
      };
      core.request(method, 'sip:alice@10.1.2.3', inCore, 'hello');
      const arrived = await ue.next(method);
      expect(uriOf(arrived)).toBe('sip:alice@10.1.2.3');
      expect(arrived.body).toBe('hello');
      expect(arrived.raw).not.toMatch(/P-Charging|127\.1\.0\.|192\.0\.2\./);
      expect(arrived.header('P-Asserted-Identity')).toBe('<sip:bob@ims.example>');
      ue.respond(arrived, 200, fromEvil);
      const answer = await core.next(`200 ${method}`);
      expect(answer.raw).not.toMatch(/evil|boss|fake/);
      // The UE answers as whom it was called.
      expect(answer.header('P-Asserted-Identity')).toBe('<tel:+15550100>');
      expect(answer.header('P-Charging-Vector')).toBe('icid-value=core');
    },
  );

  test('does not show an identity whose owner wants privacy', async () => {
    const extra = { Route: path, 'P-Asserted-Identity': '<sip:bob@ims.example>', Privacy: 'id' };
    core.request('MESSAGE', 'sip:alice@10.1.2.3', extra, '');
    const arrived = await ue.next('MESSAGE');
    expect(arrived.all('P-Asserted-Identity')).toEqual([]);
    ue.respond(arrived, 200);
    await core.next('200 MESSAGE');
  });

  test('G2: with a forged token gets 403, without one 404', async () => {
    const forged = path.replace(/sip:(.)/, (_all, first) => `sip:${first === 'A' ? 'B' : 'A'}`);
    core.request('MESSAGE', 'sip:alice@10.1.2.3', { Route: forged });
    await core.next('403 MESSAGE');
    core.request('MESSAGE', 'sip:alice@10.1.2.3');
    await core.next('404 MESSAGE');
  });
});

test('G2: a MESSAGE for a UE whose connection is gone gets 430, and so does what comes after it', async () => {
  const path = await edge.register(ue);
  ue.close();
  for (const method of ['MESSAGE', 'SUBSCRIBE']) {
    core.request(method, 'sip:alice@10.1.2.3', { Route: path, Event: 'reg' });
    await core.next(`430 ${method}`);
  }
});
