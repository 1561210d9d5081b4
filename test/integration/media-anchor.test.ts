import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import { TcpGateway } from '../../lib/gateway/tcp-gateway';
import { buildBindingRequest } from '../../lib/ice/binding';
import { LocalMediaAnchor } from '../../lib/media/local-media-anchor';
import { PlacedMedia } from '../../lib/media/placed-media';
import type { SelectedPath, Side } from '../../lib/media/media-anchor';
import { LocalDaemon } from '../../lib/rtpengine/local-daemon';
import { parseControlUrl } from '../../lib/rtpengine/control-address';
import { NgClient } from '../../lib/rtpengine/ng-client';
import { RtpenginePool } from '../../lib/rtpengine/pool';
import { parseSdp } from '../../lib/sdp/sdp';
import { viewSession, type MediaView } from '../../lib/sdp/session-view';
import { NamedCalls } from '../unit/media/named-calls';
import { trialPlaces } from '../unit/media-networks';
import { rtpengineBundles, rtpengineProgram } from './support/rtpengine';
import { until } from './support/until';

const access = '127.0.0.2';
const core = '127.0.0.3';
const logger = pino({ level: 'silent' });
const missing = spawnSync('which', [rtpengineProgram()]).status !== 0;

/** Without rtpengine the tests are skipped and the reason is told; with CI set they fail. */
function describeWithRtpengine(name: string, tests: () => void): void {
  if (!missing || process.env['CI']) {
    describe(name, tests);
    return;
  }
  // jest says nothing of a file whose tests are all skipped.
  process.stderr.write(`SKIPPED: ${name}: rtpengine is not installed.\n`);
  describe.skip(name, tests);
}

function sdp(side: Side, ...lines: string[]): string {
  const address = side === 'access' ? '127.0.0.1' : '127.0.0.4';
  return ['v=0', `o=${side} 1 1 IN IP4 ${address}`, 's=-', `c=IN IP4 ${address}`, 't=0 0', ...lines, ''].join('\r\n');
}

const credentials = ['a=ice-ufrag:ueUF', 'a=ice-pwd:uepwduepwduepwduepwd12'];
const ueIce = [
  ...credentials,
  'a=candidate:1 1 UDP 2130706431 127.0.0.1 5000 typ host',
  'a=candidate:2 1 TCP 1518280447 127.0.0.1 9 typ host tcptype active generation 0',
  'a=rtcp-mux',
];
const ue = sdp('access', 'm=audio 5000 RTP/AVP 0', ...ueIce);
const plainUe = sdp('access', 'm=audio 5000 RTP/AVP 0');
const peer = sdp('core', 'm=audio 6000 RTP/AVP 0');

function lineOf(text: string, index = 0): MediaView {
  const view = viewSession(parseSdp(text)).media[index];
  if (view === undefined) throw new Error(`no line ${index} in:\n${text}`);
  return view;
}

/** What rtpengine's query tells of one side. */
interface QueriedSide {
  medias: { flags: string[]; streams: { 'local port': number; endpoint: { address: string; port: number } }[] }[];
}

async function bound(address: string): Promise<UdpSocket> {
  const socket = createSocket('udp4');
  socket.bind(0, address);
  await once(socket, 'listening');
  return socket;
}

function rtp(payload: string): Buffer {
  return Buffer.concat([Buffer.from([0x80, 0, 0, 1, 0, 0, 0, 160, 1, 2, 3, 4]), Buffer.from(payload.padEnd(160, '.'))]);
}

async function receivedBy(socket: UdpSocket): Promise<string> {
  return ((await once(socket, 'message')) as [Buffer])[0].toString('latin1');
}

function nominatingCheck(line: MediaView, ueUfrag: string): Buffer {
  return buildBindingRequest({
    transactionId: randomBytes(12),
    username: `${line.ufrag ?? ''}:${ueUfrag}`,
    password: line.pwd ?? '',
    priority: 1518280447,
    useCandidate: true,
    tieBreaker: 1n,
  });
}

/** Resolves when rtpengine has answered. */
async function nominateOverUdp(phone: UdpSocket, line: MediaView): Promise<void> {
  phone.send(nominatingCheck(line, 'ueUF'), line.port, line.address);
  await once(phone, 'message');
}

async function flowsOverUdp(
  phone: UdpSocket,
  far: UdpSocket,
  towardUe: MediaView,
  towardCore: MediaView,
): Promise<void> {
  const atFar = receivedBy(far);
  phone.send(rtp('from the UE'), towardUe.port, towardUe.address);
  expect(await atFar).toContain('from the UE');
  const atPhone = receivedBy(phone);
  far.send(rtp('from the core'), towardCore.port, towardCore.address);
  expect(await atPhone).toContain('from the core');
}

