import { EdgeError } from '../../../lib/errors';
import type { FakeRtpengine } from './fake-rtpengine';
import { anchorWith, coreAnswer, coreAudio, coreSdp, iceOffer, mediaOf, udpCandidate, ueSdp } from './fixtures';

const hold = coreAnswer.replace('203.0.113.9', '203.0.113.10').replace('sendrecv', 'sendonly');
const withVideo = coreSdp(...coreAudio, 'm=video 6002 RTP/AVP 34');
const restart = iceOffer.replace('ueUF', 'ueU2').replace('uepwd', 'uepwX');
const silent = () => new EdgeError('anchor-unavailable', 'timeout', { sipStatus: 503 });

/** A call of a UE that does ICE, answered. */
async function answered() {
  const around = anchorWith();
  const towardCore = await around.anchor.offer('c', 'access', iceOffer);
  const towardUe = await around.anchor.answer('c', 'core', coreAnswer);
  return { ...around, towardCore, towardUe };
}

function versionOf(sdp: string): number {
  return Number(/^o=- \d+ (\d+) /m.exec(sdp)?.[1]);
}

function told({ received }: FakeRtpengine) {
  return received.map(({ command, sdp }) => [command, mediaOf(sdp)[0]?.address, mediaOf(sdp)[0]?.ufrag]);
}

describe('a refused offer', () => {
  test('G16: rtpengine is told the last complete exchange again, with the same options', async () => {
    const { anchor, rtpengine } = await answered();
    await anchor.offer('c', 'core', hold);
    await anchor.rollback('c');
    const [offer, answer, , ...replayed] = rtpengine.received;
    expect(replayed).toEqual([{ ...offer, 'to-tag': 'core', 'address-family': 'IP4' }, answer]);
  });

  test('F6: with the last of several answers', async () => {
    const { anchor, rtpengine } = await answered();
    await anchor.answer('c', 'core', coreAnswer.replace('m=audio 6000', 'm=audio 7000'));
    await anchor.offer('c', 'access', iceOffer);
    await anchor.rollback('c');
    expect(mediaOf(rtpengine.received.at(-1)!.sdp)[0]).toMatchObject({ port: 7000 });
  });

  test('the stream of a line that it added is closed, and rtpengine sees that line declined', async () => {
    const { anchor, rtpengine, gateway } = await answered();
    await anchor.offer('c', 'core', withVideo);
    expect(gateway.ufrags()).toEqual(['uf0gen1', 'uf1gen1']);
    await anchor.rollback('c');
    expect(gateway.ufrags()).toEqual(['uf0gen1']);
    for (const { sdp } of rtpengine.received.slice(-2)) expect(mediaOf(sdp)[1]).toMatchObject({ port: 0 });
    await anchor.offer('c', 'core', withVideo);
    expect(gateway.ufrags()).toEqual(['uf0gen1', 'uf1gen1']);
  });

  test('F2: the stream that it replaced is the current one again', async () => {
    const { anchor, rtpengine, gateway, towardUe } = await answered();
    const before = [...gateway.streams.values()];
    rtpengine.generation = 2;
    await anchor.offer('c', 'core', hold);
    expect(gateway.ufrags()).toEqual(['uf0gen1', 'uf0gen2']);
    gateway.emit('selected', {
      stream: gateway.streams.get('uf0gen2')!,
      remote: { address: '203.0.113.5', port: 5 },
      port: 80,
    });
    rtpengine.generation = 1;
    await anchor.rollback('c');
    expect([...gateway.streams.values()]).toEqual(before);
    expect(mediaOf(await anchor.offer('c', 'core', coreAnswer))[0]).toMatchObject({
      ufrag: mediaOf(towardUe)[0]!.ufrag,
    });
    expect(gateway.ufrags()).toEqual(['uf0gen1']);
  });

  test('E5: after a restart that the UE has not nominated yet leaves both ufrags open', async () => {
    const { anchor, rtpengine, gateway } = await answered();
    rtpengine.generation = 2;
    await anchor.offer('c', 'access', restart);
    await anchor.answer('c', 'core', coreAnswer);
    await anchor.offer('c', 'core', hold);
    await anchor.rollback('c');
    expect(gateway.ufrags()).toEqual(['uf0gen1', 'uf0gen2']);
  });

  test('the SDP after it has a version that neither side has seen, whatever it says', async () => {
    const { anchor, towardUe } = await answered();
    const refused = await anchor.offer('c', 'core', hold);
    await anchor.rollback('c');
    const same = await anchor.offer('c', 'core', coreAnswer);
    expect([towardUe, refused, same].map(versionOf)).toEqual([1, 2, 3]);
  });

  test('is taken back after what was asked before, and before what is asked later', async () => {
    const { anchor, rtpengine } = await answered();
    const later = [anchor.offer('c', 'core', hold), anchor.rollback('c'), anchor.offer('c', 'access', iceOffer)];
    await Promise.all(later);
    expect(rtpengine.received.slice(2).map((command) => [command.command, command['from-tag']])).toEqual([
      ['offer', 'core'],
      ['offer', 'access'],
      ['answer', 'access'],
      ['offer', 'access'],
    ]);
  });

  test('that rtpengine does not take back can be taken back again', async () => {
    const { anchor, rtpengine, gateway } = await answered();
    await anchor.offer('c', 'core', withVideo);
    rtpengine.failure = silent();
    await expect(anchor.rollback('c')).rejects.toMatchObject({ code: 'anchor-unavailable' });
    rtpengine.failure = undefined;
    await anchor.rollback('c');
    expect(gateway.ufrags()).toEqual(['uf0gen1']);
    expect(rtpengine.deleted).toEqual([]);
  });

  test.each<[string, (around: Awaited<ReturnType<typeof answered>>) => Promise<unknown>]>([
    ['an exchange that is complete', () => Promise.resolve()],
    [
      'an offer that was taken back',
      async ({ anchor }) => {
        await anchor.offer('c', 'core', hold);
        await anchor.rollback('c');
      },
    ],
    ['a call that was released', ({ anchor }) => anchor.release('c')],
  ])('there is none: %s is left alone', async (_, prepare) => {
    const around = await answered();
    await prepare(around);
    const before = around.rtpengine.received.length;
    await around.anchor.rollback('c');
    expect(around.rtpengine.received).toHaveLength(before);
  });

  test('there is none to restore: an unknown call and a first offer are left alone', async () => {
    const { anchor, rtpengine, gateway } = anchorWith();
    await anchor.rollback('unknown');
    await anchor.offer('c', 'core', coreAnswer);
    const { length } = rtpengine.received;
    await anchor.rollback('c');
    expect(rtpengine.received).toHaveLength(length);
    expect(gateway.ufrags()).toEqual(['uf0gen1']);
    expect(anchor.calls).toBe(1);
  });

  test('a release while it is taken back is no fault', async () => {
    const { anchor, rtpengine, gateway } = await answered();
    await anchor.offer('c', 'core', withVideo);
    let open: () => void = () => undefined;
    rtpengine.gate = new Promise((resolve) => (open = resolve));
    const rollback = anchor.rollback('c');
    const released = anchor.release('c');
    open();
    await Promise.all([rollback, released]);
    expect(gateway.ufrags()).toEqual([]);
    expect(rtpengine.deleted).toEqual(['c']);
  });
});

