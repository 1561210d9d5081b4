import { atPlaces, ofPlaces, placesIn } from '../../../lib/sdp/line-places';
import { parseSdp } from '../../../lib/sdp/sdp';
import { textsOf } from './texts';

const sdp = (...lines: string[]) => parseSdp(['v=0', 'o=- 1 1 IN IP4 192.0.2.5', 's=-', 't=0 0', ...lines].join('\n'));
const audio = 'm=audio 5000 RTP/AVP 0';
const browserAudio = 'm=audio 9 UDP/TLS/RTP/SAVPF 111';
const video = 'm=video 5002 RTP/AVP 34';
const data = 'm=application 9 UDP/DTLS/SCTP webrtc-datachannel';
const bfcp = 'm=application 5010 TCP/BFCP *';
const fax = 'm=image 5004 udptl t38';
const message = 'm=message 2855 TCP/MSRP *';

test.each([
  ['as many', [audio, video], [audio, video], [0, 1]],
  ['more', [audio], [audio, video], [0, 1]],
  ['none', [audio, video], [], []],
  ['the last one missing', [audio, video], [audio], [0]],
  ['the first one missing', [video, audio], [audio], [1]],
  ['one between missing', [audio, data, video], [audio, video], [0, 2]],
  ['all but the last one missing', [audio, video, fax, message], [message], [3]],
  ['another profile of RTP', [data, browserAudio], [audio], [1]],
  ['two of a kind: the first of them', [audio, audio, video], [audio], [0]],
  ['two of a kind and one behind', [audio, audio, video], [audio, video], [0, 2]],
  ['a data channel is no BFCP', [audio, bfcp, data], [audio, data], [0, 2]],
  ['in another order: by their places', [audio, video, data], [video, audio], [0, 1]],
  ['a line that has become another: by its place', [audio, video], [fax], [0]],
  ['a line that has become another, and one behind', [audio, video, data], [fax, data], [0, 1]],
])('S2, B23: the places of lines, %s', (_, session, said, places) => {
  expect(placesIn(sdp(...session), sdp(...said), [])).toEqual(places);
});

test('S2, B23: what is missing is declined by its reader’s own words, and its sender gets his lines alone', () => {
  const session = sdp(video, 'a=mid:v', 'a=sendonly', audio, 'a=mid:a');
  const whole = atPlaces(sdp(audio, 'a=inactive'), [1], session);
  expect(textsOf(whole).media).toEqual([
    ['m=video 0 RTP/AVP 34', 'a=mid:v'],
    [audio, 'a=inactive'],
  ]);
  expect(textsOf(ofPlaces(whole, [1])).media).toEqual([[audio, 'a=inactive']]);
});

test.each([
  ['by its name', ['a', 'b', 'c'], 'a=mid:c', [0, 2]],
  ['a name that nobody has', ['a', 'b', 'c'], 'a=mid:d', [0, 1]],
  ['the name of a line of another kind', ['c', 'b', 'a'], 'a=mid:c', [0, 1]],
  ['without a name', ['a', 'b', 'c'], 'a=x', [0, 1]],
])('S2, B23: of two of a kind, %s', (_, names, mid, places) => {
  expect(placesIn(sdp(audio, video, video), sdp(audio, video, mid), names)).toEqual(places);
});
