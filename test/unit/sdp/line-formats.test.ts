import { withFormatsOf, withOfferedFormats, withoutCarriersOfOthers } from '../../../lib/sdp/line-formats';
import { SdpLine } from '../../../lib/sdp/sdp-line';
import { SdpPart } from '../../../lib/sdp/sdp-part';
import { sectionOf, textsIn, textsOf } from './texts';

const reply = ['m=audio 40000 RTP/AVP 0', 'c=IN IP4 192.0.2.1', 'b=AS:64', 'a=rtpmap:0 PCMU/8000', 'a=sendrecv'];
const rest = ['c=IN IP4 192.0.2.1', 'b=AS:64'];

describe('B24, B25: the formats of a line are those of its sender', () => {
  test.each([
    [
      'S5: a codec under another number',
      ['m=audio 6000 RTP/AVP 0 101', 'c=IN IP4 203.0.113.9', 'a=rtpmap:101 telephone-event/8000', 'a=fmtp:101 0-15'],
      ['m=audio 40000 RTP/AVP 0 101', ...rest, 'a=rtpmap:101 telephone-event/8000', 'a=fmtp:101 0-15', 'a=sendrecv'],
    ],
    [
      'feedback, for all formats and for one',
      ['m=audio 6000 RTP/AVPF 96', 'a=rtcp-fb:* nack', 'a=x-other', 'a=rtpmap:96 opus/48000/2', 'a=rtcp-fb:96 ccm fir'],
      [
        ...['m=audio 40000 RTP/AVP 96', ...rest],
        ...['a=rtcp-fb:* nack', 'a=rtpmap:96 opus/48000/2', 'a=rtcp-fb:96 ccm fir', 'a=sendrecv'],
      ],
    ],
    [
      'S4: no rtpmap, none written',
      ['m=audio 6000 RTP/AVP 0 101'],
      ['m=audio 40000 RTP/AVP 0 101', ...rest, 'a=sendrecv'],
    ],
  ])('%s', (_, sender, expected) => {
    expect(textsIn(withFormatsOf(sectionOf(reply), sectionOf(sender)))).toEqual(expected);
  });

  test.each([
    ['declined here', ['m=audio 0 RTP/AVP 0'], ['m=audio 6000 RTP/AVP 8']],
    ['declined there', reply, ['m=audio 0 RTP/AVP 8']],
    ['no RTP', ['m=image 40000 udptl t38'], ['m=image 6000 udptl t38', 'a=fmtp:1 x']],
    ['of RTP before, and of none now', ['m=image 40000 udptl t38'], ['m=audio 6000 RTP/AVP 8']],
  ])('a line that is %s stays as it is', (_, section, sender) => {
    const ours = sectionOf(section);
    expect(withFormatsOf(ours, sectionOf(sender))).toBe(ours);
  });

  test('rtpengine is shown an answer with the formats of the offer, in their numbers', () => {
    const session = new SdpPart([new SdpLine('v=0')]);
    const sdp = (...lines: string[]) => ({ session, media: [sectionOf(lines)] });
    const answer = sdp('m=audio 6000 RTP/AVP 96', 'a=rtpmap:96 opus/48000/2', 'a=sendonly');
    const offer = sdp('m=audio 5000 RTP/AVP 111 0', 'a=rtpmap:111 opus/48000/2', 'a=recvonly');
    expect(textsOf(withOfferedFormats(answer, offer))).toEqual({
      session: ['v=0'],
      media: [['m=audio 6000 RTP/AVP 111 0', 'a=rtpmap:111 opus/48000/2', 'a=sendonly']],
    });
  });
});

test.each([
  ['a retransmission of one that is there', ['a=fmtp:97 apt=96'], ['96', '97']],
  ['of none', ['a=fmtp:97 apt=98'], ['96']],
  ['of none, among others', ['a=fmtp:97 rtx-time=3000; apt=98'], ['96']],
  ['redundancy of one that is there', ['a=fmtp:97 96/96'], ['96', '97']],
  ['of one that is not', ['a=fmtp:97 96/98'], ['96']],
  ['of one that goes with another', ['a=fmtp:96 apt=98', 'a=fmtp:97 96/96'], []],
  ['events and other numbers', ['a=fmtp:97 0-15', 'a=fmtp:96 16'], ['96', '97']],
  ['another parameter', ['a=fmtp:97 adapt=98'], ['96', '97']],
])('S4, B24: payload types that carry others, %s', (_, section, left) => {
  expect(withoutCarriersOfOthers(['96', '97'], sectionOf(['m=audio 1 RTP/AVP 96 97', ...section]))).toEqual(left);
});
