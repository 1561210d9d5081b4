import { establish, hangUp, type Established } from './established-call';
import { sdp, sessionName } from './fake-anchor';
import type { SipPeer } from './sip-peer';
import { TestEdge } from './test-edge';

describe.each(['udp-silent', 'two-senders'] as const)('S21, C18, C19: the media of a UE is gone: %s', (cause) => {
  let edge: TestEdge;
  let ue: SipPeer;
  let core: SipPeer;
  let call: Established;

  beforeEach(async () => {
    edge = await TestEdge.start();
    core = edge.coreNextHop;
    ue = await edge.ue();
    call = await establish(ue, core);
    while (!edge.log.some((line) => line.includes('call answered'))) await new Promise(setImmediate);
    edge.anchor.asked.length = 0;
    edge.anchor.restart = sdp('restart');
  });

  afterEach(async () => {
    await hangUp(ue, core, call);
    await edge.calls.settled();
    await edge.close();
  });

  const lose = () => {
    const [name = ''] = edge.anchor.holding;
    edge.anchor.calls.get(name)?.emit('restart-due', cause);
  };

  /** A re-INVITE of the core passes once the anchor has been asked so often: nothing else is under way. */
  async function isFree(asked: number): Promise<void> {
    while (edge.anchor.asked.length < asked) await new Promise(setImmediate);
    await new Promise(setImmediate);
    const invite = core.inDialog(call.callee, 'INVITE', {}, sdp('later'));
    const arrived = await ue.next('INVITE');
    expect(sessionName(arrived.body)).toBe('later anchored');
    ue.respond(arrived, 200, {}, sdp('fine'));
    core.ack(invite, await core.next('200 INVITE'));
    await ue.next('ACK');
  }

  test('it is offered an ICE restart, of which the core hears nothing', async () => {
    lose();
    const arrived = await ue.next('INVITE');
    expect(sessionName(arrived.body)).toBe('restart');
    ue.respond(arrived, 200, {}, sdp('restarted'));
    await ue.next('ACK');
    await isFree(2);
    expect(edge.anchor.asked).toEqual(['restart', 'answer access restarted', 'offer core later', 'answer access fine']);
  });

  test('it refuses: the call goes on as it was', async () => {
    lose();
    ue.respond(await ue.next('INVITE'), 488);
    await ue.next('ACK');
    await isFree(2);
    expect(edge.anchor.asked).toEqual(['restart', 'rollback', 'offer core later', 'answer access fine']);
  });

  test('while an offer is under way, or where there is nothing to restart, it is offered none', async () => {
    const invite = core.inDialog(call.callee, 'INVITE', {}, sdp('hold'));
    const arrived = await ue.next('INVITE');
    lose();
    ue.respond(arrived, 200, {}, sdp('held'));
    core.ack(invite, await core.next('200 INVITE'));
    await ue.next('ACK');
    edge.anchor.restart = undefined;
    lose();
    await isFree(3);
    expect(edge.anchor.asked.filter((asked) => asked === 'restart')).toHaveLength(1);
  });
});
