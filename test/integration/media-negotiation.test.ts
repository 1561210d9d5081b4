import type { Side } from '../../lib/media/media-anchor';
import { rtp, UdpEnd } from './support/media-ends';
import { describeWithRtpengine, mediaLine, RealAnchor } from './support/real-anchor';

const addresses: Record<Side, string> = { access: '127.0.0.2', core: '127.0.0.3' };
const ends: Record<Side, string> = { access: '127.0.0.5', core: '127.0.0.4' };

const other = (side: Side): Side => (side === 'access' ? 'core' : 'access');

const sdp = (side: Side, ...lines: string[]) =>
  ['v=0', `o=- 1 1 IN IP4 ${ends[side]}`, 's=-', `c=IN IP4 ${ends[side]}`, 't=0 0', ...lines, ''].join('\r\n');

/** A packet of that payload type. */
function packet(payloadType: number, text: string): Buffer {
  const bytes = rtp(7, payloadType, text);
  bytes[1] = payloadType;
  return bytes;
}

describeWithRtpengine('what UE and core agree on, with a real rtpengine between', () => {
  let parts: RealAnchor;
  let calls = 0;
  let call: string;
  let at: Record<Side, UdpEnd>;

  beforeAll(async () => {
    parts = await RealAnchor.start({ access: addresses.access, core: addresses.core });
  });
  afterAll(() => parts.close());
  beforeEach(async () => {
    call = `media-negotiation-${process.pid}-${calls++}`;
    at = { access: await UdpEnd.open(ends.access), core: await UdpEnd.open(ends.core) };
  });
  afterEach(async () => {
    await parts.anchor.release(call);
    for (const end of Object.values(at)) end.close();
  });

  /** An offer of that side and the answer of the other; each end then sends to where it was told. */
  async function exchange(
    from: Side,
    offer: readonly string[],
    answer: readonly string[],
  ): Promise<Record<'offer' | 'answer', string>> {
    const lines = (side: Side, [first = '', ...rest]: readonly string[]) =>
      sdp(side, first.replace(/^(m=\S+) \d+/, `$1 ${at[side].port}`), ...rest);
    const ue = { address: ends.access };
    const offered = await parts.anchor.offer(call, from, lines(from, offer), ue);
    const answered = await parts.anchor.answer(call, other(from), lines(other(from), answer));
    at[other(from)].to = { address: addresses[other(from)], port: mediaLine(offered).port };
    at[from].to = { address: addresses[from], port: mediaLine(answered).port };
    return { offer: offered, answer: answered };
  }

  const opusAt = (number: number) => `a=rtpmap:${number} opus/48000/2`;
  const eventsAt = (number: number) => `a=rtpmap:${number} telephone-event/8000`;

  test.each(['access', 'core'] as const)(
    'B25: media passes under the numbers of offer and answer both, %s offers',
    async (from) => {
      const offers = ['m=audio 9 RTP/AVP 111 126', opusAt(111), eventsAt(126)];
      const answers = ['m=audio 9 RTP/AVP 96 101', opusAt(96), eventsAt(101)];
      for (const [offer, answer] of [
        [offers, answers],
        [answers, offers],
      ] as const) {
        const { answer: got } = await exchange(from, offer, answer);
        expect(got).toContain(answer.slice(1).join('\r\n'));
        expect(mediaLine(got).formats).toBe(mediaLine(sdp('core', ...answer)).formats);
        for (const number of [111, 126, 96, 101])
          for (const side of ['access', 'core'] as const) {
            const text = `${number} of ${side}, offered ${mediaLine(got).formats}`;
            at[side].send(packet(number, text));
            await at[other(side)].hears(text);
          }
      }
    },
  );

  test.each(['access', 'core'] as const)(
    'B29: a UE that is ICE-lite itself has media both ways, %s offers',
    async (from) => {
      const credentials = ['a=ice-ufrag:ueUF', 'a=ice-pwd:uepwduepwduepwduepwd12'];
      const candidate = `a=candidate:1 1 UDP 2130706431 ${ends.access} ${at.access.port} typ host`;
      const ofUe = ['m=audio 9 RTP/AVP 0', 'a=ice-lite', ...credentials, candidate, 'a=rtcp-mux'];
      const ofCore = ['m=audio 9 RTP/AVP 0'];
      await exchange(from, ...(from === 'access' ? ([ofUe, ofCore] as const) : ([ofCore, ofUe] as const)));
      for (const side of ['access', 'core'] as const) {
        at[side].send(packet(0, `of ${side}`));
        await at[other(side)].hears(`of ${side}`);
      }
    },
  );
});
