import { sdp } from './fake-anchor';
import { establish, hangUp } from './established-call';
import { testCancelOfReinvite } from './cancel-of-reinvite';
import { TestEdge } from './test-edge';

const bob = 'sip:bob@ims.example';

describe('what may not last for ever', () => {
  let edge: TestEdge;

  afterEach(async () => {
    expect(edge.calls.size).toBe(0);
    await edge.calls.settled();
    expect([...edge.anchor.releases.values()]).toEqual([1]);
    await edge.close();
  });

  test('an INVITE that rings without end is cancelled and answered 408', async () => {
    edge = await TestEdge.start({ timers: { ringing: 300 } });
    const ue = await edge.ue();
    const invite = ue.request('INVITE', bob, {}, sdp('offer'));
    const arrived = await edge.coreNextHop.next('INVITE');
    edge.coreNextHop.respond(arrived, 180);
    ue.ack(invite, await ue.next('408 INVITE'));
    edge.coreNextHop.respond(await edge.coreNextHop.next('CANCEL'), 200);
    edge.coreNextHop.respond(arrived, 487);
    await edge.coreNextHop.next('ACK');
  });

  test('a re-INVITE without an offer whose 200 is never acknowledged ends the call', async () => {
    edge = await TestEdge.start({ timers: { ack: 300 } });
    const core = edge.coreNextHop;
    const ue = await edge.ue();
    const { caller } = await establish(ue, core);
    ue.inDialog(caller, 'INVITE');
    core.respond(await core.next('INVITE'), 200, {}, sdp('core offer'));
    await ue.next('200 INVITE');
    core.respond(await core.next('BYE'), 200);
    ue.respond(await ue.next('BYE'), 200);
  });

  testCancelOfReinvite(
    'a re-INVITE that the far end lets ring without end is cancelled and answered 408, and the next one passes',
    async () => {
      edge = await TestEdge.start({ timers: { ringing: 300 } });
      const core = edge.coreNextHop;
      const ue = await edge.ue();
      const call = await establish(ue, core);
      const first = ue.inDialog(call.caller, 'INVITE', {}, sdp('first'));
      const ringing = await core.next('INVITE');
      core.respond(ringing, 180);
      ue.ack(first, await ue.next('408 INVITE'));
      core.respond(ringing, 487);
      await core.next('ACK');
      expect(edge.anchor.asked.at(-1)).toBe('rollback');
      const second = ue.inDialog(call.caller, 'INVITE', {}, sdp('second'));
      core.respond(await core.next('INVITE'), 200, {}, sdp('fine'));
      ue.ack(second, await ue.next('200 INVITE'));
      await core.next('ACK');
      await hangUp(ue, core, call);
    },
  );

  test('a call under way when the edge is closed is hung up on both sides, and the next one refused', async () => {
    edge = await TestEdge.start();
    const core = edge.coreNextHop;
    const ue = await edge.ue();
    await establish(ue, core);
    const closed = edge.closePcscf();
    core.respond(await core.next('BYE'), 200);
    ue.respond(await ue.next('BYE'), 200);
    await closed;
    const late = ue.request('INVITE', bob, {}, sdp('offer'));
    ue.ack(late, await ue.next('503 INVITE'));
  });
});
