import { buildStun } from '../../lib/ice/stun-message';
import { usernameAttribute } from '../../lib/ice/stun-attribute';
import { randomBytes } from 'node:crypto';
import { check, isMedia, rtp, TcpEnd, UdpEnd, type Credentials, type MediaEnd } from './support/media-ends';
import { until } from './support/until';
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

  /**
   * From all ports to all ports of rtpengine; `known` are credentials as far as he knows them. Resolves when all is sent:
   * what rtpengine is told next, over TCP, would overtake it.
   */
  async spray(ports: readonly number[], known: Credentials): Promise<void> {
    for (const end of this.#ends) {
      for (const port of ports) {
        end.to = { address: addresses.access, port };
        for (const packet of rogueTraffic(known)) end.send(packet);
      }
    }
    await new Promise(setImmediate);
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

describeWithRtpengine('the security of media, on a real rtpengine', () => {
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
  async function nominate(
    path: 'tcp80' | 'udp',
    line: ReturnType<typeof mediaLine>,
    ufrag: string,
    priority?: number,
  ): Promise<void> {
    const credentials = { ufrag: line.ufrag ?? '', pwd: line.pwd ?? '' };
    if (path === 'udp') {
      udp.to = { address: addresses.access, port: line.port };
      ue = udp;
    } else {
      const tcp = await TcpEnd.open(parts.gateway.address()[0]!, ueAddress);
      tcps.push(tcp);
      ue = tcp;
      const selected = new Promise((resolve) => parts.anchor.once('selected', resolve));
      await ue.checked(check(credentials, ufrag, priority === undefined ? {} : { priority }));
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
    test('C11: a rogue UDP sender neither injects nor redirects: before the answer, before ICE is done, with media, on hold, after a reconnect and an ICE restart', async () => {
      const unknown = { ufrag: 'unknown', pwd: '' };
      const offered = mediaLine(await parts.anchor.offer(call, 'access', ueSdp('ueUF')));
      const ports = await parts.ports(call, 'access');
      await rogue.spray(ports, unknown);
      const answered = mediaLine(await parts.anchor.answer(call, 'core', farSdp()));
      const known = { ufrag: answered.ufrag ?? '', pwd: '' };
      expect(ports).toContain(answered.port);
      await rogue.spray(ports, known);
      await nominate(path, answered, 'ueUF');
      await onlyTheirMedia(offered);
      await rogue.spray(ports, known);
      await onlyTheirMedia(offered);

      await parts.anchor.offer(call, 'access', ueSdp('ueUF', 'a=sendonly'));
      await parts.anchor.answer(call, 'core', farSdp('a=recvonly'));
      await rogue.spray(ports, known);
      await parts.anchor.offer(call, 'access', ueSdp('ueUF'));
      await parts.anchor.answer(call, 'core', farSdp());
      await onlyTheirMedia(offered);

      if (path === 'tcp80') {
        tcps[0]!.close();
        await rogue.spray(ports, known);
        await nominate(path, answered, 'ueUF');
        await rogue.spray(ports, known);
        await onlyTheirMedia(offered);
      }

      await parts.anchor.offer(call, 'access', ueSdp('ueU2'));
      await rogue.spray(ports, known);
      await onlyTheirMedia(offered);
      const restarted = mediaLine(await parts.anchor.answer(call, 'core', farSdp()));
      await rogue.spray(ports, known);
      await rogue.spray([restarted.port], { ufrag: restarted.ufrag ?? '', pwd: '' });
      await nominate(path, restarted, 'ueU2');
      await onlyTheirMedia(offered);
      await rogue.spray([restarted.port], { ufrag: restarted.ufrag ?? '', pwd: '' });
      await onlyTheirMedia(offered);
    });

    test('C11: a rogue UDP sender neither injects nor redirects in a call to the UE', async () => {
      const offered = mediaLine(await parts.anchor.offer(call, 'core', farSdp()));
      const known = { ufrag: offered.ufrag ?? '', pwd: '' };
      const ports = [offered.port, offered.rtcpPort!];
      await rogue.spray(ports, known);
      await nominate(path, offered, 'ueUF');
      await rogue.spray(ports, known);
      const answered = mediaLine(await parts.anchor.answer(call, 'access', ueSdp('ueUF')));
      await rogue.spray(ports, known);
      await onlyTheirMedia(answered);
      await rogue.spray(ports, known);
      await onlyTheirMedia(answered);
    });
  });

  /** A call of the UE with media on the path, and what each side has of it. */
  async function established(path: 'tcp80' | 'udp', priority?: number) {
    const towardCore = mediaLine(await parts.anchor.offer(call, 'access', ueSdp('ueUF')));
    const towardUe = mediaLine(await parts.anchor.answer(call, 'core', farSdp()));
    await nominate(path, towardUe, 'ueUF', priority);
    await onlyTheirMedia(towardCore);
    return { towardCore, towardUe };
  }

  describe('S17: the UE’s media goes to the address that the last answer named', () => {
    let other: UdpEnd;
    beforeEach(async () => {
      other = await UdpEnd.open(rogueAddress);
    });
    afterEach(() => other.close());

    /** The UE sends until `end` has heard it once more; returns how much of that the other one got. */
    async function goesTo(end: UdpEnd, notTo: UdpEnd): Promise<number> {
      const before = notTo.heard.length;
      for (let i = 0; i < 10; i++) {
        sequence += 1;
        ue.send(rtp(ssrcs.ue, sequence, `UE ${sequence};`));
      }
      await end.hears(`UE ${sequence};`);
      return notTo.heard.length - before;
    }

    test.each(['tcp80', 'udp'] as const)(
      'on %s, whoever else in the core is quick, and it is heard from anywhere',
      async (path) => {
        const towardCore = mediaLine(await parts.anchor.offer(call, 'access', ueSdp('ueUF')));
        const towardUe = mediaLine(await parts.anchor.answer(call, 'core', farSdp()));
        await nominate(path, towardUe, 'ueUF');
        other.to = far.to = { address: addresses.core, port: towardCore.port };
        other.send(rtp(0x33333333, 1, 'quick;'));
        await ue.hears('quick;');
        expect(await goesTo(far, other)).toBe(0);

        // Another fork answers, and is silent; the first one sends once more.
        await parts.anchor.answer(call, 'core', sdp(rogueAddress, `m=audio ${other.port} RTP/AVP 0`));
        far.send(rtp(ssrcs.far, 1, 'once more;'));
        await ue.hears('once more;');
        expect(await goesTo(other, far)).toBe(0);
      },
    );

    test('with CORE_MEDIA_TO=heard to whom is heard: a core behind a NAT, or whoever is quick', async () => {
      const anchor = parts.another({ learnsCore: true });
      const towardCore = mediaLine(await anchor.offer(call, 'access', ueSdp('ueUF')));
      const towardUe = mediaLine(await anchor.answer(call, 'core', farSdp()));
      await nominate('udp', towardUe, 'ueUF');
      other.to = { address: addresses.core, port: towardCore.port };
      other.send(rtp(0x33333333, 1, 'from behind a NAT;'));
      await ue.hears('from behind a NAT;');
      expect(await goesTo(other, far)).toBe(0);
      await anchor.close();
    });

    test('in a call to the UE, too', async () => {
      const offered = mediaLine(await parts.anchor.offer(call, 'core', farSdp()));
      await nominate('tcp80', offered, 'ueUF');
      const answered = mediaLine(await parts.anchor.answer(call, 'access', ueSdp('ueUF')));
      other.to = { address: addresses.core, port: answered.port };
      other.send(rtp(0x33333333, 1, 'quick;'));
      await ue.hears('quick;');
      expect(await goesTo(far, other)).toBe(0);
    });
  });

  describe('another client of TCP 80', () => {
    async function getsNothing(firstFrame: Buffer): Promise<void> {
      const other = await TcpEnd.open(parts.gateway.address()[0]!, rogueAddress);
      tcps.push(other);
      other.send(firstFrame);
      other.send(rtp(ssrcs.ue, 100, 'rogue as the UE'));
      await other.isClosed();
      expect(other.socket.bytesRead).toBe(0);
    }

    test.each<[string, (known: Credentials) => Buffer]>([
      ['the ufrag but not the password', (known) => check({ ...known, pwd: 'rogue-password-of-some-length' }, 'ueUF')],
      ['no ufrag', () => check({ ufrag: 'nobody00', pwd: 'rogue-password-of-some-length' }, 'ueUF')],
      ['media instead of a check', () => rtp(ssrcs.ue, 99, 'rogue as the UE')],
    ])('C3, C11: with %s is disconnected without a byte, and the UE keeps its media', async (_, firstFrame) => {
      const { towardCore, towardUe } = await established('tcp80');
      await getsNothing(firstFrame({ ufrag: towardUe.ufrag ?? '', pwd: '' }));
      await onlyTheirMedia(towardCore);
      expect(tcps[0]!.socket.closed).toBe(false);
    });

    test('E2, C11: with a nominating check of the UE that it overheard it gets nothing, and the UE keeps its media', async () => {
      const { towardCore, towardUe } = await established('tcp80');
      const overheard = check({ ufrag: towardUe.ufrag ?? '', pwd: towardUe.pwd ?? '' }, 'ueUF');
      await ue.checked(overheard);
      await getsNothing(overheard);
      await onlyTheirMedia(towardCore);
      expect(tcps[0]!.socket.closed).toBe(false);
    });
  });

  /** One packet of each first byte, and others that are no media; each says so. */
  function noMedia({ ufrag, pwd }: Credentials): Buffer[] {
    const stun = check({ ufrag, pwd }, 'ueUF');
    const firstBytes = Array.from({ length: 256 }, (_, first) => first).filter((first) => first < 128 || first > 191);
    return [
      ...firstBytes.map((first) => Buffer.concat([Buffer.from([first]), Buffer.from(`no media ${first}`.padEnd(40))])),
      // Without FINGERPRINT, which is the last attribute.
      stun.subarray(0, stun.length - 8),
      Buffer.concat([Buffer.from([22, 254, 253]), Buffer.from('no media: ClientHello'.padEnd(64))]),
      Buffer.from([0x80]),
      Buffer.from([0x80, 0, 0, 1, 0, 0]),
      rtp(ssrcs.ue, 1, '').subarray(0, 11),
    ];
  }

  test('D2: what is no RTP does not pass from TCP 80 into the core', async () => {
    const { towardCore, towardUe } = await established('tcp80');
    far.received.length = 0;
    for (const packet of noMedia({ ufrag: towardUe.ufrag ?? '', pwd: towardUe.pwd ?? '' })) ue.send(packet);
    await onlyTheirMedia(towardCore);
    expect(far.received.every((packet) => packet.toString('latin1').includes('UE '))).toBe(true);
  });

  // Known limits, told in docs/how-it-works.md: where one of these fails, the limit is gone.
  test('D2, a limit: what a proven UE sends over UDP beside RTP goes to its own far end, if rtpengine passes it', async () => {
    const { towardCore, towardUe } = await established('udp');
    const packets = noMedia({ ufrag: towardUe.ufrag ?? '', pwd: towardUe.pwd ?? '' });
    // A few at a time: rtpengine takes 50 packets at once and leaves the others until one more comes.
    for (let sent = 0; sent < packets.length; sent += 25) {
      for (const packet of packets.slice(sent, sent + 25)) ue.send(packet);
      sequence += 1;
      ue.send(rtp(ssrcs.ue, sequence, `UE ${sequence};`));
      await far.hears(`UE ${sequence};`);
    }
    const passed = packets.filter((packet) => far.received.some((other) => other.equals(packet)));
    // 10.5 passes all of it, releases since mr26 none.
    expect([0, packets.length]).toContain(passed.length);
    expect(rogue.media).toEqual([]);
    far.received.length = 0;
    await onlyTheirMedia(towardCore);
  });

  describe('who overhears a nominating check of TCP 80 and sends it to rtpengine over UDP', () => {
    let thief: UdpEnd;
    beforeEach(async () => {
      thief = await UdpEnd.open(rogueAddress);
    });
    afterEach(() => {
      thief.close();
    });

    /** The UE's checks; the priority is that of a peer-reflexive candidate over TCP, or over UDP. */
    const ownCheck = ({ ufrag, pwd }: ReturnType<typeof mediaLine>, priority?: number) =>
      check({ ufrag: ufrag ?? '', pwd: pwd ?? '' }, 'ueUF', priority === undefined ? {} : { priority });

    /** The thief has the media: the limit that there is. */
    async function steal(port: number, overheard: Buffer): Promise<void> {
      thief.to = { address: addresses.access, port };
      await thief.checked(overheard);
      far.send(rtp(ssrcs.far, ++sequence, `far ${sequence};`));
      await thief.hears(`far ${sequence};`);
    }

    /** Both, as the UE, and the far end send, for so many ms or until `isDone`. */
    async function bothSend(ms: number, isDone = () => false): Promise<void> {
      const end = Date.now() + ms;
      await until('that time has passed', ms + 5000, () => {
        sequence += 1;
        far.send(rtp(ssrcs.far, sequence, `far ${sequence};`));
        ue.send(rtp(ssrcs.ue, sequence, `UE ${sequence};`));
        if (thief.to.address !== '') thief.send(rtp(0x66666666, sequence, `thief ${sequence};`));
        return Date.now() >= end || isDone() ? true : undefined;
      });
    }

    /** A silent far end would hide where the media goes; the UE does what it does until it hears the far end. */
    async function wonBackBy(act: () => void): Promise<void> {
      const heard = ue.heard.length;
      let pass = 0;
      await until('the UE has its media again', 15_000, () => {
        if (pass++ % 10 === 0) act();
        far.send(rtp(ssrcs.far, ++sequence, `far ${sequence};`));
        return ue.heard.length > heard ? true : undefined;
      });
    }

    /** The media is the UE's alone, and the same check steals nothing any more. */
    async function stays(towardCore: ReturnType<typeof mediaLine>, overheard: Buffer): Promise<void> {
      await thief.checked(overheard);
      thief.received.length = 0;
      far.received.length = 0;
      ue.received.length = 0;
      await onlyTheirMedia(towardCore);
      expect(thief.heard).toEqual([]);
    }

    // Of TCP: libwebrtc's, which the gateway has seen; of UDP: overheard where a firewall drops it.
    test.each([
      ['over TCP', 1350565887],
      ['over UDP', 1862270975],
    ])(
      'C18, X8: gets the media until the UE nominates its connection once more; a check made for a candidate %s',
      async (_, priority) => {
        const { towardCore, towardUe } = await established('tcp80', 1350565887);
        const overheard = ownCheck(towardUe, priority);
        await steal(towardUe.port, overheard);
        await wonBackBy(() => ue.send(ownCheck(towardUe, 1350565887)));
        await stays(towardCore, overheard);
      },
    );

    test('C18, X8: gets the media until the UE has sent some of its own', async () => {
      const { towardCore, towardUe } = await established('tcp80');
      const overheard = ownCheck(towardUe);
      await steal(towardUe.port, overheard);
      await wonBackBy(() => ue.send(rtp(ssrcs.ue, sequence, `UE ${sequence};`)));
      await stays(towardCore, overheard);
    });

    /** The UE's address is none of its candidates, as behind a NAT; both send, and rtpengine is asked now and then. */
    test.each(['udp', 'tcp80'] as const)(
      'C18: and keeps sending RTP: the UE, on %s, is offered an ICE restart, and the media is its own again',
      async (path) => {
        const behindNat = (ufrag: string) => ueSdp(ufrag).replaceAll(ueAddress, '10.9.9.9');
        const towardCore = mediaLine(await parts.anchor.offer(call, 'access', behindNat('ueUF')));
        const towardUe = mediaLine(await parts.anchor.answer(call, 'core', farSdp()));
        await nominate(path, towardUe, 'ueUF');
        await onlyTheirMedia(towardCore);
        let cause: string | undefined;
        parts.anchor.once('restart-due', (_, its) => (cause = its));
        await bothSend(1200);
        const overheard = ownCheck(towardUe);
        thief.to = { address: addresses.access, port: towardUe.port };
        await thief.checked(overheard);
        // On TCP with 10.5 it is the UE's again for good, and nothing is due.
        let heard = 0;
        let quiet = 0;
        await bothSend(60_000, () => {
          quiet = thief.heard.length === heard ? quiet + 1 : 0;
          heard = thief.heard.length;
          return cause !== undefined || quiet === 500;
        });
        if (path === 'udp') expect(cause).toBe('two-senders');
        if (cause === undefined) return;

        const offered = mediaLine((await parts.anchor.restartIce(call)) ?? '');
        await parts.anchor.answer(call, 'access', behindNat('ueU2'));
        // That TCP has the media is told once the UE was heard there.
        await Promise.all([nominate(path, offered, 'ueU2'), bothSend(3000)]);
        far.received.length = 0;
        thief.send(overheard);
        thief.received.length = 0;
        ue.received.length = 0;
        await bothSend(1000);
        expect([thief.heard, far.heard.filter((packet) => packet.includes('thief'))]).toEqual([[], []]);
        expect(ue.heard.length).toBeGreaterThan(0);
      },
      120_000,
    );

    test('C18, X8: gets the media until the UE comes back on another connection', async () => {
      const { towardCore, towardUe } = await established('tcp80');
      const overheard = ownCheck(towardUe);
      await steal(towardUe.port, overheard);
      tcps[0]!.close();
      await nominate('tcp80', towardUe, 'ueUF');
      await wonBackBy(() => undefined);
      await stays(towardCore, overheard);
    });
  });

  test('C11: a victim that the SDP of a UE with ICE names gets no packet, before ICE is done nor after', async () => {
    const victim = await UdpEnd.open(rogueAddress);
    try {
      const named = ueSdp('ueUF').replaceAll(ueAddress, rogueAddress).replaceAll(` ${udp.port} `, ` ${victim.port} `);
      const towardCore = mediaLine(await parts.anchor.offer(call, 'access', named));
      const towardUe = mediaLine(await parts.anchor.answer(call, 'core', farSdp()));
      far.to = { address: addresses.core, port: towardCore.port };
      for (let i = 0; i < 20; i++) far.send(rtp(ssrcs.far, i, 'far, before ICE'));
      await nominate('tcp80', towardUe, 'ueUF');
      await onlyTheirMedia(towardCore);
      expect(victim.received).toEqual([]);
    } finally {
      victim.close();
    }
  });

  test('A5, B10: audio and video of one call, each over a connection of its own to TCP 80', async () => {
    const video = await UdpEnd.open(farAddress);
    try {
      const format = ['m=video 9 RTP/AVP 96', 'a=rtpmap:96 H264/90000'];
      const ueVideo = ueSdp('ueVI').slice(ueSdp('ueVI').indexOf('m=audio'));
      const offer = `${ueSdp('ueUF')}${ueVideo.replace(/m=audio (\d+) RTP\/AVP 0/, 'm=video $1 RTP/AVP 96\r\na=rtpmap:96 H264/90000')}`;
      const offered = await parts.anchor.offer(call, 'access', offer);
      const theirs = farSdp(format[0]!.replace(' 9 ', ` ${video.port} `), format[1]!);
      const answered = await parts.anchor.answer(call, 'core', theirs);
      await nominate('tcp80', mediaLine(answered, 0), 'ueUF');
      const audioEnd = ue;
      await nominate('tcp80', mediaLine(answered, 1), 'ueVI');
      const videoEnd = ue;
      video.to = { address: addresses.core, port: mediaLine(offered, 1).port };
      videoEnd.send(rtp(3, 1, 'UE video'));
      video.send(rtp(4, 1, 'far video'));
      await Promise.all([video.hears('UE video'), videoEnd.hears('far video')]);
      ue = audioEnd;
      await onlyTheirMedia(mediaLine(offered, 0));
      expect(video.heard).toHaveLength(1);
      expect(videoEnd.heard).toHaveLength(1);
    } finally {
      video.close();
    }
  });

  describe('X9: a UE without ICE, and a stranger who sends RTP to its port', () => {
    let stranger: UdpEnd;
    beforeEach(async () => {
      stranger = await UdpEnd.open(rogueAddress);
      ue = udp;
    });
    afterEach(() => {
      stranger.close();
    });

    /** @param saysAddress what its SDP says; its SIP comes from `ueAddress` */
    async function plainCall(direction: 'called' | 'calling', saysAddress: string) {
      const said = sdp(saysAddress, `m=audio ${udp.port} RTP/AVP 0`);
      const place = { address: ueAddress };
      const [from, first, second] =
        direction === 'calling' ? (['access', said, farSdp()] as const) : (['core', farSdp(), said] as const);
      const offered = mediaLine(await parts.anchor.offer(call, from, first, place));
      const answered = mediaLine(await parts.anchor.answer(call, from === 'core' ? 'access' : 'core', second));
      const [towardCore, towardUe] = direction === 'calling' ? [offered, answered] : [answered, offered];
      far.to = { address: addresses.core, port: towardCore.port };
      udp.to = stranger.to = { address: addresses.access, port: towardUe.port };
      return towardCore;
    }

    /** Packets of both, for so many ms; 4 s are past the time in which rtpengine learns. */
    async function during(ms: number, ...senders: UdpEnd[]): Promise<void> {
      await until('that time has passed', ms + 5000, () => {
        sequence += 1;
        far.send(rtp(ssrcs.far, sequence, `far ${sequence};`));
        for (const end of senders)
          end.send(end === udp ? rtp(ssrcs.ue, sequence, 'UE ') : rtp(0x66666666, sequence, 'stranger'));
        return (ms -= 20) <= 0 ? true : undefined;
      });
    }

    const ofStranger = () => far.heard.filter((packet) => packet.includes('stranger'));

    test.each(['called', 'calling'] as const)(
      'gets nothing and reaches nobody where the SDP names the address of the SIP: the UE, %s, is silent, then talks',
      async (direction) => {
        const towardCore = await plainCall(direction, ueAddress);
        await during(4000, stranger);
        await during(500, udp, stranger);
        await onlyTheirMedia(towardCore);
        expect([stranger.heard, ofStranger()]).toEqual([[], []]);
      },
    );

    test('gets nothing and reaches nobody once rtpengine has learnt where a UE behind a NAT sends from', async () => {
      const towardCore = await plainCall('calling', '10.9.9.9');
      await during(4000, udp);
      await during(1000, udp, stranger);
      await onlyTheirMedia(towardCore);
      expect([stranger.heard, ofStranger()]).toEqual([[], []]);
    });

    // A known limit, told in docs/how-it-works.md: where it fails, the limit is gone.
    test('a limit: gets the media of a UE behind a NAT that has sent nothing', async () => {
      await plainCall('calling', '10.9.9.9');
      await during(500, stranger);
      expect(stranger.heard.length).toBeGreaterThan(0);
    });
  });

  test('C11: a called UE without ICE has its media, and a rogue injects nothing before its answer', async () => {
    const offered = mediaLine(await parts.anchor.offer(call, 'core', farSdp(), { address: ueAddress }));
    await rogue.spray([offered.port, offered.rtcpPort!], { ufrag: offered.ufrag ?? '', pwd: '' });
    const answer = sdp(ueAddress, `m=audio ${udp.port} RTP/AVP 0`);
    const answered = mediaLine(await parts.anchor.answer(call, 'access', answer));
    udp.to = { address: addresses.access, port: offered.port };
    ue = udp;
    await onlyTheirMedia(answered);
  });
});
