import { withoutRtcpPayloadTypes } from '../../../lib/sdp/payload-types';
import { parseSdp } from '../../../lib/sdp/sdp';
import { textsOf } from './texts';

const head = ['v=0', 'o=- 1 1 IN IP4 192.0.2.5', 's=-', 'c=IN IP4 192.0.2.5', 't=0 0'];
const sectionsOf = (...lines: string[]) =>
  textsOf(withoutRtcpPayloadTypes(parseSdp([...head, ...lines].join('\n')))).media;

describe('D4: payload types 64-95', () => {
  test('are taken out of a line with rtcp-mux, with all that is said of them; the others stay as they are', () => {
    const others = ['a=rtpmap:63 A/8000', 'a=fmtp:96 apt=63', 'a=rtcp-fb:* nack', 'a=rtcp-mux', 'a=x:72 y'];
    expect(
      sectionsOf(
        'm=video 5000 RTP/SAVPF 63 64 96 72 95',
        ...others,
        'a=rtpmap:64 B/90000',
        'a=fmtp:72 x=1',
        'a=rtcp-fb:95 nack pli',
      ),
    ).toEqual([['m=video 5000 RTP/SAVPF 63 96', ...others]]);
  });

  test('take with them what carries one of them', () => {
    const rtx = ['a=fmtp:45 apt=72', 'a=fmtp:97 x=1;apt=96', 'a=fmtp:63 111/72'];
    expect(sectionsOf('m=video 5000 RTP/AVPF 72 45 96 97 63', ...rtx, 'a=rtcp-mux')).toEqual([
      ['m=video 5000 RTP/AVPF 96 97', 'a=fmtp:97 x=1;apt=96', 'a=rtcp-mux'],
    ]);
  });

  test('decline a line that has no others', () => {
    expect(sectionsOf('m=audio 5000 RTP/AVP 72', 'a=rtpmap:72 A/8000', 'a=rtcp-mux')).toEqual([
      ['m=audio 0 RTP/AVP 72'],
    ]);
  });

  test.each([
    ['RTCP has a port of its own', ['m=audio 5000 RTP/AVP 72', 'a=rtpmap:72 A/8000']],
    ['the line is no RTP', ['m=image 5000 udptl 72', 'a=rtcp-mux']],
    ['there are none', ['m=audio 5000 RTP/AVP 0 8 63 96 101', 'a=rtcp-mux']],
  ])('nothing is changed where %s', (_, lines) => {
    expect(sectionsOf(...lines)).toEqual([lines]);
  });
});
