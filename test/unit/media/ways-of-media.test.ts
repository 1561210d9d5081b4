import { setImmediate } from 'node:timers/promises';
import type { LineStatistics } from '../../../lib/rtpengine/call-statistics';
import { FakeRtpengine } from './fake-rtpengine';
import {
  anchorWith,
  audio,
  coreAnswer,
  coreAudio,
  coreSdp,
  ice,
  iceOffer,
  mediaOf,
  plainOffer,
  ueSdp,
} from './fixtures';

const video = ['m=video 5002 RTP/AVP 34', 'a=ice-ufrag:ueVF', 'a=ice-pwd:videpwduepwduepwduepw12', 'a=rtcp-mux'];
const candidate = 'a=candidate:1 1 UDP 2130706431 10.0.0.5 5002 typ host';
const withVideo = ueSdp(...audio, ...ice, 'a=rtcp-mux', ...video, candidate);
const coreVideo = coreSdp(...coreAudio, 'm=video 6002 RTP/AVP 34');

function told({ received }: FakeRtpengine, from = 0) {
  return received.slice(from).map(({ command, sdp, ...options }) => ({
    command,
    from: options['from-tag'],
    ufrags: mediaOf(sdp).map(({ ufrag }) => ufrag),
  }));
}

/** A call with ICE on both lines of the UE, which calls or is called. */
async function answered(caller: 'access' | 'core' = 'access') {
  const rtpengine = new FakeRtpengine();
  rtpengine.restarts = true;
  const around = anchorWith({ nodes: [rtpengine] });
  if (caller === 'access') {
    await around.anchor.offer('c', 'access', withVideo);
    await around.anchor.answer('c', 'core', coreVideo);
  } else {
    await around.anchor.offer('c', 'core', coreVideo);
    await around.anchor.answer('c', 'access', withVideo);
  }
  return { ...around, rtpengine, asked: rtpengine.received.length };
}

describe('C19: an ICE restart that the UE is offered', () => {
  test.each(['access', 'core'] as const)(
    'C19: whoever called (%s), has other credentials on each line',
    async (caller) => {
      const { anchor, rtpengine, asked } = await answered(caller);
      const offer = (await anchor.restartIce('c')) ?? '';
      expect(mediaOf(offer).map(({ ufrag }) => ufrag)).toEqual(['uf0gen2', 'uf1gen2']);
      const [restarted, offered, ...more] = told(rtpengine, asked);
      expect(more).toEqual([]);
      expect(restarted).toMatchObject({ command: 'offer', from: 'access' });
      // Made up, each by itself: rtpengine makes new ones of its own.
      expect(new Set([...restarted!.ufrags, 'ueUF', 'ueVF', undefined]).size).toBe(5);
      expect(offered).toMatchObject({ command: 'offer', from: 'core' });
      expect(mediaOf(rtpengine.received.at(-1)!.sdp)[0]).toMatchObject({ address: '203.0.113.9', port: 6000 });
      const towardCore = await anchor.answer('c', 'access', withVideo.replaceAll(/ue[UV]F/g, 'ueNew'));
      expect(mediaOf(towardCore)).toHaveLength(2);
    },
  );

  test('C19: leaves lines without ICE, and declined ones, as they are', async () => {
    const rtpengine = new FakeRtpengine();
    const { anchor } = anchorWith({ nodes: [rtpengine] });
    const mixed = ueSdp(
      ...audio,
      ...ice,
      'a=rtcp-mux',
      'm=video 5002 RTP/AVP 34',
      'm=audio 0 RTP/AVP 0',
      ...ice.slice(0, 2),
    );
    await anchor.offer('c', 'access', mixed);
    await anchor.answer('c', 'core', coreSdp(...coreAudio, 'm=video 6002 RTP/AVP 34', 'm=audio 0 RTP/AVP 0'));
    await anchor.restartIce('c');
    const [restarted] = told(rtpengine, 2);
    expect(restarted?.ufrags[0]).toMatch(/^[\w+/]{8}$/);
    expect(restarted?.ufrags.slice(1)).toEqual([undefined, undefined]);
  });

  test.each<[string, (around: Awaited<ReturnType<typeof answered>>) => Promise<unknown>, string]>([
    ['a call without an answer', async ({ anchor }) => anchor.offer('early', 'access', iceOffer), 'early'],
    [
      'a UE without ICE',
      async ({ anchor }) => {
        await anchor.offer('plain', 'access', plainOffer);
        await anchor.answer('plain', 'core', coreAnswer);
      },
      'plain',
    ],
    ['a call with an offer under way', async ({ anchor }) => anchor.offer('c', 'core', coreVideo), 'c'],
  ])('C19: is none in %s', async (_, prepare, call) => {
    const around = await answered();
    await prepare(around);
    const { length } = around.rtpengine.received;
    expect(await around.anchor.restartIce(call)).toBeUndefined();
    expect(around.rtpengine.received).toHaveLength(length);
  });
});

describe('S21, C19: a UE that is back on UDP, which rtpengine drops', () => {
  const raised = { address: '127.0.0.1', port: 40_000, priority: 511 };
  const ourSocket = { address: raised.address, port: raised.port };

  /** Two looks at its second line, between which packets came from elsewhere. */
  async function unheard(around: Awaited<ReturnType<typeof answered>>): Promise<void> {
    const { anchor, gateway, rtpengine } = around;
    const line = (errors: number): LineStatistics => ({
      ...{ endpoint: ourSocket, localAddress: '198.51.100.1', confirmed: true, packets: errors + 9, errors },
      rttMs: undefined,
    });
    gateway.raised = [raised];
    const stream = [...gateway.streams.values()].find((each) => each.line === 1)!;
    for (const [look, errors] of [5, 50].entries()) {
      rtpengine.statistics = new Map([['access', [line(0), line(errors)]]]);
      gateway.emit('unheard', { stream, remote: ourSocket, port: 80 }, look + 1);
      for (let i = 0; i < 20; i++) await setImmediate();
    }
    expect(anchor.calls).toBe(1);
  }

  test.each(['access', 'core'] as const)(
    'C19: rtpengine is told again what was agreed, with our candidates on that line of the UE alone; caller: %s',
    async (caller) => {
      const around = await answered(caller);
      const { rtpengine, gateway, asked } = around;
      await unheard(around);
      // The answer of the other side: its tags are those of a reply.
      expect(told(rtpengine, asked).map(({ command, from }) => [command, from])).toEqual([
        ['offer', caller],
        ['answer', caller],
      ]);
      const bySide = (side: string) =>
        rtpengine.received
          .slice(asked)
          .filter((each) => (each.command === 'offer' ? each['from-tag'] : each['to-tag']) === side)
          .map(({ sdp }) => mediaOf(sdp).map(({ candidates }) => candidates.filter(({ type }) => type === 'prflx')));
      expect(bySide('access')).toEqual([[[], [expect.objectContaining(raised)]]]);
      expect(bySide('core')).toEqual([[[], []]]);
      expect(gateway.lowered).toEqual(['uf1gen1']);
      // Of what was agreed nothing has changed.
      await around.anchor.offer('c', 'core', coreVideo);
      await around.anchor.rollback('c');
      expect(JSON.stringify(rtpengine.received.slice(-2))).not.toContain('prflx');
    },
  );

  test('C19: not while an offer is under way: it would be taken back by that', async () => {
    const around = await answered();
    await around.anchor.offer('c', 'core', coreVideo);
    const { length } = around.rtpengine.received;
    await unheard(around);
    expect(around.rtpengine.received).toHaveLength(length);
    expect(around.gateway.lowered).toEqual([]);
  });
});
