import type { Fallback } from '../../../lib/media/fallback';
import { anchorWith, audio, coreAnswer, iceOffer, mediaOf, plainOffer, tcpCandidatesOf, ueSdp, ice } from './fixtures';

const coreOffer = coreAnswer;
const iceAnswer = iceOffer;

async function offered(fallback: Fallback = 'always') {
  const around = anchorWith({ fallback });
  return { ...around, sdp: await around.anchor.offer('c', 'core', coreOffer) };
}

describe('an offer to a UE', () => {
  test.each([
    ['always', 1],
    ['offered', 1],
    ['off', 0],
  ] as const)('A1, A4: the first one, with fallback %s', async (fallback, count) => {
    const { sdp, gateway } = await offered(fallback);
    expect(tcpCandidatesOf(sdp)).toHaveLength(count);
    expect(gateway.streams.size).toBe(count);
    expect(mediaOf(sdp)[0]).toMatchObject({ hasIce: true, rtcpMux: true });
    expect(sdp).toContain('a=ice-lite\r\n');
  });

  test('C11: rtpengine has an answer of nobody before the UE has the first one, and to no later one', async () => {
    const { anchor, rtpengine } = await offered();
    expect(rtpengine.received.map(({ command }) => command)).toEqual(['offer', 'answer']);
    const [nobody] = mediaOf(rtpengine.received[1]!.sdp);
    expect(nobody).toMatchObject({ address: '127.0.0.1', port: 9, hasIce: false });
    expect(rtpengine.received[1]).toMatchObject({ flags: ['strict-source', 'endpoint-learning-off'] });
    await anchor.answer('c', 'access', iceAnswer);
    await anchor.offer('c', 'core', coreOffer);
    expect(rtpengine.received.map(({ command }) => command)).toEqual(['offer', 'answer', 'answer', 'offer']);
  });

  test('F2: repeated with the same ufrag and candidates while the UE does ICE', async () => {
    const { anchor, sdp, gateway } = await offered();
    await anchor.answer('c', 'access', iceAnswer);
    expect(await anchor.offer('c', 'core', coreOffer)).toBe(sdp);
    expect(gateway.ufrags()).toEqual(['uf0gen1']);
  });

  test('F2: repeated with fallback "offered" too, though the UE did not list TCP', async () => {
    const { anchor, sdp } = await offered('offered');
    await anchor.answer('c', 'access', ueSdp(...audio, ...ice, 'a=rtcp-mux'));
    expect(await anchor.offer('c', 'core', coreOffer)).toBe(sdp);
  });

  test('F5: a UE that answers without ICE is not offered it again, and its stream is closed', async () => {
    const { anchor, gateway, rtpengine } = await offered();
    await anchor.answer('c', 'access', plainOffer);
    expect(gateway.ufrags()).toEqual([]);
    expect(await anchor.offer('c', 'core', coreOffer)).not.toMatch(/ice|candidate/);
    expect(rtpengine.received.at(-1)).toMatchObject({ ICE: 'remove', 'to-tag': 'access' });
  });

  test('a UE that declined ICE and then offers it is offered it again', async () => {
    const { anchor } = await offered();
    await anchor.answer('c', 'access', plainOffer);
    await anchor.offer('c', 'access', iceOffer);
    expect(tcpCandidatesOf(await anchor.answer('c', 'core', coreAnswer))).toHaveLength(1);
    expect(tcpCandidatesOf(await anchor.offer('c', 'core', coreOffer))).toHaveLength(1);
  });

  test('D5: a UE that answered without rtcp-mux is not served on port 80, nor offered it again', async () => {
    const { anchor, gateway } = await offered();
    await anchor.answer('c', 'access', ueSdp(...audio, ...ice));
    expect(gateway.ufrags()).toEqual([]);
    const again = await anchor.offer('c', 'core', coreOffer);
    expect(mediaOf(again)[0]!.hasIce).toBe(true);
    expect(tcpCandidatesOf(again)).toEqual([]);
  });

  test('a 18x answer without ICE, then a 200 with it: the stream is open', async () => {
    const { anchor, gateway } = await offered();
    await anchor.answer('c', 'access', plainOffer);
    await anchor.answer('c', 'access', iceAnswer);
    expect(gateway.ufrags()).toEqual(['uf0gen1']);
  });

  test('B17: ICE stays on a line on hold', async () => {
    const { anchor, gateway } = await offered();
    await anchor.answer('c', 'access', iceAnswer);
    const hold = await anchor.offer('c', 'core', coreOffer.replace('sendrecv', 'sendonly'));
    await anchor.answer('c', 'access', iceAnswer + 'a=recvonly\r\n');
    expect(tcpCandidatesOf(hold)).toHaveLength(1);
    expect(gateway.ufrags()).toEqual(['uf0gen1']);
  });

  test('offer in the 200 to a UE that called without one, answer in its ACK', async () => {
    const { anchor, sdp, gateway } = await offered();
    expect(await anchor.answer('c', 'access', iceAnswer)).not.toMatch(/candidate|ice/);
    expect(tcpCandidatesOf(sdp)).toHaveLength(1);
    expect(gateway.ufrags()).toEqual(['uf0gen1']);
  });
});

