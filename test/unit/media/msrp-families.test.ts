import type { AdvertisedAddress } from '../../../lib/gateway/stream';
import { familyOf, type AddressFamily } from '../../../lib/ip-address';
import { gatewayAddress, mediaOf } from './fixtures';
import { attribute, ice, message, MsrpLab, passes, read, send } from './msrp-lab';

const ours = { IP4: gatewayAddress.address, IP6: '2001:db8:a::1' };
const gateway6: AdvertisedAddress = { address: ours.IP6, port: 80, family: 6 };
const orders: [string, readonly AdvertisedAddress[]][] = [
  ['IPv4 first', [gatewayAddress, gateway6]],
  ['IPv6 first', [gateway6, gatewayAddress]],
];
const families: readonly AddressFamily[] = ['IP4', 'IP6'];
const cases = orders.flatMap(([order, advertised]) =>
  families.flatMap((atUe) => families.map((inCore) => ({ order, advertised, atUe, inCore }))),
);
const ue = { IP4: '127.0.0.2', IP6: '::1' };
const core = { IP4: '127.0.0.3', IP6: '::1' };

const sdp = (address: string, ...lines: string[]) =>
  [
    ...['v=0', 'o=x 1 1 IN IP4 127.0.0.9', 's=-', `c=IN ${familyOf(address)} ${address}`, 't=0 0'],
    ...[...lines, ''],
  ].join('\r\n');
const host = (address: string) => (address.includes(':') ? `[${address}]` : address);
const said = (address: string, port: number, ...more: string[]) =>
  sdp(address, ...message(port, `msrp://${host(address)}:${port}/theirs;tcp`, ...more));

describe('O2: the address family of MSRP', () => {
  let lab: MsrpLab;
  const open = (options: ConstructorParameters<typeof MsrpLab>[0]) => {
    const bound = { addresses: ['127.0.0.1', '::1'] };
    lab = new MsrpLab({ access: bound, core: { addresses: [core.IP4, core.IP6] }, ...options });
  };
  const ends = (atUe: AddressFamily, inCore: AddressFamily) => ({ address: ue[atUe], coreFamily: inCore });

  afterEach(() => lab.close());

  function expectAt(text: string, address: string): void {
    const [line] = mediaOf(text);
    expect(line).toMatchObject({ address, port: expect.any(Number) as number });
    expect(attribute(text, 'path')).toBe(`msrp://${host(address)}:${line!.port}/theirs;tcp`);
    expect(text).toMatch(new RegExp(`^o=.* IN ${familyOf(address)} `, 'm'));
  }

  describe.each(['with ICE', 'without ICE'])('a UE %s', (kind) => {
    const own = kind === 'with ICE' ? ice : [];

    test.each(cases)('H1: on $atUe, called by a core on $inCore; $order', async ({ advertised, atUe, inCore }) => {
      open({ advertised, ...(kind === 'without ICE' && { fallback: 'off' as const }) });
      const { anchor } = lab.around;
      const offer = said(core[inCore], 6000, 'a=setup:active');
      expectAt(await anchor.offer('c', 'core', offer, ends(atUe, inCore)), ours[atUe]);
      const answer = said(ue[atUe], 9, 'a=setup:active', ...own);
      expectAt(await anchor.answer('c', 'access', answer), core[inCore]);
    });

    test.each(cases)('H1: on $atUe, calls a core on $inCore; $order', async ({ advertised, atUe, inCore }) => {
      open({ advertised });
      const { anchor } = lab.around;
      const offer = said(ue[atUe], 9, 'a=setup:actpass', ...own);
      expectAt(await anchor.offer('c', 'access', offer, ends(atUe, inCore)), core[inCore]);
      const answer = said(core[inCore], 6000, 'a=setup:active');
      expectAt(await anchor.answer('c', 'core', answer), ours[atUe]);
    });
  });

  test.each(families)('H7: bytes pass between a UE on %s without ICE and a core of the other family', async (atUe) => {
    const inCore = atUe === 'IP4' ? 'IP6' : 'IP4';
    open({});
    const { anchor } = lab.around;
    const listening = await lab.listeningCore(core[inCore]);
    const offered = await anchor.offer('c', 'access', said(ue[atUe], 9, 'a=setup:active'), ends(atUe, inCore));
    const answered = await anchor.answer('c', 'core', said(core[inCore], listening.port, 'a=setup:passive'));
    const bound = atUe === 'IP4' ? '127.0.0.1' : '::1';
    const [ofUe, ofCore] = [await lab.dial(bound, mediaOf(answered)[0]!.port, ue[atUe]), await listening.arrived];
    const path = `msrp://${host(ue[atUe])}:9/theirs;tcp`;
    const text = send(attribute(answered, 'path')!, path, 'hello');
    const passed = send(
      `msrp://${host(core[inCore])}:${listening.port}/theirs;tcp`,
      attribute(offered, 'path')!,
      'hello',
    );
    await passes(ofUe, ofCore, text, passed);
  });

  describe('a core that answers in another family than it was offered', () => {
    test('H7: it listens: it is connected to from there', async () => {
      open({});
      const listening = await lab.listeningCore('::1');
      await lab.around.anchor.offer('c', 'access', said(ue.IP4, 9, 'a=setup:actpass', ...ice), ends('IP4', 'IP4'));
      await lab.around.anchor.answer('c', 'core', said('::1', listening.port, 'a=setup:passive'));
      expect((await listening.arrived).remoteAddress).toBe('::1');
    });

    test('H7: it connects: from where is not known', async () => {
      open({});
      const offer = said(ue.IP4, 9, 'a=setup:actpass', ...ice);
      const offered = await lab.around.anchor.offer('c', 'access', offer, ends('IP4', 'IP4'));
      await lab.around.anchor.answer('c', 'core', said('::1', 9, 'a=setup:active'));
      const ofCore = await lab.dial(core.IP4, mediaOf(offered)[0]!.port, '127.0.0.8');
      const ofUe = lab.overGateway();
      ofCore.write(send(attribute(offered, 'path')!, 'msrp://[::1]:9/theirs;tcp', 'hello'));
      expect(await read(ofUe, 1)).toContain('hello');
    });

    test('H7: it listens, and we have no address of that family: the session ends', async () => {
      open({ core: { addresses: [core.IP4] } });
      await lab.around.anchor.offer('c', 'access', said(ue.IP4, 9, 'a=setup:actpass', ...ice), ends('IP4', 'IP4'));
      await lab.around.anchor.answer('c', 'core', said('::1', 6000, 'a=setup:passive'));
      expect(lab.bridges.counters()).toMatchObject({ open: 0, ends: { 'core-unusable': 1 } });
    });
  });
});
