import { LoadShedding } from '../../../lib/ops/load-shedding';
import { establish, hangUp, type Established } from './established-call';
import { sdp } from './fake-anchor';
import { freePort, SipPeer } from './sip-peer';
import { TestEdge } from './test-edge';

const bob = 'sip:bob@ims.example';

describe('N4, Z5: an edge that is late', () => {
  let edge: TestEdge;
  let core: SipPeer;
  let ecscf: SipPeer;
  let ue: SipPeer;
  let path: string;
  let call: Established;
  let lagMs: number;
  let unread: number;

  beforeEach(async () => {
    lagMs = 0;
    const port = await freePort('127.1.0.112');
    const emergency = { nextHop: `sip:127.1.0.112:${port}`, numbers: ['112'] };
    unread = 0;
    const load = new LoadShedding(
      () => lagMs,
      () => unread,
    );
    edge = await TestEdge.start({ settings: { emergency }, load });
    core = edge.coreNextHop;
    ecscf = await SipPeer.udp('127.1.0.112', edge.core, port);
    ue = await edge.stranger();
    path = await edge.register(ue);
    call = await establish(ue, core);
  });

  afterEach(async () => {
    ecscf.close();
    await edge.close();
  });

  test('refuses new calls of both sides before anything is held for them, and takes them again by itself', async () => {
    lagMs = 300;
    const out = ue.request('INVITE', bob, {}, sdp('offer'));
    const refusedOut = await ue.next('503 INVITE');
    ue.ack(out, refusedOut);
    const into = core.request('INVITE', 'sip:alice@10.1.2.3', { Route: path }, sdp('offer'));
    const refusedInto = await core.next('503 INVITE');
    core.ack(into, refusedInto);
    for (const refused of [refusedOut, refusedInto]) expect(refused.header('Retry-After')).toMatch(/^[1-9]\d*$/);
    expect(edge.calls.size).toBe(1);
    lagMs = 10;
    await hangUp(ue, core, await establish(ue, core));
    await hangUp(ue, core, call);
  });

  test('refuses all that is new while the SIP server does not read, and goes on with calls under way', async () => {
    unread = 2_000_000;
    ue.request('MESSAGE', bob);
    await ue.next('503 MESSAGE');
    core.request('MESSAGE', 'sip:alice@10.1.2.3', { Route: path });
    await core.next('503 MESSAGE');
    ue.ack(ue.request('INVITE', bob, {}, sdp('offer')), await ue.next('503 INVITE'));
    ue.inDialog(call.caller, 'INFO');
    core.respond(await core.next('INFO'), 200);
    await ue.next('200 INFO');
    unread = 0;
    ue.request('MESSAGE', bob);
    core.respond(await core.next('MESSAGE'), 202);
    await hangUp(ue, core, call);
  });

  test('goes on with calls under way, however late it is', async () => {
    lagMs = 5000;
    const change = ue.inDialog(call.caller, 'INVITE', {}, sdp('hold'));
    core.respond(await core.next('INVITE'), 200, {}, sdp('held'));
    ue.ack(change, await ue.next('200 INVITE'));
    await core.next('ACK');
    await edge.register(ue);
    await hangUp(ue, core, call);
  });

  test('takes registrations for longer than calls', async () => {
    lagMs = 300;
    await edge.register(await edge.stranger());
    lagMs = 1000;
    const late = await edge.stranger();
    late.request('REGISTER', 'sip:ims.example');
    expect((await late.next('503 REGISTER')).header('Retry-After')).toMatch(/^[1-9]\d*$/);
    await hangUp(ue, core, call);
  });

  test('always takes emergency calls', async () => {
    lagMs = 5000;
    const stranger = await edge.stranger();
    const invite = stranger.request('INVITE', 'tel:112', {}, sdp('offer'));
    ecscf.respond(await ecscf.next('INVITE'), 486);
    stranger.ack(invite, await stranger.next('486 INVITE'));
    await hangUp(ue, core, call);
  });
});
