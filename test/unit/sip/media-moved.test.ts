import { EdgeError } from '../../../lib/errors';
import { establish, type Established } from './established-call';
import { sdp, sessionName } from './fake-anchor';
import type { SipPeer } from './sip-peer';
import { TestEdge } from './test-edge';

describe('K6: what carried the media of a call is gone, and another node can', () => {
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
    edge.anchor.restart = sdp('elsewhere');
  });

  afterEach(async () => {
    await edge.calls.settled();
    await edge.close();
  });

  const move = () => {
    const [name = ''] = edge.anchor.holding;
    edge.anchor.calls.get(name)?.emit('moved');
  };

  /** Both sides are told by a BYE. */
  async function ends(): Promise<void> {
    for (const side of [ue, core]) {
      const bye = await side.next('BYE');
      expect(bye.header('Reason')).toContain('Media lost');
      side.respond(bye, 200);
    }
    expect(edge.calls.size).toBe(0);
  }

  test('the UE is offered it, then the core what the UE answered, and the call goes on', async () => {
    move();
    const toUe = await ue.next('INVITE');
    expect(sessionName(toUe.body)).toBe('elsewhere');
    ue.respond(toUe, 200, {}, sdp('there'));
    await ue.next('ACK');
    const toCore = await core.next('INVITE');
    expect(sessionName(toCore.body)).toBe('there anchored');
    core.respond(toCore, 200, {}, sdp('fine'));
    await core.next('ACK');
    expect(edge.anchor.asked).toEqual(['restart', 'answer access there']);
    ue.inDialog(call.caller, 'BYE');
    core.respond(await core.next('BYE'), 200);
    await ue.next('200 BYE');
  });

  test('the UE refuses it: the call ends', async () => {
    move();
    ue.respond(await ue.next('INVITE'), 488);
    await ends();
  });

  test('the core refuses it: the call ends', async () => {
    move();
    ue.respond(await ue.next('INVITE'), 200, {}, sdp('there'));
    core.respond(await core.next('INVITE'), 488);
    await ends();
  });

  test('the other node does not take what the UE answers, or has nothing to offer: the call ends', async () => {
    edge.anchor.failNext('answer', 'access', new EdgeError('anchor-unavailable', 'It is gone, too.'));
    move();
    ue.respond(await ue.next('INVITE'), 200, {}, sdp('there'));
    await ends();
  });

  test('an offer of the core is under way: the call ends', async () => {
    core.inDialog(call.callee, 'INVITE', {}, sdp('hold'));
    await ue.next('INVITE');
    move();
    await ends();
  });
});