describe('an ICE restart of the UE', () => {
  test('E5: is kept from rtpengine until the answer has come', async () => {
    const { anchor, rtpengine } = await answered();
    await anchor.offer('c', 'access', restart);
    expect(told(rtpengine).slice(2)).toEqual([['offer', '127.0.0.1', 'ueUF']]);
    await anchor.answer('c', 'core', coreAnswer);
    await anchor.answer('c', 'core', coreAnswer);
    expect(told(rtpengine).slice(3)).toEqual([
      ['offer', '127.0.0.1', 'ueU2'],
      ['answer', '203.0.113.9', undefined],
      ['answer', '203.0.113.9', undefined],
    ]);
    expect(mediaOf(rtpengine.received[3]!.sdp)).toEqual([
      { ...mediaOf(restart.replace(/a=candidate:2.*\r\n/, ''))[0], address: '127.0.0.1', port: 9 },
    ]);
  });

  test('F2: and for ever, if it is refused', async () => {
    const { anchor, rtpengine } = await answered();
    await anchor.offer('c', 'access', restart);
    await anchor.rollback('c');
    expect(new Set(told(rtpengine).map(([, , ufrag]) => ufrag))).toEqual(new Set(['ueUF', undefined]));
  });

  test('of one line leaves the others alone', async () => {
    const sessionIce = ['a=ice-ufrag:ueUF', 'a=ice-pwd:uepwduepwduepwduepwd12'];
    const video = ['m=video 5000 RTP/AVP 34', udpCandidate, 'a=rtcp-mux'];
    const lines = ['m=audio 5000 RTP/AVP 0', udpCandidate, 'a=rtcp-mux', ...video];
    const { anchor, rtpengine } = anchorWith();
    await anchor.offer('c', 'access', ueSdp(...sessionIce, ...lines));
    await anchor.answer('c', 'core', withVideo);
    const own = ['a=ice-ufrag:ueU2', 'a=ice-pwd:uepwXuepwXuepwXuepwX12'];
    await anchor.offer('c', 'access', ueSdp(...sessionIce, ...lines, ...own));
    expect(mediaOf(rtpengine.received[2]!.sdp).map(({ ufrag }) => ufrag)).toEqual(['ueUF', 'ueUF']);
    await anchor.answer('c', 'core', withVideo);
    expect(mediaOf(rtpengine.received[3]!.sdp).map(({ ufrag }) => ufrag)).toEqual(['ueUF', 'ueU2']);
  });
});