describeWithRtpengine('the media anchor on a real rtpengine', () => {
  const placed = new PlacedMedia(trialPlaces(), logger);
  let daemon: LocalDaemon;
  let pool: RtpenginePool;
  let ng: NgClient;
  let gateway: TcpGateway;
  let anchor: NamedCalls;
  let calls = 0;
  let call: string;

  beforeAll(async () => {
    daemon = new LocalDaemon(
      {
        program: rtpengineProgram(),
        accessInterfaces: [access],
        coreInterfaces: [core],
        edge: 'test',
        ports: { first: 30_000, last: 40_000 },
        logger,
      },
      () => undefined,
    );
    const url = await daemon.start();
    pool = new RtpenginePool({ urls: [url], logger });
    ng = new NgClient({ at: parseControlUrl(url) });
    gateway = new TcpGateway({
      listen: [{ address: access, port: 0 }],
      advertised: [{ address: access, port: 80, family: 4 }],
      logger,
    });
    await gateway.listen();
  });
  afterAll(async () => {
    await gateway.close();
    ng.close();
    pool.close();
    await daemon.close();
  });

  beforeEach(() => {
    anchor = new NamedCalls(
      new LocalMediaAnchor({ rtpengine: pool, gateway, fallback: () => 'always', placed, logger }),
    );
    call = `media-anchor-${process.pid}-${calls++}`;
  });
  afterEach(async () => {
    await anchor.close();
    expect(gateway.counters().streams).toBe(0);
    await expect(pool.nodes[0]!.query(call)).rejects.toThrow('Unknown call-id');
  });

  /** Direction, ports and endpoints of the first media line, on both sides: of those that the line uses (RFC 5761). */
  async function firstLineInRtpengine(): Promise<unknown> {
    const { tags } = (await ng.request('query', { 'call-id': call })) as unknown as {
      tags: Record<string, QueriedSide>;
    };
    return Object.entries(tags).map(([side, { medias }]) => {
      const { flags = [], streams = [] } = medias[0] ?? {};
      const used = flags.includes('rtcp-mux') ? streams.slice(0, 1) : streams;
      return [side, [...flags].sort(), used.map((stream) => [stream['local port'], stream.endpoint])];
    });
  }

  /** Media of the core before a pair is nominated; resolves when rtpengine has taken it. */
  async function sendEarly(far: UdpSocket, towardCore: MediaView): Promise<void> {
    far.send(rtp('too early'), towardCore.port, towardCore.address);
    await until('rtpengine has counted a packet', 5000, async () => {
      const ofCore = (await pool.nodes[0]!.query(call))?.get('core')?.[0];
      return ofCore !== undefined && ofCore.packets > 0 ? true : undefined;
    });
  }

  /** An offer of one side and the answer of the other: what each gets. */
  async function exchange(from: Side, offer: string, answer: string): Promise<{ offered: string; answered: string }> {
    const offered = await anchor.offer(call, from, offer);
    return { offered, answered: await anchor.answer(call, from === 'access' ? 'core' : 'access', answer) };
  }

  test('A1, A3, A6, B1, B8, B11: the answer to a UE', async () => {
    const { answered } = await exchange('access', ue, peer);
    const { candidates, address, port, rtcpMux } = lineOf(answered);
    expect(candidates.map(({ transport }) => transport)).toEqual(['udp', 'tcp']);
    expect(candidates[0]).toMatchObject({ address, port });
    expect(candidates[0]!.priority).toBeGreaterThan(candidates[1]!.priority);
    expect(answered).toContain(`1 TCP 8388863 ${access} 80 typ host tcptype passive\r\n`);
    expect(answered.match(/a=ice-lite\r\n/g)).toHaveLength(1);
    expect(rtcpMux).toBe(true);
  });

  test('B9, B10: ufrag and pwd are random, long enough, and of one line alone', async () => {
    const both = (text: string) => `${text}${text.slice(text.indexOf('m='))}`;
    const seen: MediaView[] = [];
    for (let n = 0; n < 3; n++) {
      const { answered } = await exchange('access', both(ue), both(peer));
      seen.push(lineOf(answered, 0), lineOf(answered, 1));
      await anchor.release(call);
    }
    for (const { ufrag, pwd } of seen) {
      // Characters of 6 bits: 24 bits and 128 bits at least (RFC 8839 §5.4).
      expect(ufrag).toMatch(/^[A-Za-z0-9+/]{4,256}$/);
      expect(pwd).toMatch(/^[A-Za-z0-9+/]{22,256}$/);
    }
    expect(new Set(seen.map(({ ufrag }) => ufrag)).size).toBe(6);
    expect(new Set(seen.map(({ pwd }) => pwd)).size).toBe(6);
  });

  test("B19, D7: the core gets no ICE, and RTP and RTCP on separate ports; its own ICE and mux don't reach the UE", async () => {
    const coreIce = ['a=ice-ufrag:core', 'a=ice-pwd:corecorecorecorecorecore', 'a=rtcp-mux'];
    const candidate = 'a=candidate:1 1 UDP 2130706431 127.0.0.4 6000 typ host';
    const own = sdp('core', 'a=ice-lite', 'm=audio 6000 RTP/AVP 0', ...coreIce, candidate, 'a=end-of-candidates');
    for (const from of ['access', 'core'] as const) {
      const { offered, answered } = await exchange(from, from === 'access' ? ue : own, from === 'access' ? own : ue);
      const [towardCore, towardUe] = from === 'access' ? [offered, answered] : [answered, offered];
      expect(towardCore).not.toMatch(/ice|candidate|rtcp-mux|\btcp|127\.0\.0\.1\b/i);
      expect(lineOf(towardCore).rtcpPort).toBe(lineOf(towardCore).port + 1);
      expect(towardUe).not.toMatch(/127\.0\.0\.4|core/);
      expect(lineOf(towardUe).rtcpMux).toBe(true);
    }
  });

  test('G21: whatever an SDP tells of the addresses of one side, nothing of it reaches the other', async () => {
    const rich = (side: Side, ice: string[]) => {
      const at = side === 'access' ? '127.0.0.1' : '127.0.0.4';
      const told = [`a=alt:1 1 : u p ${at} 5010`, `a=source-filter: incl IN IP4 * ${at}`, `a=x-node:${at}:5060`];
      const port = side === 'access' ? 5000 : 6000;
      return sdp(
        side,
        ...[`i=from ${at}`, `u=http://${at}/`, `e=a@${at}`, 'a=tool:core 1.0', `a=x-session:${at}`],
        ...[
          `m=audio ${port} RTP/AVP 0`,
          `a=rtcp:${port + 1} IN IP4 ${at}`,
          `a=ssrc:1 cname:bob@${at}`,
          ...told,
          ...ice,
        ],
        ...[`m=video 0 RTP/AVP 96`, `c=IN IP4 ${at}`, `a=rtcp:1 IN IP4 ${at}`, ...told],
        ...[`m=application ${port + 4} TCP/BFCP *`, `c=IN IP4 ${at}`, ...told],
      ).replace('s=-', `s=call of ${at}`);
    };
    for (const from of ['access', 'core'] as const) {
      const [first, second] = from === 'access' ? (['access', 'core'] as const) : (['core', 'access'] as const);
      const iceOf = (side: Side) => (side === 'access' ? ueIce : []);
      const { offered, answered } = await exchange(from, rich(first, iceOf(first)), rich(second, iceOf(second)));
      const [towardCore, towardUe] = from === 'access' ? [offered, answered] : [answered, offered];
      expect(towardUe).not.toMatch(/127\.0\.0\.4|tool/);
      expect(towardUe).toContain('a=ssrc:1 cname:bob@0.0.0.0');
      expect(towardCore).not.toMatch(/127\.0\.0\.1\b|tool/);
      await anchor.release(call);
    }
  });

  test('G15: preconditions pass as they are, in their order', async () => {
    const asked = ['curr:qos local none', 'curr:qos remote none', 'des:qos mandatory local sendrecv'];
    const told = ['curr:qos local sendrecv', 'des:qos optional remote sendrecv', 'conf:qos remote sendrecv'];
    const written = (lines: string[]) => lines.map((line) => `a=${line}`);
    const { offered, answered } = await exchange(
      'access',
      sdp('access', 'm=audio 5000 RTP/AVP 0', ...written(asked), ...ueIce),
      sdp('core', 'm=audio 6000 RTP/AVP 0', ...written(told)),
    );
    const preconditions = (text: string) => text.split('\r\n').filter((line) => /^a=(curr|des|conf):/.test(line));
    expect(preconditions(offered)).toEqual(written(asked));
    expect(preconditions(answered)).toEqual(written(told));
  });

  test('B15: a UE without ICE gets none, in the answer', async () => {
    const { answered } = await exchange('access', plainUe, peer);
    expect(answered).not.toMatch(/ice|candidate/);
  });

  test('D6: the first offer to a UE has a port for RTCP beside rtcp-mux', async () => {
    const { offered } = await exchange('core', peer, ue);
    const { candidates, rtcpMux, port, rtcpPort } = lineOf(offered);
    expect(rtcpMux).toBe(true);
    expect(rtcpPort).toBe(port + 1);
    expect(candidates.map(({ transport, component }) => [transport, component])).toEqual([
      ['udp', 1],
      ['udp', 2],
      ['tcp', 1],
    ]);
  });

  test('D6, D7: a=rtcp-mux-only of one side gets rtcp-mux there, and is not passed on', async () => {
    const only = 'a=rtcp-mux\r\na=rtcp-mux-only\r\n';
    const ofCore = await exchange('core', peer + only, ue);
    expect(lineOf(ofCore.answered).rtcpMux).toBe(true);
    expect(lineOf(ofCore.offered).candidates.map(({ component }) => component)).toEqual([1, 2, 1]);
    await anchor.release(call);
    const ofUe = await exchange('access', `${ue}a=rtcp-mux-only\r\n`, peer);
    expect(lineOf(ofUe.answered).rtcpMux).toBe(true);
    expect(lineOf(ofUe.offered).rtcpPort).toBe(lineOf(ofUe.offered).port + 1);
    expect([ofCore, ofUe].flatMap((texts) => Object.values(texts)).join()).not.toContain('rtcp-mux-only');
  });

  test('F2: ufrag, pwd, address and TCP candidate stay the same through hold and resume from either side', async () => {
    const { answered } = await exchange('access', ue, peer);
    const first = lineOf(answered);
    const same = (text: string) => {
      const { ufrag, pwd, port, candidates } = lineOf(text);
      expect({ ufrag, pwd, port, candidates }).toEqual({
        ufrag: first.ufrag,
        pwd: first.pwd,
        port: first.port,
        candidates: first.candidates,
      });
    };
    same((await exchange('core', `${peer}a=sendonly\r\n`, `${ue}a=recvonly\r\n`)).offered);
    same((await exchange('core', peer, ue)).offered);
    same((await exchange('access', `${ue}a=sendonly\r\n`, `${peer}a=recvonly\r\n`)).answered);
    same((await exchange('access', ue, peer)).answered);
    expect(gateway.counters().streams).toBe(1);
  });

  test('E5: an ICE restart of the UE is answered with new credentials; both ufrags are open', async () => {
    const { answered } = await exchange('access', ue, peer);
    const restarted = await exchange('access', ue.replaceAll('ueUF', 'ueU2').replaceAll('uepwd', 'uepwX'), peer);
    expect(lineOf(restarted.answered).ufrag).not.toBe(lineOf(answered).ufrag);
    expect(lineOf(restarted.answered).pwd).not.toBe(lineOf(answered).pwd);
    expect(gateway.counters().streams).toBe(2);
  });

  test('F5: a UE that answered without ICE is not offered it again', async () => {
    await exchange('core', peer, plainUe);
    expect(await anchor.offer(call, 'core', peer)).not.toMatch(/ice|candidate/);
    expect(gateway.counters().streams).toBe(0);
  });

  test('F6: forks and a repeated answer: one ICE session, one SDP session', async () => {
    const { answered } = await exchange('access', ue, peer);
    expect(await anchor.answer(call, 'core', peer)).toBe(answered);
    const fork = sdp('core', 'm=audio 7000 RTP/AVP 8').replace('o=core 1 1', 'o=fork 55 3');
    const { ufrag, port } = lineOf(await anchor.answer(call, 'core', fork));
    expect({ ufrag, port }).toEqual({ ufrag: lineOf(answered).ufrag, port: lineOf(answered).port });
  });

  test('B8, B12, B17, B18: mixed lines keep place and transport, names are no fault', async () => {
    const named = 'a=candidate:3 1 UDP 2130706431 ue.local 5000 typ host';
    const offer = sdp(
      'access',
      'm=message 2855 TCP/MSRP *',
      'm=video 0 RTP/AVP 96',
      'm=audio 9 RTP/AVP 0',
      'c=IN IP4 0.0.0.0',
      ...ueIce,
      named,
      'm=audio 9 TCP/RTP/AVP 0',
      'm=video 5000 RTP/AVP 96',
      'a=rtpmap:96 H264/90000',
      ...ueIce,
    );
    const answer = sdp(
      'core',
      'm=message 0 TCP/MSRP *',
      'm=video 0 RTP/AVP 96',
      'm=audio 6000 RTP/AVP 0',
      'm=audio 0 RTP/AVP 0',
      'm=video 6002 RTP/AVP 96',
      'a=rtpmap:96 H264/90000',
    );
    const { offered, answered } = await exchange('access', offer, answer);
    const lines = (text: string) =>
      viewSession(parseSdp(text)).media.map(({ transport, port }) => [transport, port > 0]);
    const [message, declined, used] = [
      ['TCP/MSRP', false],
      ['RTP/AVP', false],
      ['RTP/AVP', true],
    ];
    expect(lines(offered)).toEqual([message, declined, used, declined, used]);
    expect(lines(answered)).toEqual([message, declined, used, ['TCP/RTP/AVP', false], used]);
    // No hold: the UE only has no default address yet.
    expect(lineOf(offered, 2)).toMatchObject({ address: core, direction: 'sendrecv' });
    const { media } = viewSession(parseSdp(answered));
    expect(answered.split(/^m=/m, 1)[0]).toContain('a=ice-lite');
    expect(media.map(({ offersTcp, candidates }) => offersTcp || candidates.length)).toEqual([0, 0, 2, 0, 2]);
    expect(media[2]!.ufrag).not.toBe(media[4]!.ufrag);
  });

  describe('between a browser and a core with plain RTP', () => {
    beforeEach(async () => {
      await anchor.close();
      const profiles = { core: 'rtp-avp', access: 'webrtc' } as const;
      anchor = new NamedCalls(
        new LocalMediaAnchor({ rtpengine: pool, gateway, fallback: () => 'always', profiles, placed, logger }),
      );
    });

    const fingerprint = `a=fingerprint:sha-256 ${Array(32).fill('AB').join(':')}`;
    const common = [...ueIce, 'a=ice-options:trickle', fingerprint, 'a=rtcp-rsize', 'a=extmap:4 urn:x', 'a=msid:- t'];
    const line = (mid: number, media: string, setup: string, ...more: string[]) => [
      ...[media, ...common, `a=setup:${setup}`, `a=mid:${mid}`, ...more],
      ...[`a=ssrc:${mid + 7} cname:x`, `a=ssrc:${mid + 7} msid:- t`],
    ];
    const browser = (setup: string) =>
      sdp(
        'access',
        ...['a=group:BUNDLE 0 1', 'a=extmap-allow-mixed', 'a=msid-semantic: WMS'],
        ...line(0, 'm=audio 5000 UDP/TLS/RTP/SAVPF 111 0', setup, 'a=rtpmap:111 opus/48000/2', 'a=rtcp-fb:111 nack'),
        ...line(1, 'm=video 5000 UDP/TLS/RTP/SAVPF 96', setup, 'a=rtpmap:96 VP8/90000', 'a=rtcp-fb:96 nack pli'),
      );
    const gatewayPhone = sdp('core', 'm=audio 6000 RTP/AVP 0', 'm=video 6002 RTP/AVP 96', 'a=rtpmap:96 VP8/90000');

    const expectPlain = (text: string) => {
      expect(viewSession(parseSdp(text)).media.map(({ transport }) => transport)).toEqual(['RTP/AVP', 'RTP/AVP']);
      expect(text).not.toMatch(/ice|candidate|fingerprint|setup|tls|crypto|rtcp-mux|rtcp-fb|rtcp-rsize|BUNDLE/i);
    };
    const expectWebrtc = (text: string, setup: string) => {
      // Where rtpengine bundles, the lines are one transport, and only the first one names candidates (RFC 9143).
      const isOne = rtpengineBundles();
      const media = [lineOf(text, 0), lineOf(text, 1)];
      const secured = { transport: 'UDP/TLS/RTP/SAVPF', hasIce: true, hasDtls: true, rtcpMux: true };
      expect(media).toMatchObject([secured, secured]);
      const [first, second] = media.map(({ candidates }) => candidates.some(({ transport }) => transport === 'tcp'));
      expect([first, second]).toEqual([true, !isOne]);
      expect(media[0]?.ufrag === media[1]?.ufrag).toBe(isOne);
      expect(text.match(/a=setup:\w+/g)).toEqual([`a=setup:${setup}`, `a=setup:${setup}`]);
      expect(text).not.toMatch(/crypto|RTP\/AVP/);
      expect(/^a=group:.*(?=\r)/m.exec(text)?.[0]).toBe(isOne ? 'a=group:BUNDLE 0 1' : 'a=group:BUNDLE 0');
    };

    test.each<[string, Side]>([
      ['the browser calls', 'access'],
      ['the core calls', 'core'],
    ])('D8, B14, B19, B22: each gets its own profile, in later offers of either side too: %s', async (_, caller) => {
      const fromUe = async () => {
        const { offered, answered } = await exchange('access', browser('actpass'), gatewayPhone);
        expectPlain(offered);
        expectWebrtc(answered, 'active');
      };
      const fromCore = async () => {
        const { offered, answered } = await exchange('core', gatewayPhone, browser('passive'));
        expectWebrtc(offered, 'actpass');
        expectPlain(answered);
      };
      for (const exchanged of caller === 'access' ? [fromUe, fromCore, fromUe] : [fromCore, fromUe, fromCore])
        await exchanged();
    });

    test("a browser's answer has the mid of its offer", async () => {
      const { answered } = await exchange('access', browser('actpass'), gatewayPhone);
      expect(answered.match(/a=mid:\d/g)).toEqual(['a=mid:0', 'a=mid:1']);
    });

    test('a UE with SDES keeps it, and T.38 beside RTP is left alone', async () => {
      const crypto = 'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz';
      const sdes = sdp('access', 'm=image 5000 udptl t38', 'm=audio 5002 RTP/SAVP 0', crypto);
      const plain = sdp('core', 'm=image 6000 udptl t38', 'm=audio 6002 RTP/AVP 0');
      const { offered, answered } = await exchange('access', sdes, plain);
      const again = await exchange('core', plain, sdes);
      const transports = (text: string) => viewSession(parseSdp(text)).media.map(({ transport }) => transport);
      for (const text of [offered, again.answered]) {
        expect(transports(text)).toEqual(['udptl', 'RTP/AVP']);
        expect(text).not.toContain('crypto');
      }
      for (const text of [answered, again.offered]) {
        expect(transports(text)).toEqual(['udptl', 'RTP/SAVP']);
        expect(text).toContain('a=crypto:1 AES_CM_128_HMAC_SHA1_80');
        expect(text).not.toContain('fingerprint');
      }
    });
  });

  test('rtpengine refuses: 488 for an SDP that it cannot read, nothing is left', async () => {
    // A type that RFC 8866 does not know (§5): it may be rejected.
    const odd = sdp('access', 'm=audio 5000 RTP/AVP 0').replace('t=0 0', 't=0 0\r\ny=1');
    await expect(anchor.offer(call, 'access', odd)).rejects.toMatchObject({ code: 'sdp-invalid', sipStatus: 488 });
    expect(anchor.calls).toBe(0);
  });

  describe('media over TCP', () => {
    let far: UdpSocket;
    let phone: Socket;
    let farRtcp: UdpSocket;
    let farSdp: string;

    beforeEach(async () => {
      far = await bound('127.0.0.4');
      farRtcp = await bound('127.0.0.4');
      farSdp = sdp('core', `m=audio ${far.address().port} RTP/AVP 0`, `a=rtcp:${farRtcp.address().port}`);
      phone = dial();
      await once(phone, 'connect');
    });
    afterEach(() => {
      phone.destroy();
      far.close();
      farRtcp.close();
    });

    function dial(): Socket {
      const { address, port } = gateway.address()[0]!;
      return connect({ host: address, port });
    }
    const frame = (content: Buffer) => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(content.length);
      return Buffer.concat([length, content]);
    };
    /** A receiver report without blocks, and an application packet with this name behind it. */
    const rtcp = (name: string) =>
      Buffer.concat([Buffer.from([0x80, 201, 0, 1, 1, 2, 3, 4, 0x80, 204, 0, 2, 1, 2, 3, 4]), Buffer.from(name)]);
    async function nominate(line: MediaView, ueUfrag = 'ueUF'): Promise<SelectedPath> {
      const selected = once(anchor, 'selected') as Promise<[SelectedPath]>;
      phone.write(frame(nominatingCheck(line, ueUfrag)));
      return (await selected)[0];
    }

    async function flowsBothWays(towardCore: MediaView): Promise<void> {
      const received = Promise.all([receivedBy(far), receivedBy(farRtcp)]);
      phone.write(Buffer.concat([frame(rtp('from the UE')), frame(rtcp('ueUE'))]));
      expect(await received).toEqual([
        expect.stringContaining('from the UE') as string,
        expect.stringContaining('ueUE') as string,
      ]);
      const chunks: Buffer[] = [];
      phone.on('data', (chunk) => chunks.push(chunk));
      far.send(rtp('from the core'), towardCore.port, towardCore.address);
      farRtcp.send(rtcp('core'), towardCore.rtcpPort, towardCore.address);
      await until('the frames from the core have come', 5000, () => {
        const stream = Buffer.concat(chunks).toString('latin1');
        return stream.includes('from the core') && stream.includes('\x01\x02\x03\x04core') ? true : undefined;
      });
    }

    test('C10, A5, D7: a UE that calls nominates; RTP and RTCP flow both ways, on separate ports of the core', async () => {
      const { offered, answered } = await exchange('access', ue, farSdp);
      const path = await nominate(lineOf(answered));
      expect(path).toMatchObject({
        call,
        line: 0,
        path: `tcp${gateway.address()[0]!.port}`,
        remote: { address: '127.0.0.1' },
      });
      await flowsBothWays(lineOf(offered));
    });

    test('C1: a UE that is called nominates before its answer has come', async () => {
      const offered = await anchor.offer(call, 'core', farSdp);
      await nominate(lineOf(offered));
      const answered = await anchor.answer(call, 'access', ue);
      await flowsBothWays(lineOf(answered));
    });

    test.each(['TCP/RTP/AVP', 'TCP/RTP/AVPF'])('B13: a UE that offers %s', async (transport) => {
      const own = [...ueIce, 'a=setup:actpass', 'a=connection:new'];
      const offer = sdp('access', `m=audio 9 ${transport} 0`, ...own);
      const { offered, answered } = await exchange('access', offer, farSdp.replace('RTP/AVP', transport.slice(4)));
      expect(lineOf(offered)).toMatchObject({ transport: transport.slice(4), address: core, direction: 'sendrecv' });
      expect(offered).not.toMatch(/\btcp|setup|a=connection/i);
      expect(lineOf(answered)).toMatchObject({ transport, address: access, port: 80 });
      expect(answered).toContain('a=setup:passive\r\n');
      await nominate(lineOf(answered));
      await flowsBothWays(lineOf(offered));
    });

    test('F4: a UE that moves its m= line to TCP after nomination keeps its connection, and the core sees nothing of it', async () => {
      const { offered, answered } = await exchange('access', ue, farSdp);
      await nominate(lineOf(answered));
      const own = [...ueIce, 'a=setup:active', 'a=connection:existing', `a=remote-candidates:1 ${access} 80`];
      const moved = sdp('access', 'm=audio 9 TCP/RTP/AVP 0', ...own);
      const again = await exchange('access', moved, farSdp);
      expect(again.offered).toBe(offered);
      expect(lineOf(again.answered)).toMatchObject({
        transport: 'TCP/RTP/AVP',
        port: 80,
        ufrag: lineOf(answered).ufrag,
      });
      expect(again.answered).toContain('a=connection:existing\r\n');
      await flowsBothWays(lineOf(again.offered));
      const towardUe = await anchor.offer(call, 'core', farSdp);
      expect(lineOf(towardUe)).toMatchObject({ transport: 'TCP/RTP/AVP', port: 80 });
      await flowsBothWays(lineOf(await anchor.answer(call, 'access', moved)));
      expect(gateway.counters().streams).toBe(1);
    });

    test('F1: a hold by 0.0.0.0 with the same credentials is answered with new ones, with which a connection is nominated', async () => {
      const { answered } = await exchange('access', ue, farSdp);
      await nominate(lineOf(answered));
      const held = await exchange('access', ue.replace('c=IN IP4 127.0.0.1', 'c=IN IP4 0.0.0.0'), farSdp);
      expect(lineOf(held.answered).ufrag).not.toBe(lineOf(answered).ufrag);
      expect(lineOf(held.answered).pwd).not.toBe(lineOf(answered).pwd);
      const resumed = await exchange('access', ue, farSdp);
      expect(lineOf(resumed.answered).ufrag).toBe(lineOf(held.answered).ufrag);
      phone.destroy();
      phone = dial();
      await nominate(lineOf(resumed.answered));
      await flowsBothWays(lineOf(resumed.offered));
    });

    test('C11: before a connection is nominated nothing is sent to the address of the UE, and afterwards nothing but there', async () => {
      const named = await bound('127.0.0.1');
      let sent = 0;
      named.on('message', () => sent++);
      try {
        const own = ue.replaceAll(' 5000', ` ${named.address().port}`);
        const { offered, answered } = await exchange('access', own, farSdp);
        await sendEarly(far, lineOf(offered));
        await nominate(lineOf(answered));
        await flowsBothWays(lineOf(offered));
        expect(sent).toBe(0);
      } finally {
        named.close();
      }
    });

    test('E5: after a restart, media goes over a new connection with the new ufrag', async () => {
      const { answered } = await exchange('access', ue, farSdp);
      await nominate(lineOf(answered));
      const old = phone.resume();
      const restarted = await exchange('access', ue.replaceAll('ueUF', 'ueU2').replaceAll('uepwd', 'uepwX'), farSdp);
      expect(old.closed).toBe(false);
      phone = dial();
      const oldEnds = once(old, 'close');
      await nominate(lineOf(restarted.answered), 'ueU2');
      await oldEnds;
      await flowsBothWays(lineOf(restarted.offered));
    });

    test('F2: a line that was declined and comes back with its credentials has media over a new connection', async () => {
      const with2nd = (line: string) => [line, ...ueIce.map((attribute) => attribute.replace('ueUF', 'ueU2'))];
      const both = ue + sdp('access', ...with2nd('m=audio 5000 RTP/AVP 0')).split('t=0 0\r\n')[1]!;
      const farBoth = sdp('core', 'm=audio 6000 RTP/AVP 0') + farSdp.split('t=0 0\r\n')[1]!;
      const { answered } = await exchange('access', both, farBoth);
      await nominate(lineOf(answered, 1), 'ueU2');
      phone = dial();
      await nominate(lineOf(answered, 1), 'ueU2');
      const declined = once(phone, 'close');
      phone.resume();
      await exchange('access', both, farBoth.replace(/m=audio \d+(?![^]*m=audio)/, 'm=audio 0'));
      await declined;
      const back = await exchange('access', both, farBoth);
      expect(lineOf(back.answered, 1)).toMatchObject({ ufrag: lineOf(answered, 1).ufrag });
      phone = dial();
      await nominate(lineOf(back.answered, 1), 'ueU2');
      await flowsBothWays(lineOf(back.offered, 1));
    });

    /** What each side has of the call. */
    async function nominated(): Promise<{ towardCore: MediaView; towardUe: MediaView }> {
      const { offered, answered } = await exchange('access', ue, farSdp);
      await nominate(lineOf(answered));
      return { towardCore: lineOf(offered), towardUe: lineOf(answered) };
    }
    const elsewhere = sdp('core', 'm=audio 6060 RTP/AVP 0', 'a=sendonly').replaceAll('127.0.0.4', '127.0.0.5');
    const restart = (text: string) => text.replaceAll('ueUF', 'ueU2').replaceAll('uepwd', 'uepwX');
    const declinedLine = (text: string) => text.replace(/m=audio \d+/, 'm=audio 0');

    describe.each<[string, Side, string]>([
      ['hold of the core from another address', 'core', elsewhere],
      ['hold of the UE', 'access', `${ue}a=sendonly\r\n`],
      ['hold of the UE from another port', 'access', `${ue.replaceAll(' 5000', ' 5100')}a=inactive\r\n`],
      ['ICE restart of the UE', 'access', restart(ue)],
      [
        'ICE restart of the UE with hold and another port',
        'access',
        `${restart(ue.replaceAll(' 5000', ' 5100'))}a=sendonly\r\n`,
      ],
      ['line added by the core', 'core', `${peer}m=video 6002 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n`],
      ['line ended by the core', 'core', declinedLine(peer)],
      ['line ended by the UE', 'access', declinedLine(ue)],
      ['offer of the UE without ICE', 'access', plainUe],
    ])('F2, G16: a refused %s', (_, from, offer) => {
      test('leaves media on TCP 80 and the credentials as they were', async () => {
        const { towardCore, towardUe } = await nominated();
        const before = await firstLineInRtpengine();
        await anchor.offer(call, from, offer);
        await anchor.rollback(call);
        expect(await firstLineInRtpengine()).toEqual(before);
        expect(phone.closed).toBe(false);
        expect(gateway.counters().streams).toBe(1);
        await flowsBothWays(towardCore);
        const { ufrag, pwd, port, candidates } = lineOf(await anchor.offer(call, 'core', farSdp));
        expect({ ufrag, pwd, port, candidates }).toEqual({
          ufrag: towardUe.ufrag,
          pwd: towardUe.pwd,
          port: towardUe.port,
          candidates: towardUe.candidates,
        });
        await anchor.answer(call, 'access', ue);
        await flowsBothWays(towardCore);
      });

      test('leaves a new connection of the UE as good as the old one', async () => {
        const { towardCore, towardUe } = await nominated();
        await anchor.offer(call, from, offer);
        await anchor.rollback(call);
        phone.destroy();
        phone = dial();
        await nominate(towardUe);
        await flowsBothWays(towardCore);
      });
    });

    test('F2, G16: a refused ICE restart of a UE that was called leaves media and credentials as they were', async () => {
      const offered = lineOf(await anchor.offer(call, 'core', farSdp));
      await nominate(offered);
      const towardCore = lineOf(await anchor.answer(call, 'access', ue));
      const before = await firstLineInRtpengine();
      await anchor.offer(call, 'access', restart(ue));
      await anchor.rollback(call);
      expect(await firstLineInRtpengine()).toEqual(before);
      await flowsBothWays(towardCore);
      expect(lineOf(await anchor.offer(call, 'core', farSdp))).toMatchObject({
        ufrag: offered.ufrag,
        pwd: offered.pwd,
      });
    });

    test('E5: until an ICE restart is answered, media goes on, and the old ufrag is good for a new connection', async () => {
      const { towardCore, towardUe } = await nominated();
      await anchor.offer(call, 'access', restart(ue));
      await flowsBothWays(towardCore);
      phone.destroy();
      phone = dial();
      await nominate(towardUe);
      await flowsBothWays(towardCore);
    });
  });

  describe.each<[string, string]>([
    ['with ICE', ue],
    ['without ICE', plainUe],
  ])('media of a UE %s over UDP', (_, ueOffer) => {
    test.each<[string, Side]>([
      ['core', 'core'],
      ['UE', 'access'],
    ])('G16: a refused hold of the %s from another address leaves RTP as it was', async (_who, from) => {
      const phone = await bound('127.0.0.1');
      const far = await bound('127.0.0.4');
      try {
        const own = ueOffer.replaceAll(' 5000', ` ${phone.address().port}`);
        const theirs = sdp('core', `m=audio ${far.address().port} RTP/AVP 0`);
        const { offered, answered } = await exchange('access', own, theirs);
        const [towardCore, towardUe] = [lineOf(offered), lineOf(answered)];
        if (towardUe.hasIce) await nominateOverUdp(phone, towardUe);
        await flowsOverUdp(phone, far, towardUe, towardCore);
        const moved =
          from === 'core'
            ? theirs.replaceAll('127.0.0.4', '127.0.0.5').replace(/audio \d+/, 'audio 6060')
            : ueOffer.replaceAll(' 5000', ' 5100');
        await anchor.offer(call, from, `${moved}a=sendonly\r\n`);
        await anchor.rollback(call);
        await flowsOverUdp(phone, far, towardUe, towardCore);
      } finally {
        phone.close();
        far.close();
      }
    });
  });

  test("C11: over UDP nothing is sent to a UE's address before it is nominated, and its later addresses move no port", async () => {
    const phone = await bound('127.0.0.1');
    const far = await bound('127.0.0.4');
    const early: string[] = [];
    const note = (packet: Buffer) => early.push(packet.toString('latin1'));
    phone.on('message', note);
    try {
      const own = ue.replaceAll(' 5000', ` ${phone.address().port}`);
      const theirs = sdp('core', `m=audio ${far.address().port} RTP/AVP 0`);
      const { offered, answered } = await exchange('access', own, theirs);
      await sendEarly(far, lineOf(offered));
      await nominateOverUdp(phone, lineOf(answered));
      phone.off('message', note);
      expect(early.filter((packet) => packet.includes('too early'))).toEqual([]);
      await flowsOverUdp(phone, far, lineOf(answered), lineOf(offered));
      const moved = ue.replaceAll(' 5000', ' 5100').replaceAll('127.0.0.1', '127.0.0.9');
      const again = await exchange('access', moved, theirs);
      expect(lineOf(again.offered).port).toBe(lineOf(offered).port);
      await flowsOverUdp(phone, far, lineOf(again.answered), lineOf(again.offered));
    } finally {
      phone.close();
      far.close();
    }
  });

  test('I8, S19: a UE that sends at once and nominates late has a path when it has nominated', async () => {
    const phone = await bound('127.0.0.1');
    const far = await bound('127.0.0.4');
    const told: SelectedPath[] = [];
    anchor.on('selected', (path) => told.push(path));
    try {
      const own = ue.replaceAll(' 5000', ` ${phone.address().port}`);
      const theirs = sdp('core', `m=audio ${far.address().port} RTP/AVP 0`);
      const { answered, offered } = await exchange('access', own, theirs);
      phone.send(rtp('too early'), lineOf(answered).port, lineOf(answered).address);
      // It looks after 1 s, and again after 2.
      await delay(1200);
      expect(told).toEqual([]);
      await nominateOverUdp(phone, lineOf(answered));
      await flowsOverUdp(phone, far, lineOf(answered), lineOf(offered));
      await until('the path is told', 5000, () => Promise.resolve(told.length > 0 ? true : undefined));
      const remote = { address: '127.0.0.1', port: phone.address().port };
      expect(told).toEqual([{ call, line: 0, path: 'udp', remote }]);
      expect(await anchor.release(call)).toMatchObject([{ path: 'udp', remote }]);
    } finally {
      phone.close();
      far.close();
    }
  });

  test('a rollback of a first offer, after an answer or of an unknown call does nothing', async () => {
    await anchor.rollback('unknown');
    const offered = await anchor.offer(call, 'access', ue);
    await anchor.rollback(call);
    const answered = await anchor.answer(call, 'core', peer);
    await anchor.rollback(call);
    expect((await exchange('access', ue, peer)).offered).toBe(offered);
    expect(await anchor.answer(call, 'core', peer)).toBe(answered);
  });
});