describe('streams and ICE restarts', () => {
  test('F2: a line that was declined comes back with its ufrag, ranked above what rtpengine was told before', async () => {
    const { anchor, gateway } = anchorWith();
    await anchor.offer('c', 'access', iceOffer);
    await anchor.answer('c', 'core', coreAnswer);
    gateway.nominated = { count: 2, rank: 5 };
    await anchor.offer('c', 'access', iceOffer);
    await anchor.answer('c', 'core', coreAnswer.replace('m=audio 6000', 'm=audio 0'));
    expect(gateway.ufrags()).toEqual([]);
    await anchor.offer('c', 'access', iceOffer);
    await anchor.answer('c', 'core', coreAnswer);
    expect([...gateway.streams.values()]).toMatchObject([{ ufrag: 'uf0gen1', nominated: { count: 2, rank: 5 } }]);
  });

  async function restarted() {
    const around = anchorWith();
    const { anchor, rtpengine } = around;
    await anchor.offer('c', 'access', iceOffer);
    await anchor.answer('c', 'core', coreAnswer);
    rtpengine.generation = 2;
    await anchor.offer('c', 'access', iceOffer);
    await anchor.answer('c', 'core', coreAnswer);
    return around;
  }

  test('E5: the old ufrag stays open beside the new one, through a repeated answer too', async () => {
    const { anchor, gateway } = await restarted();
    await anchor.answer('c', 'core', coreAnswer);
    expect(gateway.ufrags()).toEqual(['uf0gen1', 'uf0gen2']);
  });

  test('E5: until the new one is selected', async () => {
    const { gateway } = await restarted();
    const remote = { address: '203.0.113.5', port: 50000 };
    gateway.emit('selected', { stream: gateway.streams.get('uf0gen1')!, remote, port: 80 });
    expect(gateway.ufrags()).toEqual(['uf0gen1', 'uf0gen2']);
    gateway.emit('selected', { stream: gateway.streams.get('uf0gen2')!, remote, port: 80 });
    expect(gateway.ufrags()).toEqual(['uf0gen2']);
  });

  test('or until the next exchange is complete', async () => {
    const { anchor, gateway } = await restarted();
    await anchor.offer('c', 'core', coreAnswer);
    expect(gateway.ufrags()).toEqual(['uf0gen1', 'uf0gen2']);
    await anchor.answer('c', 'access', iceOffer);
    expect(gateway.ufrags()).toEqual(['uf0gen2']);
  });

  test('a line that is dropped is closed', async () => {
    const { anchor, gateway } = await restarted();
    await anchor.offer('c', 'core', coreAnswer);
    await anchor.answer('c', 'access', ueSdp('m=audio 0 RTP/AVP 0'));
    expect(gateway.ufrags()).toEqual([]);
  });
});
