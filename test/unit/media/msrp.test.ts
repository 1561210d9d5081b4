import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { MsrpBridges } from '../../../lib/msrp/bridges';
import { audio, coreAudio, mediaOf, tcpCandidatesOf, type FakeGateway } from './fixtures';
import {
  accepts,
  attribute,
  ice,
  message,
  MsrpLab,
  passes,
  read,
  sdp,
  section,
  send,
  ue,
  ueAddress,
  ueOffer,
  uePath,
  type ListeningCore,
} from './msrp-lab';

let lab: MsrpLab;
let gateway: FakeGateway;
let bridges: MsrpBridges;
let opened: (Socket | Server | Duplex)[];
let around: MsrpLab['around'];

beforeEach(() => {
  lab = new MsrpLab();
  ({ gateway, bridges, opened, around } = lab);
});

afterEach(async () => {
  await lab.close();
});

const listeningCore = () => lab.listeningCore();
const dial = (...to: Parameters<MsrpLab['dial']>) => lab.dial(...to);
const overGateway = (line?: number) => lab.overGateway(line);

describe('MSRP alone', () => {
  test('A2 H1 H5: a UE with ICE calls: it gets port 80 with the candidate, the core a port of ours; rtpengine is not asked', async () => {
    const core = await listeningCore();
    const offered = await around.anchor.offer('c', 'access', ueOffer, ue);
    expect(section(offered)[0]).toMatch(/^m=message 462\d\d TCP\/MSRP \*$/);
    expect(section(offered)).toEqual(expect.arrayContaining(['c=IN IP4 127.0.0.3', accepts, 'a=setup:actpass']));
    expect(offered).not.toMatch(/ice|candidate|10\.0\.0\.5|127\.0\.0\.9/);
    const corePath = `msrp://127.0.0.3:${core.port}/coreSession;tcp`;
    const answered = await around.anchor.answer('c', 'core', sdp(...message(core.port, corePath, 'a=setup:passive')));
    expect(section(answered)).toEqual(
      expect.arrayContaining(['m=message 80 TCP/MSRP *', 'c=IN IP4 198.51.100.1', accepts, 'a=setup:passive']),
    );
    expect(tcpCandidatesOf(answered)).toMatchObject([{ address: '198.51.100.1', port: 80, tcpType: 'passive' }]);
    expect(answered).toContain('\r\na=ice-lite\r\n');
    expect(attribute(answered, 'path')).toBe('msrp://198.51.100.1:80/coreSession;tcp');
    expect(mediaOf(answered)[0]).toMatchObject({ hasIce: true, ufrag: gateway.ufrags()[0] });
    expect(around.rtpengine.received).toEqual([]);

    const coreSide = await core.arrived;
    const ueSide = overGateway();
    const shownUe = attribute(offered, 'path')!;
    const shownCore = attribute(answered, 'path')!;
    await passes(ueSide, coreSide, send(shownCore, uePath, 'hello'), send(corePath, shownUe, 'hello'));
    await passes(coreSide, ueSide, send(shownUe, corePath, 'hi'), send(uePath, shownCore, 'hi'));
    await around.anchor.release('c');
    expect(around.rtpengine.deleted).toEqual([]);
  });

  test('H5 H7: a core that answers active connects to us; only it may', async () => {
    const offered = await around.anchor.offer('c', 'access', ueOffer, ue);
    const { port } = mediaOf(offered)[0]!;
    const answer = sdp(...message(9, 'msrp://127.0.0.3:9/coreSession;tcp', 'a=setup:active'));
    const answered = await around.anchor.answer('c', 'core', answer);
    expect(attribute(answered, 'setup')).toBe('passive');
    const stranger = await dial('127.0.0.3', port, '127.0.0.8');
    await once(stranger, 'close');
    const coreSide = await dial('127.0.0.3', port, '127.0.0.3');
    const real = 'msrp://127.0.0.3:9/coreSession;tcp';
    const shown = attribute(answered, 'path')!;
    const shownUe = attribute(offered, 'path')!;
    await passes(overGateway(), coreSide, send(shown, uePath, 'hello'), send(real, shownUe, 'hello'));
    expect(bridges.counters()).toMatchObject({ joined: 1, strangers: 1 });
  });

  test('H8: with CEMA on both sides paths are left alone, and bytes pass as they are', async () => {
    const core = await listeningCore();
    const offered = await around.anchor.offer(
      'c',
      'access',
      sdp(...message(9, uePath, 'a=setup:actpass', 'a=msrp-cema', ...ice)),
      ue,
    );
    expect(attribute(offered, 'path')).toBe(uePath);
    expect(section(offered)).toContain('a=msrp-cema');
    const corePath = 'msrp://core.example:2855/coreSession;tcp';
    const answer = sdp(...message(core.port, corePath, 'a=setup:passive', 'a=msrp-cema'));
    expect(attribute(await around.anchor.answer('c', 'core', answer), 'path')).toBe(corePath);
    await passes(overGateway(), await core.arrived, send(corePath, uePath, 'hello'));
  });

  test('H11: TCP/TLS/MSRP passes opaquely: its path is left alone, and bytes that are no MSRP pass', async () => {
    const core = await listeningCore();
    const tls = (text: string) => text.replace('TCP/MSRP', 'TCP/TLS/MSRP').replaceAll('msrp://', 'msrps://');
    const offered = await around.anchor.offer('c', 'access', tls(ueOffer), ue);
    expect(attribute(offered, 'path')).toBe(uePath.replace('msrp:', 'msrps:'));
    const answer = tls(sdp(...message(core.port, `msrp://127.0.0.3:${core.port}/s;tcp`, 'a=setup:passive')));
    await around.anchor.answer('c', 'core', answer);
    await passes(overGateway(), await core.arrived, '\x16\x03\x01\x00\xa5 client hello');
  });

  test.each([
    ['actpass', 'active', 'actpass', 'active'],
    ['actpass', 'passive', 'actpass', 'passive'],
    ['active', 'passive', 'active', 'passive'],
    ['passive', 'active', 'passive', 'active'],
  ])(
    'H11: TLS offered %s and answered %s: each end hears what the other said, so that one of them is its client',
    async (offered, answered, toCore, toUe) => {
      const tls = (setup: string, port: number, ...lines: string[]) =>
        sdp(...message(port, uePath.replace('msrp:', 'msrps:'), `a=setup:${setup}`, 'a=msrp-cema', ...lines)).replace(
          'TCP/MSRP',
          'TCP/TLS/MSRP',
        );
      const offer = await around.anchor.offer('c', 'access', tls(offered, 9, ...ice), ue);
      expect(attribute(offer, 'setup')).toBe(toCore);
      const answer = await around.anchor.answer('c', 'core', tls(answered, 2855));
      expect(attribute(answer, 'setup')).toBe(toUe);
      const listens = offered !== 'active';
      expect(mediaOf(offer)[0]!.port === 9).toBe(!listens);
    },
  );

  test('H5 H6: the core calls a UE with ICE: it is offered actpass on port 80, and the core is answered passive', async () => {
    const offer = sdp(...message(2855, 'msrp://127.0.0.3:2855/coreSession;tcp', 'a=setup:actpass'));
    const offered = await around.anchor.offer('c', 'core', offer, ue);
    expect(section(offered)).toEqual(expect.arrayContaining(['m=message 80 TCP/MSRP *', 'a=setup:actpass']));
    expect(tcpCandidatesOf(offered)).toHaveLength(1);
    const answered = await around.anchor.answer('c', 'access', sdp(...message(9, uePath, 'a=setup:active', ...ice)));
    expect(attribute(answered, 'setup')).toBe('passive');
    expect(answered).not.toMatch(/ice|candidate|10\.0\.0\.5/);
    const coreSide = await dial('127.0.0.3', mediaOf(answered)[0]!.port, '127.0.0.3');
    const ueSide = overGateway();
    const toCore = send(attribute(offered, 'path')!, uePath, 'first');
    await passes(
      ueSide,
      coreSide,
      toCore,
      send('msrp://127.0.0.3:2855/coreSession;tcp', attribute(answered, 'path')!, 'first'),
    );
  });

  test('H7: a UE without ICE gets a port of ours, for its own address alone', async () => {
    const core = await listeningCore();
    const offered = await around.anchor.offer('c', 'access', sdp(...message(7777, uePath, 'a=setup:active')), ue);
    const answer = sdp(...message(core.port, `msrp://127.0.0.3:${core.port}/s;tcp`, 'a=setup:passive', 'a=msrp-cema'));
    const answered = await around.anchor.answer('c', 'core', answer);
    expect(answered).not.toMatch(/ice|candidate/);
    const { port } = mediaOf(answered)[0]!;
    expect(port).toBeGreaterThanOrEqual(46_200);
    await once(await dial('127.0.0.1', port, '127.0.0.66'), 'close');
    const ueSide = await dial('127.0.0.1', port, ueAddress);
    const corePath = `msrp://127.0.0.3:${core.port}/s;tcp`;
    const coreSide = await core.arrived;
    await passes(coreSide, ueSide, send(attribute(offered, 'path')!, corePath, 'hi'), send(uePath, corePath, 'hi'));
    expect(bridges.counters()).toMatchObject({ joined: 1, strangers: 1 });
  });

  test('H7: a called UE without ICE that listens is dialled where its SIP comes from, whatever it says', async () => {
    const server = createServer();
    opened.push(server);
    server.listen(0, ueAddress);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await around.anchor.offer('c', 'core', sdp(...message(2855, 'msrp://127.0.0.3:2855/c;tcp', 'a=setup:actpass')), ue);
    const victim = `msrp://203.0.113.66:${port}/u;tcp`;
    // Offered port 80 and ICE, it declines ICE.
    const arrived = once(server, 'connection') as Promise<Socket[]>;
    const answered = await around.anchor.answer('c', 'access', sdp(...message(port, victim, 'a=setup:passive')));
    opened.push((await arrived)[0]!);
    expect(answered).not.toContain('203.0.113.66');
    expect(gateway.ufrags()).toEqual([]);
  });

  test('declined by the far end, nothing of it is left', async () => {
    await around.anchor.offer('c', 'access', ueOffer, ue);
    const answered = await around.anchor.answer('c', 'core', sdp('m=message 0 TCP/MSRP *'));
    expect(section(answered)).toEqual(['m=message 0 TCP/MSRP *']);
    expect(bridges.counters()).toMatchObject({ open: 0, listening: { core: 0 } });
  });
});

