import { anchorWith, coreSdp, iceOffer, mediaOf, ueSdp } from './fixtures';

const eventsAt = (number: number) => [`a=rtpmap:${number} telephone-event/8000`, `a=fmtp:${number} 0-15`];
const formatsOf = (sdp: string) => mediaOf(sdp).map(({ formats }) => formats);

describe('B25: the payload numbers of an answer', () => {
  const opusAt = (number: number) => `a=rtpmap:${number} opus/48000/2`;

  test.each([
    ['telephone-event', ['0 126', ...eventsAt(126)], ['0 101', ...eventsAt(101)]],
    ['opus', ['111', opusAt(111)], ['96', opusAt(96)]],
    ['two that are swapped', ['96 97', opusAt(96), ...eventsAt(97)], ['97 96', opusAt(97), ...eventsAt(96)]],
  ])('S5: %s, whoever offers', async (_, [offered = '', ...ofOffer], [answered = '', ...ofAnswer]) => {
    for (const [from, to] of [
      ['access', 'core'],
      ['core', 'access'],
    ] as const) {
      const { anchor, rtpengine } = anchorWith();
      const sdpOf = (side: 'access' | 'core') => (side === 'access' ? ueSdp : coreSdp);
      const offer = await anchor.offer('c', from, sdpOf(from)(`m=audio 5000 RTP/AVP ${offered}`, ...ofOffer));
      const answer = await anchor.answer('c', to, sdpOf(to)(`m=audio 6000 RTP/AVP ${answered}`, ...ofAnswer));
      expect(formatsOf(offer)).toEqual([offered]);
      expect(formatsOf(answer)).toEqual([answered]);
      for (const line of ofAnswer) expect(answer).toContain(`\r\n${line}\r\n`);
      expect(formatsOf(rtpengine.received.at(-1)!.sdp)).toEqual([offered]);
    }
  });

  test('D4: those that look like RTCP stay out of it', async () => {
    const { anchor } = anchorWith();
    await anchor.offer('c', 'access', iceOffer);
    const answer = coreSdp('m=audio 6000 RTP/AVP 0 72', 'a=rtpmap:72 x/8000');
    expect(formatsOf(await anchor.answer('c', 'core', answer))).toEqual(['0']);
  });
});
