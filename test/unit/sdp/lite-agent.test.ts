import { withoutLiteIce } from '../../../lib/sdp/lite-agent';
import { parseSdp } from '../../../lib/sdp/sdp';
import { textsOf } from './texts';

const ice = ['a=ice-lite', 'a=ice-ufrag:ueUF', 'a=ice-pwd:uepwduepwduepwduepwd12'];
const candidates = [
  'a=candidate:1 1 TCP 2130706431 192.0.2.5 9 typ host tcptype active',
  'a=candidate:2 1 UDP 2130706430 192.0.2.5 5000 typ host',
  'a=candidate:2 2 UDP 2130706429 192.0.2.5 5007 typ host',
];
const plainOf = (m: string, c: string, ...rest: string[]) =>
  textsOf(
    withoutLiteIce(parseSdp(['v=0', 'o=- 1 1 IN IP4 192.0.2.5', m, c, ...ice, ...candidates, ...rest].join('\n'))),
  ).media[0];

test.each([
  ['a default', 'm=audio 5002 RTP/AVP 0', 'c=IN IP4 192.0.2.6', [], ['m=audio 5002 RTP/AVP 0', 'c=IN IP4 192.0.2.6']],
  [
    'no default',
    'm=audio 9 RTP/AVP 0',
    'c=IN IP4 0.0.0.0',
    [],
    ['m=audio 5000 RTP/AVP 0', 'c=IN IP4 192.0.2.5', 'a=rtcp:5007 IN IP4 192.0.2.5'],
  ],
  [
    'a name, and RTCP with RTP',
    'm=audio 5002 RTP/AVP 0',
    'c=IN IP4 ue.example.com',
    ['a=rtcp-mux'],
    ['m=audio 5000 RTP/AVP 0', 'c=IN IP4 192.0.2.5', 'a=rtcp-mux'],
  ],
  ['a hold', 'm=audio 5002 RTP/AVP 0', 'c=IN IP4 0.0.0.0', [], ['m=audio 5002 RTP/AVP 0', 'c=IN IP4 0.0.0.0']],
  ['port 0', 'm=audio 0 RTP/AVP 0', 'c=IN IP4 0.0.0.0', [], ['m=audio 0 RTP/AVP 0', 'c=IN IP4 0.0.0.0']],
])('B29: a lite agent without ICE, with %s', (_, m, c, rest, expected) => {
  expect(plainOf(m, c, ...rest)).toEqual(expected);
});
