import { mismatchedLines, withoutIceOn } from '../../../lib/sdp/ice-mismatch';
import { parseSdp } from '../../../lib/sdp/sdp';
import { viewSession } from '../../../lib/sdp/session-view';

const credentials = ['a=ice-ufrag:ueUF', 'a=ice-pwd:uepwduepwduepwduepwd12'];
const candidate = (component: number, at: string, transport = 'UDP') =>
  `a=candidate:1 ${component} ${transport} 7 ${at} typ host`;
const sdp = (...lines: string[]) => parseSdp(['v=0', 'o=- 1 1 IN IP4 1.2.3.4', 's=-', 't=0 0', ...lines].join('\n'));
const line = (m: string, address: string, ...lines: string[]) =>
  sdp(m, `c=IN IP${address.includes(':') ? 6 : 4} ${address}`, ...credentials, ...lines);

describe('B16, B27: an ICE mismatch', () => {
  test.each([
    ['another address', line('m=audio 5000 RTP/AVP 0', '203.0.113.5', candidate(1, '10.0.0.5 5000'))],
    ['another port', line('m=audio 5001 RTP/AVP 0', '10.0.0.5', candidate(1, '10.0.0.5 5000'))],
    ['the address of component 2', line('m=audio 5001 RTP/AVP 0', '10.0.0.5', candidate(2, '10.0.0.5 5001'))],
    ['no candidate', line('m=audio 5000 RTP/AVP 0', '10.0.0.5')],
    [
      'another port for RTCP, of which one way is switched off',
      line('m=audio 5000 RTP/AVP 0', '10.0.0.5', candidate(1, '10.0.0.5 5000'), 'b=RS:0', 'a=rtcp:5001'),
    ],
    [
      'another address for RTCP',
      line('m=audio 5000 RTP/AVP 0', '10.0.0.5', candidate(1, '10.0.0.5 5000'), 'a=rtcp:5001 IN IP4 10.0.0.6'),
    ],
  ])('%s', (_, lines) => expect([...mismatchedLines(lines)]).toEqual([0]));

  test.each([
    ['the address of a candidate', line('m=audio 5000 RTP/AVP 0', '10.0.0.5', candidate(1, '10.0.0.5 5000'))],
    ['that of a TCP candidate', line('m=audio 9 RTP/AVP 0', '10.0.0.5', candidate(1, '10.0.0.5 9', 'TCP'))],
    ['in another spelling', line('m=audio 5000 RTP/AVP 0', '2001:DB8::5', candidate(1, '2001:db8:0::5 5000'))],
    ['0.0.0.0 and port 9', line('m=audio 9 RTP/AVP 0', '0.0.0.0', candidate(1, '10.0.0.5 5000'))],
    [':: and port 9', line('m=audio 9 RTP/AVP 0', '::')],
    ['a hold by 0.0.0.0', line('m=audio 5000 RTP/AVP 0', '0.0.0.0', candidate(1, '10.0.0.5 5000'))],
    ['an FQDN', line('m=audio 5000 RTP/AVP 0', 'ue.example.com', candidate(1, '10.0.0.5 5000'))],
    [
      'the port of a candidate that is a name',
      line('m=audio 5000 RTP/AVP 0', '10.0.0.5', candidate(1, 'x.local 5000')),
    ],
    [
      'RTCP among the candidates',
      line(
        'm=audio 5000 RTP/AVP 0',
        '10.0.0.5',
        candidate(1, '10.0.0.5 5000'),
        candidate(2, '10.0.0.5 5001'),
        'a=rtcp:5001',
      ),
    ],
    [
      'another address for RTCP that is muxed',
      line('m=audio 5000 RTP/AVP 0', '10.0.0.5', candidate(1, '10.0.0.5 5000'), 'a=rtcp:5001', 'a=rtcp-mux'),
    ],
    ['a declined line', line('m=audio 0 RTP/AVP 0', '10.0.0.5')],
    ['a line without ICE', sdp('m=audio 5000 RTP/AVP 0', 'c=IN IP4 10.0.0.5')],
  ])('is not %s', (_, lines) => expect([...mismatchedLines(lines)]).toEqual([]));

  test.each([
    ['S8: to 0.0.0.0', ['a=rtcp:9 IN IP4 0.0.0.0']],
    ['to 0.0.0.0 and another port', ['a=rtcp:5001 IN IP4 0.0.0.0']],
    ['to ::', ['a=rtcp:9 IN IP6 ::']],
    ['to :: in another spelling', ['a=rtcp:9 IN IP6 0:0:0:0:0:0:0:0']],
    ['to port 9', ['a=rtcp:9']],
    ['to a name', ['a=rtcp:5001 IN IP4 ue.example.com']],
    ['that is switched off', ['b=RS:0', 'b=RR:0', 'a=rtcp:5001']],
  ])('is not RTCP %s', (_, more) => {
    const lines = line('m=audio 5000 RTP/AVP 0', '10.0.0.5', candidate(1, '10.0.0.5 5000'), ...more);
    expect([...mismatchedLines(lines)]).toEqual([]);
  });

  test('takes ICE from its line alone, whoever inherits its credentials', () => {
    const both = sdp(...credentials, 'm=audio 5000 RTP/AVP 0', candidate(1, '10.0.0.5 1'), 'm=video 9 RTP/AVP 96');
    const { media } = viewSession(withoutIceOn(both, new Set([0])));
    expect(media.map(({ hasIce, candidates }) => [hasIce, candidates.length])).toEqual([
      [false, 0],
      [true, 0],
    ]);
    expect(media[1]).toMatchObject({ ufrag: 'ueUF', pwd: 'uepwduepwduepwduepwd12' });
  });
});
