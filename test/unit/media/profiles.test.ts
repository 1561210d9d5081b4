import type { Side } from '../../../lib/media/media-anchor';
import { CallProfiles, type Profile, type Profiles } from '../../../lib/media/profiles';
import { anchorWith, coreSdp, ice, mediaOf, ueSdp } from './fixtures';

const asOffered: Profiles = { core: 'as-offered', access: 'as-offered' };
const turned: Profiles = { core: 'rtp-avp', access: 'webrtc' };

const crypto = 'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR';
const dtls = ['a=fingerprint:sha-256 AA', 'a=setup:actpass'];
const spoken = (...lines: string[]) => mediaOf(ueSdp(...lines));

describe('the profile that a side is offered', () => {
  test.each<[string, Side, Profiles, ReturnType<typeof spoken>, Profile | undefined]>([
    ['the core, as offered', 'core', asOffered, [], undefined],
    ['the UE, as offered', 'access', asOffered, [], undefined],
    ['the core', 'core', turned, [], { transport: 'RTP/AVP', hasDtls: false }],
    ['the UE', 'access', turned, [], { transport: 'UDP/TLS/RTP/SAVPF', hasDtls: true }],
    ['the core, where UEs alone are turned', 'core', { ...turned, core: 'as-offered' }, [], undefined],
    ['the UE, where the core alone is turned', 'access', { ...turned, access: 'as-offered' }, [], undefined],
    ['as offered even later', 'access', asOffered, spoken('m=audio 5000 RTP/SAVP 0'), undefined],
    [
      'a UE that speaks SDES, later',
      'access',
      turned,
      spoken('m=audio 5000 RTP/SAVP 0'),
      { transport: 'RTP/SAVP', hasDtls: false },
    ],
    [
      'a UE that speaks DTLS under the old name, later',
      'access',
      turned,
      spoken('m=audio 5000 RTP/SAVPF 0', ...dtls),
      { transport: 'RTP/SAVPF', hasDtls: true },
    ],
    [
      'a side that has a declined line first, and none of RTP before it',
      'core',
      turned,
      spoken('m=image 5000 udptl t38', 'm=audio 0 RTP/AVP 0', 'm=audio 5002 RTP/SAVP 0'),
      { transport: 'RTP/SAVP', hasDtls: false },
    ],
    [
      'a side whose lines are all declined, as one that has said nothing',
      'core',
      turned,
      spoken('m=audio 0 RTP/AVPF 0'),
      { transport: 'RTP/AVP', hasDtls: false },
    ],
  ])('%s', (_, to, profiles, lines, expected) => {
    const call = new CallProfiles(profiles);
    call.heard(to, lines);
    call.heard(to, spoken('m=image 5000 udptl t38', 'm=audio 0 RTP/AVPF 0'));
    expect(call.toward(to)).toEqual(expected);
  });
});

describe('profiles through a call', () => {
  const ue = ueSdp('m=audio 5000 UDP/TLS/RTP/SAVPF 0', ...ice, ...dtls, 'a=rtcp-mux');
  const core = coreSdp('m=audio 6000 RTP/AVP 0');
  const plain = { 'transport-protocol': 'RTP/AVP', DTLS: 'off' };
  const webrtc = { 'transport-protocol': 'UDP/TLS/RTP/SAVPF', SDES: ['off'] };

  test.each<[string, Side]>([
    ['the UE calls', 'access'],
    ['the core calls', 'core'],
  ])('stay with either side, whoever offers later: %s', async (_, caller) => {
    const { anchor, rtpengine } = anchorWith({ profiles: turned });
    const callee = caller === 'access' ? 'core' : 'access';
    const of = { access: ue, core };
    for (const [from, to] of [[caller, callee] as const, ['core', 'access'] as const, ['access', 'core'] as const]) {
      await anchor.offer('c', from, of[from]);
      const offered = rtpengine.received.findLast(({ command }) => command === 'offer');
      expect(offered).toMatchObject(from === 'access' ? plain : webrtc);
      await anchor.answer('c', to, of[to]);
      expect(rtpengine.received.at(-1)).not.toHaveProperty('transport-protocol');
    }
  });

  test('are those of the last complete exchange again after a refused offer', async () => {
    const { anchor, rtpengine } = anchorWith({ profiles: { ...turned, access: 'as-offered' } });
    await anchor.offer('c', 'access', ue);
    await anchor.answer('c', 'core', core);
    await anchor.offer('c', 'core', coreSdp('m=audio 6000 RTP/SAVP 0', crypto));
    await anchor.rollback('c');
    await anchor.offer('c', 'core', core);
    expect(rtpengine.received.filter(({ command }) => command === 'offer')).toMatchObject([
      plain,
      webrtc,
      plain,
      webrtc,
    ]);
  });
});
