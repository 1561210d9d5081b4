import { buildStun } from '../../lib/ice/stun-message';
import { usernameAttribute } from '../../lib/ice/stun-attribute';
import { randomBytes } from 'node:crypto';
import { check, isMedia, rtp, TcpEnd, UdpEnd, type Credentials, type MediaEnd } from './support/media-ends';
import { describeWithRtpengine, mediaLine, RealAnchor } from './support/real-anchor';

const addresses = { access: '127.0.0.2', core: '127.0.0.3' };
const ueAddress = '127.0.0.5';
const farAddress = '127.0.0.4';
const rogueAddress = '127.0.0.6';

const ssrcs = { ue: 0x11111111, far: 0x22222222 };

function sdp(address: string, ...lines: string[]): string {
  return ['v=0', `o=- 1 1 IN IP4 ${address}`, 's=-', `c=IN IP4 ${address}`, 't=0 0', ...lines, ''].join('\r\n');
}

/** Someone else on the access network, with sockets of several ports, who sends all that he can think of. */
class Rogue {
  readonly #ends: UdpEnd[];

  private constructor(ends: UdpEnd[]) {
    this.#ends = ends;
  }

  static async open(): Promise<Rogue> {
    return new Rogue(await Promise.all([1, 2].map(() => UdpEnd.open(rogueAddress))));
  }

  /** From all ports to all ports of rtpengine; `known` are credentials as far as he knows them. */
  spray(ports: readonly number[], known: Credentials): void {
    for (const end of this.#ends) {
      for (const port of ports) {
        end.to = { address: addresses.access, port };
        for (const packet of rogueTraffic(known)) end.send(packet);
      }
    }
  }

  /** What of it is RTP or RTCP. */
  get media(): Buffer[] {
    return this.#ends.flatMap(({ received }) => received).filter(isMedia);
  }

