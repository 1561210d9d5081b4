import type { AdvertisedAddress } from '../../../lib/gateway/stream';
import { familyOf, type AddressFamily } from '../../../lib/ip-address';
import type { SipEnds } from '../../../lib/media/media-anchor';
import { anchorWith, FakeGateway, gatewayAddress, mediaOf } from './fixtures';

const ue = { IP4: '203.0.113.5', IP6: '2001:db8:5::5' };
const core = { IP4: '192.0.2.9', IP6: '2001:db8:9::9' };
const ours = {
  access: { IP4: '198.51.100.1', IP6: '2001:db8:a::1' },
  core: { IP4: '192.0.2.1', IP6: '2001:db8:c::1' },
};
const gateway6: AdvertisedAddress = { address: ours.access.IP6, port: 80, family: 6 };
const families: readonly AddressFamily[] = ['IP4', 'IP6'];
const pairs = families.flatMap((atUe) => families.map((inCore) => ({ atUe, inCore })));

const ice = ['a=ice-ufrag:ueUF', 'a=ice-pwd:uepwduepwduepwduepwd12', 'a=rtcp-mux'];
const host = (address: string) => `a=candidate:1 1 UDP 2130706431 ${address} 5000 typ host`;
const sdp = (address: string, ...lines: string[]) =>
  [
    ...['v=0', 'o=x 1 1 IN IP4 10.0.0.1', 's=-', `c=IN ${familyOf(address)} ${address}`, 't=0 0'],
    ...[...lines, ''],
  ].join('\r\n');
const audio = (address: string, ...more: string[]) => sdp(address, 'm=audio 5000 RTP/AVP 0', ...more);
const addressesIn = (text: string) => mediaOf(text).map(({ address }) => address);

/** How both ends speak SIP. */
const ends = (atUe: AddressFamily, inCore?: AddressFamily): SipEnds => ({ address: ue[atUe], coreFamily: inCore });

