import { networks, placesOn } from '../media-networks';
import { FakeRtpengine } from './fake-rtpengine';
import { anchorWith, coreAnswer, coreSdp, iceOffer, mediaOf, plainOffer } from './fixtures';

const ue = { address: '198.51.100.77' };

/** Of an rtpengine with one address for both sides. */
const shared = '203.0.113.80';
function withOneAddress(): FakeRtpengine {
  const addresses = { IP4: shared, IP6: '2001:db8::80' };
  return Object.assign(new FakeRtpengine(), { addresses: { access: addresses, core: addresses } });
}

describe.each([
  ['this machine', placesOn([shared])],
  ['this machine, with networks of the core', placesOn([shared], { coreMedia: networks('203.0.113.0/24') })],
  ['another machine', placesOn([])],
  ['this machine, for a trial', placesOn([shared], { coreMedia: networks(shared, '203.0.113.0/24') })],
])('N1: rtpengine has one address for both sides, on %s', (_name, places) => {
  let around: ReturnType<typeof anchorWith>;
  beforeEach(() => {
    around = anchorWith({ places, nodes: [withOneAddress()] });
  });
  afterEach(() => around.anchor.close());

  const at = (port: number, ...more: string[]) => coreSdp(`m=audio ${port} RTP/AVP 0`, `c=IN IP4 ${shared}`, ...more);
  const isRefused = (answer: Promise<string>) =>
    expect(answer).rejects.toMatchObject({ code: 'no-usable-media', sipStatus: 488 });
  const isDeclined = (sdp: string) => mediaOf(sdp)[0]!.port === 0;

  /** A call of a UE that is answered. */
  async function called(name: string, offer = plainOffer) {
    const towardCore = mediaOf(await around.anchor.offer(name, 'access', offer, ue))[0]!;
    const towardUe = mediaOf(await around.anchor.answer(name, 'core', coreAnswer))[0]!;
    return { towardCore, towardUe };
  }

  test.each([
    ['without ICE', plainOffer],
    ['with ICE', iceOffer],
  ])('the far end does not name what a UE %s sends to: of its own call, or of another', async (_of, offer) => {
    const { towardUe } = await called('a', offer);
    await isRefused(around.anchor.offer('a', 'core', at(towardUe.port)));
    await isRefused(around.anchor.offer('a', 'core', at(towardUe.port - 1)));
    await isRefused(around.anchor.offer('a', 'core', at(6000, `a=rtcp:${towardUe.port} IN IP4 ${shared}`)));
    await isRefused(around.anchor.offer('b', 'core', at(towardUe.port), ue));
    await around.anchor.offer('b', 'access', offer, ue);
    await isRefused(around.anchor.answer('b', 'core', at(towardUe.port)));
    const wide = `${at(towardUe.port)}m=video 7000 RTP/AVP 34\r\n`;
    expect(isDeclined(await around.anchor.offer('c', 'core', wide, ue))).toBe(true);
  });

  test('two UEs of this edge call each other, re-INVITE, and their media stays', async () => {
    const first = mediaOf(await around.anchor.offer('a', 'access', iceOffer, ue))[0]!;
    const onward = at(first.port, ...(first.rtcpPort === undefined ? [] : [`a=rtcp:${first.rtcpPort}`]));
    expect(isDeclined(await around.anchor.offer('b', 'core', onward, ue))).toBe(false);
    const second = mediaOf(await around.anchor.answer('b', 'access', iceOffer))[0]!;
    expect(isDeclined(await around.anchor.answer('a', 'core', at(second.port)))).toBe(false);
    expect(isDeclined(await around.anchor.offer('a', 'core', at(second.port, 'a=sendonly')))).toBe(false);
    expect(around.placed.counts()).toEqual({});
  });
});

describe('N1: a port of ours that no call has told anybody', () => {
  test('is none of the far end, before and after a call has it', async () => {
    const around = anchorWith({ places: placesOn([shared]), nodes: [withOneAddress()] });
    const far = coreSdp('m=audio 40050 RTP/AVP 0', `c=IN IP4 ${shared}`);
    await expect(around.anchor.offer('b', 'core', far, ue)).rejects.toMatchObject({ sipStatus: 488 });
    expect(mediaOf(await around.anchor.offer('a', 'access', plainOffer, ue))[0]!.port).toBe(40_050);
    await around.anchor.offer('b', 'core', far, ue);
    await around.anchor.release('b');
    await around.anchor.release('a');
    await expect(around.anchor.offer('c', 'core', far, ue)).rejects.toMatchObject({ sipStatus: 488 });
    await around.anchor.close();
  });
});
