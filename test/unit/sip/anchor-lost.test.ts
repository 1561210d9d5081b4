import { sdp } from './fake-anchor';
import { establish } from './established-call';
import { freePort, SipPeer } from './sip-peer';
import { TestEdge } from './test-edge';

const reason = 'SIP;cause=503;text="Media lost"';

describe('S18: rtpengine has lost a call, whatever MEDIA_LOST says', () => {
  let edge: TestEdge;

  afterEach(async () => {
    expect(edge.calls.size).toBe(0);
    await edge.calls.settled();
    expect([...edge.anchor.releases.values()]).toEqual([1]);
    await edge.close();
  });

  const lose = () => {
    const [call = ''] = edge.anchor.holding;
    edge.anchor.calls.get(call)?.emit('lost');
    edge.anchor.calls.get(call)?.emit('lost');
    return call;
  };

  test('S18: both ends get a BYE that says why', async () => {
    edge = await TestEdge.start();
    const core = edge.coreNextHop;
    const ue = await edge.ue();
    await establish(ue, core);
    lose();
    for (const peer of [core, ue]) {
      const bye = await peer.next('BYE');
      expect(bye.header('Reason')).toBe(reason);
      peer.respond(bye, 200);
    }
    await edge.logged('"call ended"', '"cause":"anchor-lost"');
  });

  test('S18: while it rings, the callee gets a CANCEL and the caller a final response', async () => {
    edge = await TestEdge.start();
    const core = edge.coreNextHop;
    const ue = await edge.ue();
    const invite = ue.request('INVITE', 'sip:bob@ims.example', {}, sdp('offer'));
    const arrived = await core.next('INVITE');
    core.respond(arrived, 180);
    await ue.next('180 INVITE');
    lose();
    const cancel = await core.next('CANCEL');
    expect(cancel.header('Reason')).toBe(reason);
    core.respond(cancel, 200);
    core.respond(arrived, 487);
    ue.ack(invite, await ue.next('503 INVITE'));
  });

  test('S18: an emergency call ends too, and is named in the log', async () => {
    const port = await freePort('127.1.0.112');
    const emergency = { nextHop: `sip:127.1.0.112:${port}`, numbers: ['112'] };
    edge = await TestEdge.start({ settings: { emergency } });
    const ecscf = await SipPeer.udp('127.1.0.112', edge.core, port);
    const ue = await edge.ue();
    await establish(ue, ecscf, 'urn:service:sos');
    const call = lose();
    for (const peer of [ecscf, ue]) peer.respond(await peer.next('BYE'), 200);
    await edge.logged('an emergency call has lost its media', call);
    ecscf.close();
  });
});
