import { establish, hangUp, type Established } from './established-call';
import { sdp } from './fake-anchor';
import type { SipPeer } from './sip-peer';
import { TestEdge } from './test-edge';

const bob = 'sip:bob@ims.example';

describe('an edge that drains', () => {
  let edge: TestEdge;
  let core: SipPeer;
  let ue: SipPeer;
  let path: string;
  let call: Established;
  let drained: Promise<void>;

  beforeEach(async () => {
    edge = await TestEdge.start({ timers: { bye: 2000 } });
    core = edge.coreNextHop;
    ue = await edge.stranger();
    path = await edge.register(ue);
    call = await establish(ue, core);
    drained = edge.drainPcscf();
  });

  afterEach(() => edge.close());

  test('I6: refuses new calls, registrations and those who ask, and says when to come back', async () => {
    const out = ue.request('INVITE', bob, {}, sdp('offer'));
    const refusedOut = await ue.next('503 INVITE');
    ue.ack(out, refusedOut);
    const into = core.request('INVITE', 'sip:alice@10.1.2.3', { Route: path }, sdp('offer'));
    const refusedInto = await core.next('503 INVITE');
    core.ack(into, refusedInto);
    const stranger = await edge.stranger();
    stranger.request('REGISTER', 'sip:ims.example');
    const refusedRegister = await stranger.next('503 REGISTER');
    core.request('OPTIONS', `sip:${edge.core.address}:${edge.core.port}`);
    const refusedOptions = await core.next('503 OPTIONS');
    for (const refused of [refusedOut, refusedInto, refusedRegister, refusedOptions])
      expect(refused.header('Retry-After')).toMatch(/^[1-9]\d*$/);
    // I4: each is counted by its reason, and all answers by their class.
    expect(edge.refused).toEqual({ 'shutting-down': 4 });
    expect(edge.srf.responses.sent).toMatchObject({ '5xx': 4 });
    expect(edge.srf.responses.received).toMatchObject({ '2xx': expect.any(Number) });
    await hangUp(ue, core, call);
  });

  test('I6: takes new registrations again once the drain is taken back', async () => {
    const stranger = await edge.stranger();
    stranger.request('REGISTER', 'sip:ims.example');
    await stranger.next('503 REGISTER');
    edge.resumePcscf();
    await edge.register(stranger);
    await hangUp(ue, core, call);
  });

  test('I6: lets calls go on until their ends hang up, and is drained then', async () => {
    const change = ue.inDialog(call.caller, 'INVITE', {}, sdp('hold'));
    core.respond(await core.next('INVITE'), 200, {}, sdp('held'));
    ue.ack(change, await ue.next('200 INVITE'));
    await core.next('ACK');
    expect(edge.calls.size).toBe(1);
    await hangUp(ue, core, call);
    await drained;
    expect([...edge.anchor.releases.values()]).toEqual([1]);
  });

  test('I6: lets a UE in a call refresh its registration, and any UE take its own back', async () => {
    await edge.register(ue);
    await hangUp(ue, core, call);
    await drained;
    ue.request('REGISTER', 'sip:ims.example', { To: '<sip:alice@ims.example>', Contact: ue.contact });
    await ue.next('503 REGISTER');
    await edge.register(ue, { Contact: `${ue.contact};expires=0` }, { Contact: '' });
  });

  test('I6: closed before it is drained, it hangs up on both ends, and is closed once they have heard', async () => {
    const closed = edge.closePcscf();
    const [toUe, toCore] = [await ue.next('BYE'), await core.next('BYE')];
    let isClosed = false;
    void closed.then(() => (isClosed = true));
    ue.respond(toUe, 200);
    await edge.logged('"call ended"', 'shutdown');
    expect(isClosed).toBe(false);
    core.respond(toCore, 200);
    await Promise.all([closed, drained]);
  });
});
