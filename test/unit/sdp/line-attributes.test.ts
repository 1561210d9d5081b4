import { withLineAttributes } from '../../../lib/sdp/line-attributes';
import { parseSdp } from '../../../lib/sdp/sdp';
import { textsOf } from './texts';

const head = ['v=0', 'o=- 1 1 IN IP4 192.0.2.5', 's=-', 't=0 0'];
const audio = 'm=audio 5000 RTP/AVP 0';
const msrp = 'm=message 2855 TCP/MSRP *';
const sdp = (session: string[], ...media: string[]) => parseSdp([...head, ...session, ...media].join('\n'));

test.each([
  ['a line that does not say it', ['a=ptime:20', 'a=rtcp-mux'], [audio], [[audio, 'a=ptime:20', 'a=rtcp-mux']]],
  ['no line that does', ['a=ptime:20'], [audio, 'a=ptime:40'], [[audio, 'a=ptime:40']]],
  ['lines of RTP alone', ['a=crypto:1 X inline:y'], [msrp, audio], [[msrp], [audio, 'a=crypto:1 X inline:y']]],
  [
    'each of several of a name',
    ['a=candidate:1', 'a=candidate:2'],
    [audio],
    [[audio, 'a=candidate:1', 'a=candidate:2']],
  ],
])('B24: what belongs on lines and stands in the session part is for %s', (_, session, media, expected) => {
  const moved = textsOf(withLineAttributes(sdp(session, ...media)));
  expect(moved.session).toEqual(head);
  expect(moved.media).toEqual(expected);
});

test('B3: what may stand in the session part stays there', () => {
  const said = sdp(['a=sendonly', 'a=group:LS a', 'a=extmap:1 urn:x', 'a=ice-options:ice2', 'a=x'], audio);
  expect(textsOf(withLineAttributes(said))).toEqual(textsOf(said));
});