  close(): void {
    for (const end of this.#ends) end.close();
  }
}

function rogueTraffic(known: Credentials): Buffer[] {
  const wrongPassword = { ...known, pwd: 'rogue-password-of-some-length' };
  const unsigned = buildStun({
    class: 'request',
    transactionId: randomBytes(12),
    attributes: [usernameAttribute(`${known.ufrag}:rogue`)],
  });
  return [
    rtp(0x66666666, 1, 'rogue'),
    // As if it were the UE: its SSRC, and the next sequence number.
    rtp(ssrcs.ue, 100, 'rogue as the UE'),
    Buffer.concat([Buffer.from([0x80, 200, 0, 6]), Buffer.from('rogue SR'.padEnd(24))]),
    check(wrongPassword, 'rogue'),
    unsigned,
    // Without FINGERPRINT, which is the last attribute.
    unsigned.subarray(0, unsigned.length - 8),
    Buffer.concat([Buffer.from([22, 254, 253]), Buffer.from('rogue ClientHello'.padEnd(64))]),
    Buffer.from('rogue garbage'),
    Buffer.from([0]),
    Buffer.alloc(0),
    ...[4, 64, 127, 192, 255].map((first) => Buffer.concat([Buffer.from([first]), Buffer.from('rogue'.padEnd(40))])),
  ];
}

describeWithRtpengine('a rogue UDP sender, at every time of a call', () => {
  let parts: RealAnchor;
  let rogue: Rogue;
  let far: UdpEnd;
  let udp: UdpEnd;
  let ue: MediaEnd;
  let tcps: TcpEnd[];
  let calls = 0;
  let call: string;
  let sequence: number;

  beforeAll(async () => {
    parts = await RealAnchor.start(addresses);
  });
  afterAll(async () => {
    await parts.close();
  });
  beforeEach(async () => {
    call = `media-security-${process.pid}-${calls++}`;
    sequence = 0;
    tcps = [];
    [rogue, far, udp] = await Promise.all([Rogue.open(), UdpEnd.open(farAddress), UdpEnd.open(ueAddress)]);
  });
  afterEach(async () => {
    await parts.anchor.release(call);
    for (const end of [rogue, far, udp, ...tcps]) end.close();
  });

  const ueSdp = (ufrag: string, ...more: string[]) =>
    sdp(
      ueAddress,
      `m=audio ${udp.port} RTP/AVP 0`,
      `a=ice-ufrag:${ufrag}`,
      `a=ice-pwd:uepwduepwduepwduepwd${ufrag}`,
      `a=candidate:1 1 UDP 2130706431 ${ueAddress} ${udp.port} typ host`,
      `a=candidate:2 1 TCP 1518280447 ${ueAddress} 9 typ host tcptype active`,
      'a=rtcp-mux',
      ...more,
    );
  const farSdp = (...more: string[]) => sdp(farAddress, `m=audio ${far.port} RTP/AVP 0`, ...more);

  /** ICE of the UE, by the way that is tested. */
  async function nominate(path: 'tcp80' | 'udp', line: ReturnType<typeof mediaLine>, ufrag: string): Promise<void> {
    const credentials = { ufrag: line.ufrag ?? '', pwd: line.pwd ?? '' };
    if (path === 'udp') {
      udp.to = { address: addresses.access, port: line.port };
      ue = udp;
    } else {
      const tcp = await TcpEnd.open(parts.gateway.address()[0]!, ueAddress);
      tcps.push(tcp);
      ue = tcp;
      const selected = new Promise((resolve) => parts.anchor.once('selected', resolve));
      await ue.checked(check(credentials, ufrag));
      await selected;
      return;
    }
    await ue.checked(check(credentials, ufrag));
  }

  /** Media passes both ways, and nothing but that: what the rogue sent before has reached nobody. */
  async function onlyTheirMedia(towardCore: ReturnType<typeof mediaLine>): Promise<void> {
    far.to = { address: addresses.core, port: towardCore.port };
    for (let i = 0; i < 5; i++) {
      sequence += 1;
      ue.send(rtp(ssrcs.ue, sequence, `UE ${sequence};`));
      far.send(rtp(ssrcs.far, sequence, `far ${sequence};`));
      await far.hears(`UE ${sequence};`);
      await ue.hears(`far ${sequence};`);
    }
    expect(far.heard.filter((packet) => !packet.includes('UE '))).toEqual([]);
    expect(ue.heard.filter((packet) => !packet.includes('far '))).toEqual([]);
    expect(rogue.media).toEqual([]);
  }

  describe.each(['tcp80', 'udp'] as const)('media on %s', (path) => {
    test('C11: neither injects nor redirects: before the answer, before ICE is done, with media, on hold, after a reconnect and an ICE restart', async () => {
      const unknown = { ufrag: 'unknown', pwd: '' };
      const offered = mediaLine(await parts.anchor.offer(call, 'access', ueSdp('ueUF')));
      const ports = await parts.ports(call, 'access');
      rogue.spray(ports, unknown);
      const answered = mediaLine(await parts.anchor.answer(call, 'core', farSdp()));
      const known = { ufrag: answered.ufrag ?? '', pwd: '' };
      expect(ports).toContain(answered.port);
      rogue.spray(ports, known);
      await nominate(path, answered, 'ueUF');
      await onlyTheirMedia(offered);
      rogue.spray(ports, known);
      await onlyTheirMedia(offered);

      await parts.anchor.offer(call, 'access', ueSdp('ueUF', 'a=sendonly'));
      await parts.anchor.answer(call, 'core', farSdp('a=recvonly'));
      rogue.spray(ports, known);
      await parts.anchor.offer(call, 'access', ueSdp('ueUF'));
      await parts.anchor.answer(call, 'core', farSdp());
      await onlyTheirMedia(offered);

      if (path === 'tcp80') {
        tcps[0]!.close();
        rogue.spray(ports, known);
        await nominate(path, answered, 'ueUF');
        rogue.spray(ports, known);
        await onlyTheirMedia(offered);
      }

      await parts.anchor.offer(call, 'access', ueSdp('ueU2'));
      rogue.spray(ports, known);
      await onlyTheirMedia(offered);
      const restarted = mediaLine(await parts.anchor.answer(call, 'core', farSdp()));
      rogue.spray(ports, known);
      rogue.spray([restarted.port], { ufrag: restarted.ufrag ?? '', pwd: '' });
      await nominate(path, restarted, 'ueU2');
      await onlyTheirMedia(offered);
      rogue.spray([restarted.port], { ufrag: restarted.ufrag ?? '', pwd: '' });
      await onlyTheirMedia(offered);
    });

    test('C11: neither injects nor redirects in a call to the UE', async () => {
      const offered = mediaLine(await parts.anchor.offer(call, 'core', farSdp()));
      const known = { ufrag: offered.ufrag ?? '', pwd: '' };
      const ports = [offered.port, offered.rtcpPort!];
      rogue.spray(ports, known);
      await nominate(path, offered, 'ueUF');
      rogue.spray(ports, known);
      const answered = mediaLine(await parts.anchor.answer(call, 'access', ueSdp('ueUF')));
      rogue.spray(ports, known);
      await onlyTheirMedia(answered);
      rogue.spray(ports, known);
      await onlyTheirMedia(answered);
    });
  });

  test('C11: a called UE without ICE has its media, and a rogue injects nothing before its answer', async () => {
    const offered = mediaLine(await parts.anchor.offer(call, 'core', farSdp()));
    rogue.spray([offered.port, offered.rtcpPort!], { ufrag: offered.ufrag ?? '', pwd: '' });
    const answer = sdp(ueAddress, `m=audio ${udp.port} RTP/AVP 0`);
    const answered = mediaLine(await parts.anchor.answer(call, 'access', answer));
    udp.to = { address: addresses.access, port: offered.port };
    ue = udp;
    await onlyTheirMedia(answered);
  });
});
