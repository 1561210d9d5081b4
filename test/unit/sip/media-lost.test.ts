import { establish, hangUp } from './established-call';
import { TestEdge } from './test-edge';

describe('E4: nothing comes from the UE any more', () => {
  let edge: TestEdge;

  afterEach(async () => {
    expect(edge.calls.size).toBe(0);
    await edge.calls.settled();
    expect([...edge.anchor.releases.values()]).toEqual([1]);
    await edge.close();
  });

  const loseMedia = () => {
    const [call = ''] = edge.anchor.holding;
    const remote = { address: '198.51.100.2', port: 50000 };
    edge.anchor.calls.get(call)?.emit('media-lost', { call, line: 0, path: 'tcp80', remote });
  };

  const isLogged = () => edge.log.some((line) => line.includes('nothing comes from the UE any more'));

  test('E4: where it is to be released, both sides get a BYE that says why', async () => {
    edge = await TestEdge.start({ settings: { releaseOnMediaLoss: true } });
    const core = edge.coreNextHop;
    const ue = await edge.ue();
    await establish(ue, core);
    loseMedia();
    for (const peer of [core, ue]) {
      const bye = await peer.next('BYE');
      expect(bye.header('Reason')).toBe('SIP;cause=503;text="Media lost"');
      peer.respond(bye, 200);
    }
    expect(isLogged()).toBe(true);
  });

  test('E4: else the call goes on, and the log tells of it', async () => {
    edge = await TestEdge.start();
    const core = edge.coreNextHop;
    const ue = await edge.ue();
    const call = await establish(ue, core);
    loseMedia();
    expect(isLogged()).toBe(true);
    await hangUp(ue, core, call);
  });
});

test('A7, O1: the media anchor is told where the UE is, be it behind the access listener, and of the core', async () => {
  const edge = await TestEdge.start({ fronted: true });
  const core = edge.coreNextHop;
  const ue = await edge.ue();
  const call = await establish(ue, core);
  expect(edge.anchor.ueAddress).toBe(ue.address);
  expect(edge.anchor.coreFamily).toBe('IP4');
  await hangUp(ue, core, call);
  await edge.close();
});