describe('O1: the address family of media', () => {
  let around: ReturnType<typeof anchorWith>;
  let anchor: ReturnType<typeof anchorWith>['anchor'];

  beforeEach(() => {
    around = anchorWith({ gateway: new FakeGateway([gatewayAddress, gateway6]) });
    anchor = around.anchor;
  });
  afterEach(() => anchor.close());

  const told = () => around.rtpengine.received.map(({ command, ...rest }) => [command, rest['from-tag']].join(' '));
  const lastShown = () => {
    const [line] = mediaOf(around.rtpengine.received.at(-1)!.sdp);
    return `${line!.address} ${line!.port}`;
  };

  test.each(pairs)('I3: a UE on $atUe is called by a core on $inCore', async ({ atUe, inCore }) => {
    const offered = await anchor.offer('c', 'core', audio(core[inCore]), ends(atUe, inCore));
    expect(addressesIn(offered)).toEqual([ours.access[atUe]]);
    const answered = await anchor.answer('c', 'access', audio(ue[atUe]));
    expect(addressesIn(answered)).toEqual([ours.core[inCore]]);
    expect(addressesIn(await anchor.offer('c', 'core', audio(core[inCore])))).toEqual([ours.access[atUe]]);
    await anchor.answer('c', 'access', audio(ue[atUe]));
    expect(addressesIn(await anchor.offer('c', 'access', audio(ue[atUe])))).toEqual([ours.core[inCore]]);
  });

  test.each(pairs)('I3: a UE on $atUe calls a core on $inCore', async ({ atUe, inCore }) => {
    const offered = await anchor.offer('c', 'access', audio(ue[atUe]), ends(atUe, inCore));
    expect(addressesIn(offered)).toEqual([ours.core[inCore]]);
    const answered = await anchor.answer('c', 'core', audio(core[inCore]));
    expect(addressesIn(answered)).toEqual([ours.access[atUe]]);
    expect(addressesIn(await anchor.offer('c', 'core', audio(core[inCore])))).toEqual([ours.access[atUe]]);
  });

  test.each(families)('a core of which nothing is known is offered that of the UE, %s', async (family) => {
    expect(addressesIn(await anchor.offer('c', 'access', audio(ue[family]), ends(family)))).toEqual([
      ours.core[family],
    ]);
  });

  test('IPv4 in the spelling of a dual-stack socket is IPv4', async () => {
    const mapped = { address: `::ffff:${ue.IP4}` };
    expect(addressesIn(await anchor.offer('c', 'core', audio(core.IP6), mapped))).toEqual([ours.access.IP4]);
  });

  test('of a UE whose media is of another family than its SIP (NAT64), its media', async () => {
    await anchor.offer('c', 'access', audio(ue.IP6), ends('IP4', 'IP4'));
    expect(lastShown()).toBe('::1 9');
    expect(addressesIn(await anchor.answer('c', 'core', audio(core.IP4)))).toEqual([ours.access.IP6]);
  });

  test('c= of a line goes before that of the session', async () => {
    const two = audio(ue.IP6, 'm=audio 5002 RTP/AVP 0', `c=IN IP4 ${ue.IP4}`);
    await anchor.offer('c', 'access', two, ends('IP6', 'IP4'));
    expect(addressesIn(around.rtpengine.received.at(-1)!.sdp)).toEqual([ue.IP6, '127.0.0.1']);
    await anchor.answer('c', 'core', audio(core.IP4, 'm=audio 6002 RTP/AVP 0'));
    // Of lines that differ, rtpengine knows each one's.
    await anchor.offer('c', 'core', audio(core.IP4, 'm=audio 6002 RTP/AVP 0'));
    expect(around.rtpengine.received.at(-1)).not.toHaveProperty('address-family');
  });

  test.each(families)('an answer of another family than the offer to a UE on %s does not move us', async (family) => {
    const other = family === 'IP4' ? 'IP6' : 'IP4';
    await anchor.offer('c', 'core', audio(core.IP4), ends(family, 'IP4'));
    await anchor.answer('c', 'access', audio(ue[other]));
    expect(lastShown()).toBe(`${ue[family]} 5000`);
    expect(addressesIn(await anchor.offer('c', 'core', audio(core.IP4)))).toEqual([ours.access[family]]);
  });

  test('a core that answers in another family than it was offered: nothing could be sent there', async () => {
    await anchor.offer('c', 'access', audio(ue.IP6), ends('IP6', 'IP4'));
    await expect(anchor.answer('c', 'core', audio(core.IP6))).rejects.toMatchObject({ code: 'no-usable-media' });
    expect(around.placed.counts()).toEqual({ 'other-family': 1 });
    expect(addressesIn(await anchor.answer('c', 'core', audio(core.IP4)))).toEqual([ours.access.IP6]);
  });

  describe('what names no place names no family', () => {
    const held = (text: string) => text.replace(/c=.*/, 'c=IN IP4 0.0.0.0');

    test.each(['0.0.0.0', '::'])('a hold by %s of a UE on IPv6', async (none) => {
      await anchor.offer('c', 'access', audio(ue.IP6), ends('IP6', 'IP4'));
      await anchor.answer('c', 'core', audio(core.IP4));
      await anchor.offer('c', 'access', audio(none));
      expect(lastShown()).toBe(':: 5000');
      expect(addressesIn(await anchor.answer('c', 'core', audio(core.IP4)))).toEqual([ours.access.IP6]);
      await anchor.offer('c', 'access', audio(ue.IP6));
      expect(lastShown()).toBe(`${ue.IP6} 5000`);
    });

    test('a core on IPv6 that calls on hold, and is on hold', async () => {
      await anchor.offer('c', 'core', held(audio(core.IP6)), ends('IP4', 'IP6'));
      expect(addressesIn(around.rtpengine.received[0]!.sdp)).toEqual(['::']);
      expect(addressesIn(await anchor.answer('c', 'access', audio(ue.IP4)))).toEqual([ours.core.IP6]);
      await anchor.offer('c', 'core', held(audio(core.IP6)));
      expect(lastShown()).toBe(':: 5000');
    });

    test.each([
      ['no default yet', audio('0.0.0.0', ...ice, host(ue.IP6)).replace('5000 RTP', '9 RTP'), '::1'],
      ['no default yet, and IPv4 alone', audio('::', ...ice, host(ue.IP4)).replace('5000 RTP', '9 RTP'), '127.0.0.1'],
      ['candidates of both', audio('0.0.0.0', ...ice, host(ue.IP4), host(ue.IP6)).replace('5000 RTP', '9 RTP'), '::1'],
      ['nor a candidate', audio('0.0.0.0', ...ice).replace('5000 RTP', '9 RTP'), '::1'],
      ['a name', audio('ue.example', ...ice, host(ue.IP6)), '::1'],
    ])('ICE of a UE on IPv6: %s', async (_, offer, expected) => {
      await anchor.offer('c', 'access', offer, ends('IP6', 'IP4'));
      expect(lastShown()).toBe(`${expected} 9`);
    });
  });

  describe('a side that moves to the other family', () => {
    test.each(pairs)('a UE from $atUe, and back; core on $inCore', async ({ atUe, inCore }) => {
      const other = atUe === 'IP4' ? 'IP6' : 'IP4';
      await anchor.offer('c', 'access', audio(ue[atUe]), ends(atUe, inCore));
      await anchor.answer('c', 'core', audio(core[inCore]));
      const before = told().length;
      expect(addressesIn(await anchor.offer('c', 'access', audio(ue[other])))).toEqual([ours.core[inCore]]);
      expect(addressesIn(await anchor.answer('c', 'core', audio(core[inCore])))).toEqual([ours.access[other]]);
      // Its socket is moved first, by an offer of the core that nobody gets.
      expect(told().slice(before)).toEqual(['offer core', 'offer access', 'answer access']);
      expect(around.rtpengine.received[before]).toMatchObject({ 'address-family': other });
      await anchor.offer('c', 'access', audio(ue[atUe]));
      expect(addressesIn(await anchor.answer('c', 'core', audio(core[inCore])))).toEqual([ours.access[atUe]]);
    });

    test('a core, refused', async () => {
      await anchor.offer('c', 'core', audio(core.IP4), ends('IP6', 'IP4'));
      await anchor.answer('c', 'access', audio(ue.IP6));
      expect(addressesIn(await anchor.offer('c', 'core', audio(core.IP6)))).toEqual([ours.access.IP6]);
      const before = told().length;
      await anchor.rollback('c');
      expect(told().slice(before)).toEqual(['offer access', 'offer core', 'answer core']);
      expect(around.rtpengine.received[before]).toMatchObject({ 'address-family': 'IP4' });
      expect(addressesIn(await anchor.offer('c', 'access', audio(ue.IP6)))).toEqual([ours.core.IP4]);
    });

    test('o= keeps its address (RFC 3264 §8)', async () => {
      const origin = (text: string) => /^o=.*/m.exec(text)![0];
      await anchor.offer('c', 'access', audio(ue.IP6), ends('IP6', 'IP4'));
      const first = origin(await anchor.answer('c', 'core', audio(core.IP4)));
      await anchor.offer('c', 'access', audio(ue.IP4));
      const second = origin(await anchor.answer('c', 'core', audio(core.IP4)));
      expect(second).toBe(first.replace(' 1 IN', ' 2 IN'));
    });
  });

  test.each(families)('a=rtcp of another family than c= gets no RTCP: %s', async (family) => {
    const other = family === 'IP4' ? 'IP6' : 'IP4';
    const none = family === 'IP4' ? 'IP4 0.0.0.0' : 'IP6 ::';
    const offer = audio(core[family], `a=rtcp:6001 IN ${other} ${core[other]}`);
    expect(mediaOf(await anchor.offer('c', 'core', offer, ends('IP4', family)))[0]!.port).not.toBe(0);
    expect(around.rtpengine.received[0]!.sdp).toContain(`a=rtcp:6001 IN ${none}\r\n`);
  });
});
