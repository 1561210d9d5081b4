import { networks, placesOn } from '../unit/media-networks';
import { controlTexts } from '../unit/gateway/control-texts';
import { check, rtp, TcpEnd, UdpEnd, type MediaEnd } from './support/media-ends';
import { describeWithRtpengine, mediaLine, RealAnchor } from './support/real-anchor';

const addresses = { access: '127.0.0.2', core: '127.0.0.3' };
const ueAddress = '127.0.0.5';
const farAddress = '127.0.0.4';
/** Of this machine, and nothing of the core. */
const elsewhere = '127.0.0.7';

const sdp = (address: string, ...lines: string[]) =>
  ['v=0', `o=- 1 1 IN IP4 ${address}`, 's=-', `c=IN IP4 ${address}`, 't=0 0', ...lines, ''].join('\r\n');

describeWithRtpengine('where a real rtpengine is told to send media to', () => {
  const closedPorts = new Map<number, 'sip-port' | 'control-port'>();
  const coreMedia = networks(farAddress, addresses.core, ueAddress);
  let parts: RealAnchor;
  let calls = 0;
  let call: string;
  let far: UdpEnd;
  let udp: UdpEnd;
  /** A service of this machine, and one of a host that has media of the core. */
  let services: UdpEnd[];
  let ends: MediaEnd[];

  beforeAll(async () => {
    parts = await RealAnchor.start(addresses, placesOn([], { coreMedia, closedPorts }));
  });
  afterAll(() => parts.close());
  beforeEach(async () => {
    call = `media-places-${process.pid}-${calls++}`;
    far = await UdpEnd.open(farAddress);
    udp = await UdpEnd.open(ueAddress);
    services = [await UdpEnd.open(elsewhere), await UdpEnd.open(farAddress)];
    ends = [far, udp, ...services];
    closedPorts.set(services[1]!.port, 'control-port');
  });
  afterEach(async () => {
    await parts.anchor.release(call);
    closedPorts.clear();
    for (const end of ends) (end as UdpEnd | TcpEnd).close();
  });

  const ueSdp = (...more: string[]) =>
    sdp(
      ueAddress,
      `m=audio ${udp.port} RTP/AVP 0`,
      ...['a=ice-ufrag:ueUF', 'a=ice-pwd:uepwduepwduepwduepwd12', 'a=rtcp-mux'],
      `a=candidate:1 1 UDP 2130706431 ${ueAddress} ${udp.port} typ host`,
      ...more,
    );
  const farSdp = (...more: string[]) => sdp(farAddress, `m=audio ${far.port} RTP/AVP 0`, ...more);

  /** All that names one of the services. */
  function misplaced(): string[] {
    const [own, theirs] = [services[0]!.port, services[1]!.port];
    return [
      sdp(elsewhere, `m=audio ${own} RTP/AVP 0`),
      farSdp().replace(/m=audio \d+/, `m=audio ${theirs}`),
      farSdp().replace(/m=audio \d+/, `m=audio ${theirs - 1}`),
      farSdp(`c=IN IP6 ::ffff:${elsewhere}`).replace(/m=audio \d+/, `m=audio ${own}`),
      farSdp(`a=rtcp:${own} IN IP4 ${elsewhere}`),
      farSdp(`a=rtcp:${theirs}`),
    ];
  }

  async function nominated(path: 'udp' | 'tcp80', line: ReturnType<typeof mediaLine>): Promise<MediaEnd> {
    const request = check({ ufrag: line.ufrag ?? '', pwd: line.pwd ?? '' }, 'ueUF');
    if (path === 'udp') {
      udp.to = { address: addresses.access, port: line.port };
      await udp.checked(request);
      return udp;
    }
    const tcp = await TcpEnd.open(parts.gateway.address()[0]!, ueAddress);
    ends.push(tcp);
    const selected = new Promise((resolve) => parts.anchor.once('selected', resolve));
    await tcp.checked(request);
    await selected;
    return tcp;
  }

  let sequence = 0;
  /** Media and RTCP of the UE, with text for services in between; the core hears what is heard last. */
  async function speaks(ue: MediaEnd): Promise<void> {
    for (const [, packet] of controlTexts()) ue.send(packet);
    ue.send(Buffer.concat([Buffer.from([0x80, 200, 0, 6]), Buffer.alloc(24)]));
    sequence += 1;
    ue.send(rtp(0x11111111, sequence, `UE ${sequence};`));
    await far.hears(`UE ${sequence};`);
  }

  const received = () => services.map((service) => service.received);

  describe.each(['udp', 'tcp80'] as const)('of a UE on %s', (path) => {
    test('X1, X2: an answer, a fork, a re-INVITE and its answer that name a service: it gets no byte', async () => {
      await parts.anchor.offer(call, 'access', ueSdp());
      for (const text of misplaced()) await expect(parts.anchor.answer(call, 'core', text)).rejects.toThrow();
      const answered = mediaLine(await parts.anchor.answer(call, 'core', farSdp()));
      const ue = await nominated(path, answered);
      await speaks(ue);
      for (const text of misplaced()) {
        await expect(parts.anchor.answer(call, 'core', text)).rejects.toThrow();
        await expect(parts.anchor.offer(call, 'core', text)).rejects.toThrow();
        await speaks(ue);
      }
      await parts.anchor.offer(call, 'access', ueSdp());
      for (const text of misplaced()) await expect(parts.anchor.answer(call, 'core', text)).rejects.toThrow();
      await parts.anchor.rollback(call);
      await speaks(ue);
      expect(received()).toEqual([[], []]);
    });

    test('X1, X2: two lines, of which one names a service: that one is declined, and the other has its media', async () => {
      const video = ['m=video 7000 RTP/AVP 96', 'a=rtpmap:96 H264/90000'];
      for (const text of misplaced()) {
        const name = `${call}-${calls++}`;
        const offer = ueSdp(...video, 'a=ice-ufrag:ueVI', 'a=ice-pwd:uepwduepwduepwduepwd34', 'a=rtcp-mux');
        const offered = await parts.anchor.offer(name, 'access', offer);
        const theirs = text.replace('m=audio', `m=audio ${far.port} RTP/AVP 0\r\nc=IN IP4 ${farAddress}\r\nm=video`);
        const answered = await parts.anchor.answer(name, 'core', theirs.replace(/(m=video \d+ RTP\/AVP) 0/, '$1 96'));
        expect([mediaLine(offered, 1).port, mediaLine(answered, 1).port]).toEqual([expect.any(Number), 0]);
        const ue = await nominated(path, mediaLine(answered));
        await speaks(ue);
        await parts.anchor.release(name);
      }
      expect(received()).toEqual([[], []]);
    });

    test('N1: a core on hold by 0.0.0.0 has nothing sent to its port on loopback', async () => {
      await parts.anchor.offer(call, 'access', ueSdp());
      const answered = mediaLine(await parts.anchor.answer(call, 'core', farSdp()));
      const ue = await nominated(path, answered);
      await speaks(ue);
      const service = await UdpEnd.open('127.0.0.1');
      ends.push(service);
      const held = farSdp(`a=rtcp:${service.port} IN IP4 127.0.0.1`).replace(/c=.*/, 'c=IN IP4 0.0.0.0');
      await parts.anchor.offer(call, 'core', held.replace(/m=audio \d+/, `m=audio ${service.port}`));
      await parts.anchor.answer(call, 'access', ueSdp());
      for (let i = 0; i < 5; i++) {
        ue.send(rtp(0x11111111, 1000 + i, 'UE, on hold'));
        ue.send(Buffer.concat([Buffer.from([0x80, 200, 0, 6]), Buffer.alloc(24)]));
      }
      await parts.anchor.offer(call, 'core', farSdp());
      await parts.anchor.answer(call, 'access', ueSdp());
      await speaks(ue);
      expect(service.received).toEqual([]);
    });
  });

  test('N1: a UE without ICE that names a service at its own address: it gets no byte', async () => {
    const service = await UdpEnd.open(ueAddress);
    ends.push(service);
    closedPorts.set(service.port, 'sip-port');
    const ueWithout = sdp(ueAddress, `m=audio ${service.port} RTP/AVP 0`, `a=rtcp:${service.port}`);
    const towardCore = mediaLine(await parts.anchor.offer(call, 'access', ueWithout, { address: ueAddress }));
    const towardUe = mediaLine(await parts.anchor.answer(call, 'core', farSdp()));
    far.to = { address: addresses.core, port: towardCore.port };
    for (let i = 0; i < 5; i++) far.send(rtp(0x22222222, i, 'far'));
    // It is heard, and then has its media where it is.
    udp.to = { address: addresses.access, port: towardUe.port };
    await speaks(udp);
    far.send(rtp(0x22222222, 10, 'far 10;'));
    await udp.hears('far 10;');
    expect(service.received).toEqual([]);
  });
});

