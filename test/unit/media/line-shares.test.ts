import { shareLimits, type ShareLimits } from '../../../lib/shares/limits';
import { anchorWith, coreAnswer, coreSdp, iceOffer, mediaOf, ueSdp } from './fixtures';
import { message, MsrpLab, sdp, ueAddress, uePath } from './msrp-lab';

const sharesOf = (ue: Partial<ShareLimits['ue']>): ShareLimits => {
  const usual = shareLimits();
  return { ...usual, ue: { ...usual.ue, ...ue } };
};

const alice = { address: '198.51.100.2', owner: 'sip:alice@ims.example' };
const bob = { address: '198.51.100.2', owner: 'sip:bob@ims.example' };
const lines = (count: number) => Array.from({ length: count }, (_, i) => `m=audio ${5000 + 2 * i} RTP/AVP 0`);
const offerOf = (count: number) => ueSdp(...lines(count));
const inUse = (text: string) => mediaOf(text).filter(({ port }) => port !== 0).length;

describe('X4: a call of 64 media lines', () => {
  test('is carried with its first 16: no more take ports of rtpengine, the others are declined to both ends', async () => {
    const { anchor, rtpengine } = anchorWith();
    const towardCore = await anchor.offer('a', 'access', offerOf(64), alice);
    expect([mediaOf(towardCore).length, inUse(towardCore)]).toEqual([64, 16]);
    const towardUe = await anchor.answer('a', 'core', coreSdp(...lines(64)));
    expect([mediaOf(towardUe).length, inUse(towardUe)]).toEqual([64, 16]);
    expect(rtpengine.received.map((each) => mediaOf(each.sdp).length)).toEqual([16, 16]);
  });

  test('is no larger when a later offer, of either end, has more lines', async () => {
    const { anchor, rtpengine } = anchorWith();
    await anchor.offer('a', 'access', iceOffer, alice);
    await anchor.answer('a', 'core', coreAnswer);
    const towardUe = await anchor.offer('a', 'core', coreSdp(...lines(40)));
    expect([mediaOf(towardUe).length, inUse(towardUe)]).toEqual([40, 16]);
    expect(mediaOf(rtpengine.received.at(-1)!.sdp)).toHaveLength(16);
  });
});

describe('X4: the lines of one UE', () => {
  test('are bounded over all its calls, and leave room for others; what ends makes room', async () => {
    const { anchor, rtpengine } = anchorWith({ shares: sharesOf({ lines: 20 }) });
    await anchor.offer('a', 'access', offerOf(16), alice);
    await expect(anchor.offer('b', 'access', offerOf(16), alice)).rejects.toMatchObject({
      ...{ code: 'too-many-lines', sipStatus: 503 },
      retryAfter: expect.any(Number),
    });
    expect(rtpengine.received).toHaveLength(1);
    await anchor.offer('c', 'access', offerOf(4), alice);
    await anchor.offer('d', 'access', offerOf(16), bob);
    await anchor.release('a');
    await anchor.offer('e', 'access', offerOf(16), alice);
    expect(anchor.calls).toBe(3);
  });

  test('are not exhausted by those who call it: they get 486', async () => {
    const { anchor } = anchorWith({ shares: sharesOf({ lines: 20 }) });
    await anchor.offer('a', 'core', coreSdp(...lines(16)), alice);
    await expect(anchor.offer('b', 'core', coreSdp(...lines(16)), alice)).rejects.toMatchObject({ sipStatus: 486 });
  });

  test('cannot grow beyond by a later offer, which leaves the call as it was', async () => {
    const { anchor, rtpengine } = anchorWith({ shares: sharesOf({ lines: 3 }) });
    await anchor.offer('a', 'access', offerOf(2), alice);
    await anchor.answer('a', 'core', coreSdp(...lines(2)));
    await expect(anchor.offer('a', 'access', offerOf(9), alice)).rejects.toMatchObject({ code: 'too-many-lines' });
    expect(rtpengine.received).toHaveLength(2);
    await anchor.offer('a', 'access', offerOf(3), alice);
    await anchor.release('a');
    await anchor.offer('b', 'access', offerOf(3), alice);
  });

  test('are free again where rtpengine fails at the first offer', async () => {
    const { anchor, rtpengine } = anchorWith({ shares: sharesOf({ lines: 2 }) });
    rtpengine.failure = Object.assign(new Error('refused'), { code: 'anchor-unavailable' }) as never;
    await expect(anchor.offer('a', 'access', offerOf(2), alice)).rejects.toThrow();
    rtpengine.failure = undefined;
    await anchor.offer('b', 'access', offerOf(2), alice);
  });
});

describe('X4: MSRP lines of one UE', () => {
  const plainMessage = (i: number) => message(7000 + i, uePath, 'a=setup:active');
  const messages = (count: number) => sdp(...Array.from({ length: count }, (_, i) => plainMessage(i)).flat());
  const of = (owner: string) => ({ address: ueAddress, owner });

  test('are bounded over all its calls, and leave ports for others; what ends makes room', async () => {
    const lab = new MsrpLab({ shares: sharesOf({ messageLines: 5 }) });
    const { anchor } = lab.around;
    await anchor.offer('a', 'access', messages(4), of('alice'));
    const before = lab.bridges.counters().listening;
    await expect(anchor.offer('b', 'access', messages(4), of('alice'))).rejects.toMatchObject({
      ...{ code: 'too-many-lines', sipStatus: 503 },
    });
    expect(lab.bridges.counters().listening).toEqual(before);
    await anchor.offer('c', 'access', messages(4), of('bob'));
    await anchor.release('a');
    await anchor.offer('d', 'access', messages(4), of('alice'));
    await lab.close();
  });
});