describe('MSRP beside audio', () => {
  const iceAudio = [
    ...audio,
    ...ice,
    'a=candidate:1 1 UDP 2130706431 10.0.0.5 5000 typ host',
    'a=rtcp-mux',
    'c=IN IP4 10.0.0.5',
  ];

  const exchange = async (withAudio: boolean, withMessages: boolean, sameCore?: ListeningCore) => {
    const core = sameCore ?? (await listeningCore());
    const offer = sdp(
      ...(withAudio ? iceAudio : ['m=audio 0 RTP/AVP 0']),
      ...(withMessages ? message(9, uePath, 'a=setup:actpass', ...ice) : ['m=message 0 TCP/MSRP *']),
    );
    const offered = await around.anchor.offer('c', 'access', offer, ue);
    const answer = sdp(
      ...(withAudio ? coreAudio : ['m=audio 0 RTP/AVP 0']),
      ...(withMessages
        ? message(core.port, `msrp://127.0.0.3:${core.port}/s;tcp`, 'a=setup:passive')
        : ['m=message 0 TCP/MSRP *']),
    );
    const answered = await around.anchor.answer('c', 'core', answer);
    const used = (text: string) => mediaOf(text).map(({ port }) => port !== 0);
    expect([used(offered), used(answered)]).toEqual(Array(2).fill([withAudio, withMessages]));
    return { core, offered, answered };
  };

  test('H1: rtpengine never sees the line; each line has its own credentials and candidate', async () => {
    const { core, answered } = await exchange(true, true);
    await core.arrived;
    expect(around.rtpengine.received.every(({ sdp: seen }) => !seen.includes('message'))).toBe(true);
    expect(tcpCandidatesOf(answered, 0)).toHaveLength(1);
    expect(tcpCandidatesOf(answered, 1)).toHaveLength(1);
    expect(gateway.ufrags()).toHaveLength(2);
  });

  test('F2: a re-INVITE without a change repeats line, credentials and port; the bridge goes on', async () => {
    const first = await exchange(true, true);
    const coreSide = await first.core.arrived;
    const ueSide = overGateway(1);
    const again = await exchange(true, true, first.core);
    expect(section(again.answered, 1)).toEqual(section(first.answered, 1));
    expect(section(again.offered, 1)).toEqual(section(first.offered, 1));
    ueSide.write(send(attribute(first.answered, 'path', 1)!, uePath, 'still'));
    expect(await read(coreSide, 10)).toContain('still');
  });

  test('H10: re-INVITEs drop and re-add either; what stays is not touched', async () => {
    const first = await exchange(true, true);
    const coreSide = await first.core.arrived;
    const [audioUfrag] = [...gateway.streams.values()].filter(({ line }) => line === 0).map(({ ufrag }) => ufrag);
    await exchange(true, false);
    await once(coreSide.resume(), 'close');
    expect(gateway.ufrags()).toEqual([audioUfrag]);
    const second = await exchange(true, true);
    await second.core.arrived;
    await exchange(false, true);
    expect([...gateway.streams.values()].map(({ line }) => line)).toEqual([1]);
    await exchange(true, true);
    expect([...gateway.streams.values()].map(({ line }) => line).sort()).toEqual([0, 1]);
  });

  test('a refused re-INVITE that adds messages, or drops them, leaves the call as it was', async () => {
    await exchange(true, true);
    const before = gateway.ufrags();
    await around.anchor.offer('c', 'access', sdp(...iceAudio, 'm=message 0 TCP/MSRP *'), ue);
    await around.anchor.rollback('c');
    await around.anchor.offer(
      'c',
      'core',
      sdp(...coreAudio, ...message(1, 'msrp://127.0.0.3:1/new;tcp', 'a=setup:actpass')),
    );
    expect(bridges.counters().open).toBe(2);
    await around.anchor.rollback('c');
    expect(gateway.ufrags()).toEqual(before);
    expect(bridges.counters().open).toBe(1);
  });

  test('messages first, audio later: rtpengine is asked from then on', async () => {
    const core = await listeningCore();
    const answer = message(core.port, `msrp://127.0.0.3:${core.port}/s;tcp`, 'a=setup:passive');
    const messages = message(9, uePath, 'a=setup:actpass', ...ice);
    await around.anchor.offer('c', 'access', sdp(...messages), ue);
    await around.anchor.answer('c', 'core', sdp(...answer));
    expect(around.rtpengine.received).toEqual([]);
    const offered = await around.anchor.offer('c', 'access', sdp(...messages, ...iceAudio), ue);
    const answered = await around.anchor.answer('c', 'core', sdp(...answer, ...coreAudio));
    expect([offered, answered].map((text) => mediaOf(text).map(({ kind, port }) => [kind, port !== 0]))).toEqual(
      Array(2).fill([
        ['message', true],
        ['audio', true],
      ]),
    );
    expect(around.rtpengine.received.map(({ command }) => command)).toEqual(['offer', 'answer']);
    expect(around.rtpengine.received[0]).not.toHaveProperty('to-tag');
  });
});
