import { networkInterfaces } from 'node:os';
import { familyOf, type AddressFamily } from '../../lib/ip-address';
import type { Side } from '../../lib/media/media-anchor';
import { rtp, UdpEnd } from './support/media-ends';
import { describeWithRtpengine, mediaLine, RealAnchor } from './support/real-anchor';

const own = { access: ['127.0.0.2', '::1'], core: ['127.0.0.3', '::1'] };
/** Where the ends are; a UE speaks SIP from there. */
const at: Record<Side, Record<AddressFamily, string>> = {
  access: { IP4: '127.0.0.5', IP6: '::1' },
  core: { IP4: '127.0.0.4', IP6: '::1' },
};
const families: readonly AddressFamily[] = ['IP4', 'IP6'];
const pairs = families.flatMap((atUe) => families.map((inCore) => ({ atUe, inCore })));

const hasIpv6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === '::1'),
);
if (!hasIpv6)
  process.stderr.write('SKIPPED: address families of a real rtpengine: the loopback interface has no ::1.\n');
const describeWithBoth = hasIpv6 || process.env['CI'] ? describeWithRtpengine : describe.skip;

describeWithBoth('O1: an rtpengine with addresses of both families', () => {
  const ends = new Map<string, UdpEnd>();
  let real: RealAnchor;
  let calls = 0;
  let call: string;
  let sent = 0;

  beforeAll(async () => {
    real = await RealAnchor.start(own);
    for (const side of ['access', 'core'] as const)
      for (const family of families) ends.set(`${side} ${family}`, await UdpEnd.open(at[side][family]));
  });
  afterAll(async () => {
    for (const end of ends.values()) end.close();
    await real.close();
  });
  beforeEach(() => (call = `families-${process.pid}-${calls++}`));
  afterEach(() => real.anchor.release(call));

  const end = (side: Side, family: AddressFamily) => ends.get(`${side} ${family}`)!;
  /** The SDP of an end without ICE. */
  const sdp = (side: Side, family: AddressFamily) => {
    const c = `IN ${family} ${at[side][family]}`;
    const lines = ['v=0', `o=- 1 1 ${c}`, 's=-', `c=${c}`, 't=0 0', `m=audio ${end(side, family).port} RTP/AVP 0`, ''];
    return lines.join('\r\n');
  };
  /** The end sends to where it is told. */
  const sendsTo = (side: Side, family: AddressFamily, text: string) => {
    const { address = '', port } = mediaLine(text);
    expect(familyOf(address)).toBe(family);
    end(side, family).to = { address, port };
  };
  /** Each end hears the other, the UE's first packet first: behind a NAT it alone tells where the UE is. */
  async function talk(atUe: AddressFamily, inCore: AddressFamily): Promise<void> {
    const [ofUe, ofCore] = [end('access', atUe), end('core', inCore)];
    sent += 1;
    ofUe.send(rtp(0x11111111, sent, `UE ${sent};`));
    await ofCore.hears(`UE ${sent};`);
    ofCore.send(rtp(0x22222222, sent, `core ${sent};`));
    await ofUe.hears(`core ${sent};`);
  }

  async function change(from: Side, atUe: AddressFamily, inCore: AddressFamily): Promise<void> {
    const to = from === 'access' ? 'core' : 'access';
    const of = { access: atUe, core: inCore };
    const ends = { address: at.access[atUe], coreFamily: inCore };
    sendsTo(to, of[to], await real.anchor.offer(call, from, sdp(from, of[from]), ends));
    sendsTo(from, of[from], await real.anchor.answer(call, to, sdp(to, of[to])));
    await talk(atUe, inCore);
  }

  test.each(pairs)('I3: a UE on $atUe calls and is called by a core on $inCore', async ({ atUe, inCore }) => {
    await change('access', atUe, inCore);
    await real.anchor.release(call);
    await change('core', atUe, inCore);
  });

  test.each(['access', 'core'] as const)('re-INVITEs that move the %s side, and back', async (side) => {
    const moved = (family: AddressFamily): [AddressFamily, AddressFamily] =>
      side === 'access' ? [family, 'IP4'] : ['IP6', family];
    await change('access', ...moved('IP4'));
    await change(side, ...moved('IP6'));
    await change(side, ...moved('IP4'));
    await change(side === 'core' ? 'access' : 'core', ...moved('IP4'));
  });

  test.each(['access', 'core'] as const)('G16: a refused re-INVITE that would move the %s side', async (side) => {
    await change(side, 'IP4', 'IP4');
    await real.anchor.offer(call, side, sdp(side, 'IP6'));
    await real.anchor.rollback(call);
    await talk('IP4', 'IP4');
  });

  test('a UE that answers in another family than it was offered is heard where it was told', async () => {
    sendsTo('access', 'IP6', await real.anchor.offer(call, 'core', sdp('core', 'IP4'), { address: '::1' }));
    sendsTo('core', 'IP4', await real.anchor.answer(call, 'access', sdp('access', 'IP4')));
    await talk('IP6', 'IP4');
    sendsTo('access', 'IP6', await real.anchor.offer(call, 'core', sdp('core', 'IP4')));
  });

  test('a hold by 0.0.0.0 on IPv6 leaves the places as they are', async () => {
    await change('access', 'IP6', 'IP4');
    const port = end('access', 'IP6').to.port;
    const held = sdp('access', 'IP6').replace(/c=.*/, 'c=IN IP4 0.0.0.0');
    expect(mediaLine(await real.anchor.offer(call, 'access', held)).address).toBe('0.0.0.0');
    expect(mediaLine(await real.anchor.answer(call, 'core', sdp('core', 'IP4')))).toMatchObject({
      address: '::1',
      port,
    });
    await change('access', 'IP6', 'IP4');
  });
});

describeWithBoth('O1: an rtpengine with one family', () => {
  test.each([
    ['IPv4', '127.0.0.2', 'IP6'],
    ['IPv6', '::1', 'IP4'],
  ] as const)('a UE of the other one is offered what there is: %s', async (_, access, family) => {
    const real = await RealAnchor.start({ access, core: '127.0.0.3' });
    try {
      const offer = [
        'v=0',
        'o=- 1 1 IN IP4 127.0.0.4',
        's=-',
        'c=IN IP4 127.0.0.4',
        't=0 0',
        'm=audio 6000 RTP/AVP 0',
        '',
      ];
      const offered = await real.anchor.offer('one', 'core', offer.join('\r\n'), { address: at.access[family] });
      expect(mediaLine(offered).address).toBe(access);
    } finally {
      await real.close();
    }
  });
});