describeWithRtpengine('a real rtpengine with one address for both sides', () => {
  const shared = '127.0.0.8';
  let parts: RealAnchor;
  let far: UdpEnd;
  let ues: [UdpEnd, UdpEnd];

  beforeAll(async () => {
    const coreMedia = networks(farAddress, shared, ueAddress);
    parts = await RealAnchor.start({ access: shared, core: shared }, placesOn([], { coreMedia }));
  });
  afterAll(() => parts.close());
  beforeEach(async () => {
    far = await UdpEnd.open(farAddress);
    ues = [await UdpEnd.open(ueAddress), await UdpEnd.open(ueAddress)];
  });
  afterEach(async () => {
    for (const call of ['one', 'other']) await parts.anchor.release(call);
    for (const end of [far, ...ues]) end.close();
  });

  const of = (address: string, port: number) => sdp(address, `m=audio ${port} RTP/AVP 0`);
  /** Its SDP does not say where it is: rtpengine learns that from the first who sends. */
  const behindNat = ({ port }: UdpEnd) => of('10.9.9.9', port);

  test('N1: an SDP of the core that names what a UE sends to is refused: media would go round there for ever', async () => {
    const towardCore = mediaLine(await parts.anchor.offer('one', 'access', behindNat(ues[0]), { address: ueAddress }));
    const towardUe = mediaLine(await parts.anchor.answer('one', 'core', of(farAddress, far.port)));
    const circle = of(shared, towardUe.port);
    await parts.anchor.offer('one', 'access', behindNat(ues[0]));
    await expect(parts.anchor.answer('one', 'core', circle)).rejects.toMatchObject({ sipStatus: 488 });
    await parts.anchor.rollback('one');
    ues[0].to = { address: shared, port: towardUe.port };
    ues[0].send(rtp(0x11111111, 1, 'UE 1;'));
    await far.hears('UE 1;');
    far.to = { address: shared, port: towardCore.port };
    far.send(rtp(0x22222222, 1, 'far 1;'));
    await ues[0].hears('far 1;');
  });

  test('N1: two UEs of the edge that call each other hear each other', async () => {
    const [caller, callee] = ues;
    const invite = await parts.anchor.offer('one', 'access', behindNat(caller), { address: ueAddress });
    const toCallee = mediaLine(await parts.anchor.offer('other', 'core', invite, { address: ueAddress }));
    const answer = await parts.anchor.answer('other', 'access', behindNat(callee));
    const toCaller = mediaLine(await parts.anchor.answer('one', 'core', answer));
    caller.to = { address: shared, port: toCaller.port };
    callee.to = { address: shared, port: toCallee.port };
    callee.send(rtp(0x22222222, 1, 'before it is known where the caller is'));
    caller.send(rtp(0x11111111, 1, 'caller 1;'));
    await callee.hears('caller 1;');
    callee.send(rtp(0x22222222, 2, 'callee 2;'));
    await caller.hears('callee 2;');
  });
});
