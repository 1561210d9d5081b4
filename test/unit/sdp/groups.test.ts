import { withGroupsOf, withLiveGroups } from '../../../lib/sdp/groups';
import { parseSdp, type Sdp } from '../../../lib/sdp/sdp';
import { textsOf } from './texts';

const head = ['v=0', 'o=- 1 1 IN IP4 192.0.2.5', 's=-', 't=0 0'];
const lines = [
  'm=audio 5000 RTP/AVP 0',
  'a=mid:a',
  'm=video 5002 RTP/AVP 34',
  'a=mid:v',
  'm=video 0 RTP/AVP 34',
  'a=mid:w',
];
const sdp = (...groups: string[]) => parseSdp([...head, ...groups, ...lines].join('\n'));
const groupsOf = (whole: Sdp) => textsOf(whole).session.slice(head.length);

test.each([
  ['what was left out', [], ['a=group:LS a v'], ['a=group:LS a v']],
  ['what was left', ['a=group:LS a v'], ['a=group:LS a v'], ['a=group:LS a v']],
  [
    'BUNDLE, which is for another to say',
    ['a=group:BUNDLE a'],
    ['a=group:BUNDLE a v', 'a=group:LS a'],
    ['a=group:BUNDLE a', 'a=group:LS a'],
  ],
  ['nothing', ['a=group:BUNDLE a'], ['a=group:BUNDLE a v'], ['a=group:BUNDLE a']],
])('B24: groups come back that rtpengine leaves out: %s', (_, written, shown, expected) => {
  expect(groupsOf(withGroupsOf(sdp(...written), sdp(...shown)))).toEqual(expected);
});

test.each([
  ['a line that is not used', ['a=group:LS a v w'], ['a=group:LS a v']],
  ['a line that is not there', ['a=group:LS a x v'], ['a=group:LS a v']],
  ['none that is used', ['a=group:FID w', 'a=group:LS a v'], ['a=group:LS a v']],
  ['a bundled line with port 0', ['a=group:BUNDLE a w'], ['a=group:BUNDLE a w']],
])('B24: a group names lines in use: %s', (_, groups, expected) => {
  expect(groupsOf(withLiveGroups(sdp(...groups)))).toEqual(expected);
});
