import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { EdgeError } from '../../../lib/errors';
import type { SelectedPath } from '../../../lib/media/media-anchor';
import { refusal } from '../../../lib/rtpengine/refusal';
import { FakeRtpengine } from './fake-rtpengine';
import { anchorWith, audio, coreAnswer, iceOffer, mediaOf, plainOffer, tcpCandidatesOf, ueSdp } from './fixtures';

const silent = () => new EdgeError('anchor-unavailable', 'timeout', { sipStatus: 503 });
const refused = (reason: string) => refusal('offer', reason);

describe('the media anchor', () => {
  test.each([
    ['no SDP', 'garbage', 'sdp-invalid'],
    ['an empty body', '', 'sdp-invalid'],
    ['nothing but MSRP', ueSdp('m=message 2855 TCP/MSRP *'), 'no-usable-media'],
    ['RTP over TCP', ueSdp('m=audio 9 TCP/RTP/AVP 0'), 'no-usable-media'],
    ['nothing but BFCP', ueSdp('m=application 9 TCP/TLS/BFCP *'), 'no-usable-media'],
  ])('%s: 488, and rtpengine is not asked', async (_, sdp, code) => {
    const { anchor, rtpengine } = anchorWith();
    await expect(anchor.offer('c', 'access', sdp)).rejects.toMatchObject({ code, sipStatus: 488 });
    expect(rtpengine.received).toEqual([]);
    expect(anchor.calls).toBe(0);
  });

  test.each([
    ['no media line', []],
    ['no line in use', ['m=audio 0 RTP/AVP 0', 'm=video 0 RTP/AVP 34']],
  ])('a first offer with %s is one (RFC 3264 §5), and media comes with a later one', async (_, lines) => {
    const { anchor, rtpengine } = anchorWith();
    for (const [offering, answering] of [
      ['access', 'core'],
      ['core', 'access'],
    ] as const) {
      const call = `of ${offering}`;
      expect(mediaOf(await anchor.offer(call, offering, ueSdp(...lines)))).toHaveLength(lines.length);
      expect(mediaOf(await anchor.answer(call, answering, ueSdp(...lines)))).toHaveLength(lines.length);
    }
    expect(rtpengine.received).toEqual([]);
    const offered = await anchor.offer('of access', 'core', plainOffer);
    expect(mediaOf(offered)[0]?.port).not.toBe(0);
    expect(rtpengine.received).not.toEqual([]);
  });

  test('rtpengine silent on a first offer: 503, and it is told to delete what it may have taken', async () => {
    const { anchor, rtpengine } = anchorWith();
    rtpengine.failure = silent();
    await expect(anchor.offer('c', 'access', iceOffer)).rejects.toMatchObject({ sipStatus: 503 });
    expect(rtpengine.deleted).toEqual(['c']);
    expect(anchor.calls).toBe(0);
    await anchor.release('c');
    expect(rtpengine.deleted).toEqual(['c']);
  });

  test('a second rtpengine takes the call of a silent one, and keeps it', async () => {
    const nodes = [new FakeRtpengine(), new FakeRtpengine()];
    const { anchor } = anchorWith({ nodes });
    nodes[0]!.failure = silent();
    await anchor.offer('c', 'access', iceOffer);
    nodes[0]!.failure = undefined;
    await anchor.answer('c', 'core', coreAnswer);
    await anchor.release('c');
    expect(nodes.map(({ received }) => received.length)).toEqual([1, 2]);
    expect(nodes.map(({ deleted }) => deleted)).toEqual([['c'], ['c']]);
  });

  test.each([
    ['Ran out of ports', 'anchor-unavailable', 503],
    ['Failed to parse SDP', 'sdp-invalid', 488],
  ])('rtpengine refuses with "%s": %s', async (reason, code, sipStatus) => {
    const { anchor, rtpengine } = anchorWith();
    rtpengine.failure = refused(reason);
    await expect(anchor.offer('c', 'access', iceOffer)).rejects.toMatchObject({ code, sipStatus });
    expect(anchor.calls).toBe(0);
  });

  test('a failure in mid-call leaves the call as it was', async () => {
    const { anchor, rtpengine, gateway } = anchorWith();
    await anchor.offer('c', 'access', iceOffer);
    const before = await anchor.answer('c', 'core', coreAnswer);
    rtpengine.failure = silent();
    await expect(anchor.offer('c', 'core', coreAnswer)).rejects.toMatchObject({ sipStatus: 503 });
    rtpengine.failure = undefined;
    expect(gateway.ufrags()).toEqual(['uf0gen1']);
    expect(await anchor.answer('c', 'core', coreAnswer)).toBe(before);
    expect(rtpengine.deleted).toEqual([]);
  });

  test('release frees stream and call, with one delete however often it is called', async () => {
    const { anchor, rtpengine, gateway } = anchorWith();
    await anchor.offer('c', 'access', iceOffer);
    await anchor.answer('c', 'core', coreAnswer);
    await Promise.all([anchor.release('c'), anchor.release('c')]);
    await anchor.release('c');
    await anchor.release('unknown');
    expect(rtpengine.deleted).toEqual(['c']);
    expect(gateway.ufrags()).toEqual([]);
    expect(anchor.calls).toBe(0);
  });

  test('release while rtpengine is asked: the answer is not passed on, what waits is not asked, nothing stays open', async () => {
    const { anchor, rtpengine, gateway } = anchorWith();
    await anchor.offer('c', 'access', iceOffer);
    let open: () => void = () => undefined;
    rtpengine.gate = new Promise((resolve) => (open = resolve));
    const answer = anchor.answer('c', 'core', coreAnswer);
    await turn();
    const offer = anchor.offer('c', 'access', iceOffer);
    const rollback = anchor.rollback('c');
    const released = anchor.release('c');
    open();
    await expect(answer).rejects.toMatchObject({ code: 'call-ended', sipStatus: 487 });
    await expect(offer).rejects.toMatchObject({ code: 'call-ended' });
    await rollback;
    await released;
    expect(rtpengine.received.map(({ command }) => command)).toEqual(['offer', 'answer']);
    expect(gateway.ufrags()).toEqual([]);
    expect(rtpengine.deleted).toEqual(['c']);
  });

  test('an answer without an offer, or from the side that offered, is refused', async () => {
    const { anchor, local } = anchorWith();
    const unoffered = local.open('unoffered').answer('core', coreAnswer);
    await expect(unoffered).rejects.toMatchObject({ code: 'answer-unexpected' });
    await anchor.offer('c', 'access', iceOffer);
    await expect(anchor.answer('c', 'access', iceOffer)).rejects.toMatchObject({ code: 'answer-unexpected' });
  });

  test('commands of one call run in order', async () => {
    const { anchor, rtpengine } = anchorWith();
    await Promise.all([anchor.offer('c', 'access', iceOffer), anchor.answer('c', 'core', coreAnswer)]);
    expect(rtpengine.received.map(({ command }) => command)).toEqual(['offer', 'answer']);
  });

  test.each([
    ['another host', '203.0.113.66'],
    ['this machine', '127.0.0.1'],
    ['a name', 'ue.example.com'],
  ])('C11: an SDP without ICE that names %s has media sent to where the SIP of the UE comes from', async (_, named) => {
    const { anchor, rtpengine } = anchorWith();
    const ue = { address: '203.0.113.5' };
    await anchor.offer('c', 'access', plainOffer.replaceAll('10.0.0.5', named), ue);
    await anchor.answer('c', 'core', coreAnswer);
    await anchor.offer('c', 'access', plainOffer.replaceAll('10.0.0.5', named));
    const shown = rtpengine.received.filter(({ command }) => command === 'offer').map(({ sdp }) => mediaOf(sdp)[0]);
    expect(shown).toMatchObject([
      { address: '203.0.113.5', port: 5000 },
      { address: '203.0.113.5', port: 5000 },
    ]);
  });

  test('A7: the candidate on port 80 depends on the access realm, whoever calls', async () => {
    const { anchor } = anchorWith({ fallback: (address) => (address === '203.0.113.5' ? 'off' : 'always') });
    const answerFor = async (name: string, address: string) => {
      await anchor.offer(name, 'access', iceOffer, { address });
      return tcpCandidatesOf(await anchor.answer(name, 'core', coreAnswer));
    };
    expect(await answerFor('a', '203.0.113.5')).toEqual([]);
    expect(await answerFor('b', '203.0.113.6')).toHaveLength(1);
    const offer = (name: string, address: string) => anchor.offer(name, 'core', coreAnswer, { address });
    expect(tcpCandidatesOf(await offer('c', '203.0.113.5'))).toEqual([]);
    expect(tcpCandidatesOf(await offer('d', '203.0.113.6'))).toHaveLength(1);
  });

  test('A8 E4: tells of the path that a UE selected, by its port, and of its loss', async () => {
    const { anchor, gateway } = anchorWith();
    await anchor.offer('c', 'access', iceOffer);
    await anchor.answer('c', 'core', coreAnswer);
    const told: [string, SelectedPath][] = [];
    anchor.on('selected', (path) => told.push(['selected', path]));
    anchor.on('connection-lost', (path) => told.push(['connection-lost', path]));
    anchor.on('media-lost', (path) => told.push(['media-lost', path]));
    const stream = gateway.streams.get('uf0gen1')!;
    const remote = { address: '203.0.113.5', port: 50000 };
    gateway.emit('selected', { stream, remote, port: 80 });
    gateway.emit('connection-lost', { stream, remote, port: 80 });
    const lost = once(anchor, 'media-lost');
    gateway.emit('media-lost', { stream, remote, port: 80 });
    await lost;
    gateway.emit('selected', { stream, remote, port: 443 });
    gateway.emit('selected', { stream: { ...stream, call: 'other' }, remote, port: 80 });
    const path = { call: 'c', line: 0, path: 'tcp80', remote };
    expect(told).toEqual([
      ['selected', path],
      ['connection-lost', path],
      ['media-lost', path],
      ['selected', { ...path, path: 'tcp443' }],
    ]);
  });

  test.each([
    ['UDP', 'udp'],
    ['TCP', 'tcp80'],
  ])('I8, S19: a UE that nominates %s late has its path in the record, be the call over by then', async (_, path) => {
    const { anchor, gateway, rtpengine } = anchorWith();
    await anchor.offer('c', 'access', iceOffer);
    await anchor.answer('c', 'core', coreAnswer);
    const told: SelectedPath[] = [];
    anchor.on('selected', (selected) => told.push(selected));
    const remote = { address: '203.0.113.5', port: 50000 };
    const at = { localAddress: '198.51.100.1', confirmed: true, packets: 1, errors: 0, rttMs: undefined };
    const goesTo = (endpoint: typeof remote) => (rtpengine.statistics = new Map([['access', [{ endpoint, ...at }]]]));
    goesTo({ address: '127.0.0.1', port: 9 });
    const stream = gateway.streams.get('uf0gen1')!;
    gateway.emit('media-lost', { stream, remote, port: 80 });
    await turn();
    expect(told).toEqual([]);
    if (path === 'udp') goesTo(remote);
    else gateway.emit('selected', { stream, remote, port: 80 });
    expect(await anchor.release('c')).toMatchObject([{ line: 0, path, remote }]);
    expect(told).toEqual([{ call: 'c', line: 0, path, remote }]);
  });

  test('E4: a UE that went over to UDP, and so is silent on TCP, has not lost its media', async () => {
    const { anchor, gateway, rtpengine } = anchorWith();
    await anchor.offer('c', 'access', iceOffer);
    await anchor.answer('c', 'core', coreAnswer);
    const stream = gateway.streams.get('uf0gen1')!;
    const remote = { address: '203.0.113.5', port: 50000 };
    const onUdp = { address: '203.0.113.5', port: 50001 };
    const told: unknown[] = [];
    gateway.emit('selected', { stream, remote, port: 80 });
    anchor.on('media-lost', (path) => told.push(path));
    const ue = {
      endpoint: onUdp,
      localAddress: '198.51.100.1',
      confirmed: true,
      packets: 1,
      errors: 0,
      rttMs: undefined,
    };
    rtpengine.statistics = new Map([['access', [ue]]]);
    const selected = once(anchor, 'selected');
    gateway.emit('connection-lost', { stream, remote, port: 80 });
    gateway.emit('media-lost', { stream, remote, port: 80 });
    expect(await selected).toEqual([{ call: 'c', line: 0, path: 'udp', remote: onUdp }]);
    await turn();
    expect(told).toEqual([]);
    await anchor.release('c');
  });

  describe('a UE on TCP for which nothing comes', () => {
    const mapped = { address: '198.51.100.1', port: 40000 };
    const remote = { address: '203.0.113.5', port: 50000 };

    /** Where rtpengine sends, and what became of it. */
    async function whileMediaGoesTo(endpoint: { address: string; port: number }) {
      const { anchor, gateway, rtpengine } = anchorWith();
      await anchor.offer('c', 'access', iceOffer);
      await anchor.answer('c', 'core', coreAnswer);
      const stream = gateway.streams.get('uf0gen1')!;
      gateway.statuses.set(stream.ufrag, { remote, port: 80, mapped, reconnects: 0, dropped: 0 });
      const ue = { endpoint, localAddress: '198.51.100.1', confirmed: false, packets: 1, errors: 0, rttMs: undefined };
      rtpengine.statistics = new Map([['access', [ue]]]);
      gateway.emit('unanswered', { stream, remote, port: 80 }, 3);
      await turn();
      await anchor.release('c');
      return gateway.wonBack;
    }

    test('C18: has its media won back if rtpengine sends them elsewhere', async () => {
      expect(await whileMediaGoesTo({ address: '203.0.113.66', port: 50001 })).toEqual([['uf0gen1', 3]]);
      expect(await whileMediaGoesTo({ ...mapped, port: 40001 })).toEqual([['uf0gen1', 3]]);
    });

    test('C18: has a silent far end if rtpengine sends there', async () => {
      expect(await whileMediaGoesTo(mapped)).toEqual([]);
    });
  });

  test.each([undefined, false, true])(
    'S17: media goes where the core says, in its offers and answers; where it is to be learned (%s), elsewhere',
    async (learnsCore) => {
      const { anchor, rtpengine } = anchorWith(learnsCore === undefined ? {} : { learnsCore });
      await anchor.offer('1', 'access', iceOffer);
      await anchor.answer('1', 'core', coreAnswer);
      await anchor.offer('2', 'core', coreAnswer);
      const [, answer, offer] = rtpengine.received;
      for (const ofCore of [answer, offer])
        expect(ofCore?.flags).toEqual(learnsCore === true ? undefined : ['endpoint-learning-off']);
    },
  );

  test('close releases all calls, takes no new ones and may be called twice', async () => {
    const { anchor, rtpengine, gateway } = anchorWith();
    await anchor.offer('a', 'access', iceOffer);
    await anchor.offer('b', 'core', coreAnswer);
    await anchor.close();
    await anchor.close();
    expect(rtpengine.deleted).toEqual(['a', 'b']);
    expect(gateway.ufrags()).toEqual([]);
    expect(gateway.listenerCount('selected')).toBe(0);
    await expect(anchor.offer('d', 'access', ueSdp(...audio))).rejects.toMatchObject({ sipStatus: 503 });
  });
});
