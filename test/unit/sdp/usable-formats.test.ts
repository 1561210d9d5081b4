import { parseSdp } from '../../../lib/sdp/sdp';
import { withUsableFormats } from '../../../lib/sdp/usable-formats';
import { textsOf } from './texts';

const sdp = (...lines: string[]) => parseSdp(['v=0', 'o=- 1 1 IN IP4 192.0.2.5', 's=-', 't=0 0', ...lines].join('\n'));
const usable = (said: string[], ...agreed: string[][]) =>
  textsOf(
    withUsableFormats(
      sdp(...said),
      agreed.map((lines) => sdp(...lines)),
    ),
  ).media.flat();
const event = 'a=rtpmap:101 telephone-event/8000';

test.each([
  ['all mapped', ['m=audio 1 RTP/AVP 0 101', event, 'a=fmtp:101 0-15', 'a=rtcp-fb:* nack']],
  ['mapped in TCP', ['m=audio 9 TCP/RTP/AVP 0']],
  ['a static number that is mapped all the same', ['m=audio 1 RTP/AVP 0', 'a=rtpmap:0 PCMU/8000']],
  ['parameters of an encoding', ['m=audio 1 RTP/AVP 111', 'a=rtpmap:111 opus/48000/2']],
  ['no RTP', ['m=image 1 udptl t38', 'a=rtpmap:101 /0']],
  ['a data channel of before RFC 8841', ['m=application 9 DTLS/SCTP 5000', 'a=sctpmap:5000 webrtc-datachannel 1024']],
])('B24: nothing is changed, %s', (_, lines) => {
  const said = sdp(...lines);
  expect(textsOf(withUsableFormats(said, []))).toEqual(textsOf(said));
});

test.each<[name: string, said: string[], agreed: string[][], expected: string[]]>([
  [
    'none says it',
    ['m=audio 1 RTP/AVP 0 101', 'a=fmtp:101 0-15', 'a=ptime:20'],
    [],
    ['m=audio 1 RTP/AVP 0', 'a=ptime:20'],
  ],
  [
    'the other side',
    ['m=audio 1 RTP/AVP 0 101'],
    [['m=audio 1 RTP/AVP 0 101', event]],
    ['m=audio 1 RTP/AVP 0 101', event],
  ],
  [
    'both sides: its own counts most',
    ['m=audio 1 RTP/AVP 96'],
    [
      ['m=audio 1 RTP/AVP 96', 'a=rtpmap:96 G726-32/8000'],
      ['m=audio 1 RTP/AVP 96', 'a=rtpmap:96 iLBC/8000'],
    ],
    ['m=audio 1 RTP/AVP 96', 'a=rtpmap:96 iLBC/8000'],
  ],
  [
    'another kind of line',
    ['m=video 1 RTP/AVP 34 96'],
    [['m=audio 1 RTP/AVP 96', 'a=rtpmap:96 X/8000']],
    ['m=video 1 RTP/AVP 34', 'a=rtpmap:34 H263/90000'],
  ],
  [
    'a static one of video has that of RFC 3551',
    ['m=video 1 RTP/AVP 34 26', 'a=rtpmap:34 H263-2000/90000'],
    [],
    ['m=video 1 RTP/AVP 34 26', 'a=rtpmap:34 H263-2000/90000', 'a=rtpmap:26 JPEG/90000'],
  ],
  ['a mapping of 0 Hz', ['m=audio 1 RTP/AVP 0 101', 'a=rtpmap:101 /0'], [], ['m=audio 1 RTP/AVP 0']],
  ['a mapping without a number', ['m=audio 1 RTP/AVP 0 9', 'a=rtpmap: 9 G722/8000'], [], ['m=audio 1 RTP/AVP 0 9']],
  ['reserved and free numbers', ['m=audio 1 RTP/AVP 1 2 19 20 24 27 35 95 0'], [], ['m=audio 1 RTP/AVP 0']],
  ['no numbers', ['m=audio 1 RTP/AVP * x -1 128 00 8'], [], ['m=audio 1 RTP/AVP 8']],
  ['one twice', ['m=audio 1 RTP/AVP 8 0 8'], [], ['m=audio 1 RTP/AVP 8 0']],
  ['none left', ['m=video 1 RTP/AVP 96', 'a=mid:1', 'a=sendonly'], [], ['m=video 0 RTP/AVP 96', 'a=mid:1']],
  ['none at port 0 that is one', ['m=video 0 RTP/AVP 200 x 96 96'], [], ['m=video 0 RTP/AVP 96']],
  ['none named', ['m=video 1 RTP/AVP'], [], ['m=video 0 RTP/AVP 0']],
])('S4, B24: payload types without a meaning: %s', (_, said, agreed, expected) => {
  expect(usable(said, ...agreed)).toEqual(expected);
});

test.each([
  ['m=video 0 RTP/AVP', 'm=video 0 RTP/AVP 0'],
  ['m=image 0 UDPTL', 'm=image 0 UDPTL t38'],
  ['m=image 5000 udptl', 'm=image 5000 udptl t38'],
  ['m=application 0 UDP/DTLS/SCTP', 'm=application 0 UDP/DTLS/SCTP webrtc-datachannel'],
  ['m=application 0 TCP/BFCP', 'm=application 0 TCP/BFCP *'],
  ['m=message 2855 TCP/MSRP', 'm=message 2855 TCP/MSRP *'],
])('S7, B24: a format for %s', (said, expected) => {
  expect(usable([said])).toEqual([expected]);
});

test('S7, B24: a line that is declined without a format has those that were agreed', () => {
  expect(usable(['m=video 0 RTP/AVP'], ['m=video 1 RTP/AVPF 96 97'])).toEqual(['m=video 0 RTP/AVP 96 97']);
});
