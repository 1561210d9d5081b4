import { establish, hangUp, type Established } from './established-call';
import { sdp, sessionName } from './fake-anchor';
import type { SipPeer } from './sip-peer';
import { TestEdge } from './test-edge';

describe('S18: a refused offer that rtpengine does not take back', () => {
  let edge: TestEdge;
  let ue: SipPeer;
  let core: SipPeer;
  let call: Established;

  async function start(rollback: number): Promise<void> {
    edge = await TestEdge.start({ timers: { rollback } });
    core = edge.coreNextHop;
    ue = await edge.ue();
    call = await establish(ue, core);
    edge.anchor.asked.length = 0;
  }

  afterEach(async () => {
    await edge.calls.endAll('shutdown');
    await edge.close();
  });

  async function refused(): Promise<void> {
    const invite = ue.inDialog(call.caller, 'INVITE', {}, sdp('no'));
    core.respond(await core.next('INVITE'), 488);
    await core.next('ACK');
    ue.ack(invite, await ue.next('488 INVITE'));
  }

  test('is asked for again, and the call goes on', async () => {
    await start(5);
    edge.anchor.failingRollbacks = 2;
    await refused();
    while (edge.anchor.asked.length < 4) await new Promise(setImmediate);
    expect(edge.anchor.asked).toEqual(['offer access no', 'rollback', 'rollback', 'rollback']);
    const invite = ue.inDialog(call.caller, 'INVITE', {}, sdp('yes'));
    const arrived = await core.next('INVITE');
    expect(sessionName(arrived.body)).toBe('yes anchored');
    core.respond(arrived, 200, {}, sdp('fine'));
    ue.ack(invite, await ue.next('200 INVITE'));
    await core.next('ACK');
    await hangUp(ue, core, call);
    expect(edge.anchor.asked.filter((asked) => asked === 'rollback')).toHaveLength(3);
  });

  test('ends the call in the end, and both ends hear of it', async () => {
    await start(5);
    edge.anchor.failingRollbacks = Infinity;
    await refused();
    for (const peer of [ue, core]) peer.respond(await peer.next('BYE'), 200);
    await edge.logged('"call ended"', '"cause":"media-failed"');
    expect(edge.anchor.asked.filter((asked) => asked === 'rollback')).toHaveLength(5);
  });

  test('is left to a later offer that is under way', async () => {
    await start(300);
    edge.anchor.failingRollbacks = 1;
    await refused();
    const invite = ue.inDialog(call.caller, 'INVITE', {}, sdp('yes'));
    const arrived = await core.next('INVITE');
    await new Promise((resolve) => setTimeout(resolve, 400));
    core.respond(arrived, 200, {}, sdp('fine'));
    ue.ack(invite, await ue.next('200 INVITE'));
    await core.next('ACK');
    await hangUp(ue, core, call);
    expect(edge.anchor.asked).toEqual(['offer access no', 'rollback', 'offer access yes', 'answer core fine']);
  });
});
