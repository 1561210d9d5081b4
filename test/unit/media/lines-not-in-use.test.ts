import { shareLimits } from '../../../lib/shares/limits';
import { anchorWith, coreSdp, iceOffer, mediaOf, ueSdp } from './fixtures';

const none = 'm=audio 0 RTP/AVP 0';
const core = coreSdp('m=audio 6000 RTP/AVP 0');
const ue = { address: '10.0.0.5', owner: 'alice' };

/** A call with audio, agreed. */
async function call() {
  const around = anchorWith();
  await around.anchor.offer('c', 'access', iceOffer, ue);
  await around.anchor.answer('c', 'core', core);
  return { ...around, told: () => around.rtpengine.received.map(({ command }) => command) };
}

describe('S12: an SDP whose lines all have port 0 is not shown to rtpengine', () => {
  test('a later offer that drops all is carried all the same, and ends the call there once it is answered', async () => {
    const { anchor, rtpengine, gateway, told } = await call();
    expect(mediaOf(await anchor.offer('c', 'core', coreSdp(none)))).toMatchObject([{ port: 0 }]);
    expect(rtpengine.deleted).toEqual([]);
    expect(gateway.ufrags()).toHaveLength(1);
    expect(mediaOf(await anchor.answer('c', 'access', ueSdp(none)))).toMatchObject([{ port: 0 }]);
    expect(rtpengine.deleted).toEqual(['c']);
    expect(gateway.ufrags()).toEqual([]);
    expect(told()).toEqual(['offer', 'answer']);

    await anchor.offer('c', 'access', iceOffer);
    expect(rtpengine.received.at(-1)).not.toHaveProperty('to-tag');
    await anchor.answer('c', 'core', core);
    expect(gateway.ufrags()).toHaveLength(1);
    await anchor.close();
  });

  test('one that is refused leaves it as it was', async () => {
    const { anchor, rtpengine, gateway } = await call();
    await anchor.offer('c', 'access', ueSdp(none));
    await anchor.rollback('c');
    expect(rtpengine.deleted).toEqual([]);
    expect(gateway.ufrags()).toHaveLength(1);
    await anchor.close();
  });

  test('audio that is taken back and refused is gone again', async () => {
    const { anchor, rtpengine, gateway } = await call();
    await anchor.offer('c', 'core', coreSdp(none));
    await anchor.answer('c', 'access', ueSdp(none));
    await anchor.offer('c', 'core', core);
    await anchor.rollback('c');
    expect(rtpengine.deleted).toEqual(['c', 'c']);
    expect(gateway.ufrags()).toEqual([]);
    await anchor.close();
  });

  test('the answer of a fork that declines all leaves the offer to the next one, and ends with the next offer', async () => {
    const { anchor, rtpengine, told } = await call();
    expect(mediaOf(await anchor.answer('c', 'core', coreSdp(none)))).toMatchObject([{ port: 0, formats: '0 101' }]);
    expect(mediaOf(await anchor.answer('c', 'core', core))[0]!.port).not.toBe(0);
    expect(told()).toEqual(['offer', 'answer', 'answer']);
    await anchor.answer('c', 'core', coreSdp(none));
    expect(rtpengine.deleted).toEqual([]);
    await anchor.offer('c', 'core', core);
    expect(rtpengine.deleted).toEqual(['c']);
    await anchor.close();
  });

  test('N3: what it does not hold is not charged', async () => {
    const limits = shareLimits();
    const { anchor } = anchorWith({ shares: { ...limits, ue: { ...limits.ue, lines: 1 } } });
    await anchor.offer('c', 'access', iceOffer, ue);
    await anchor.answer('c', 'core', core);
    const other = () => anchor.offer('d', 'access', iceOffer, ue);
    await expect(other()).rejects.toThrow(expect.objectContaining({ code: 'too-many-lines' }));
    await anchor.offer('c', 'access', ueSdp(none));
    await anchor.answer('c', 'core', coreSdp(none));
    await expect(other()).resolves.toContain('m=audio');
    await anchor.close();
  });
});
