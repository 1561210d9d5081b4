import { parseSdp } from '../../../lib/sdp/sdp';
import { answeredSetup, asTcpLine, tcpLines, withUdpLines } from '../../../lib/sdp/tcp-media-lines';
import { sectionOf, textsIn, textsOf } from './texts';

const ice = ['a=ice-ufrag:ueUF', 'a=ice-pwd:uepwduepwduepwduepwd12'];
const fingerprint = 'a=fingerprint:sha-256 AA:BB';
const head = ['v=0', 'o=- 1 1 IN IP4 10.0.0.5', 's=-', 'c=IN IP4 10.0.0.5', 't=0 0'];
const sdp = (...lines: string[]) => parseSdp([...head, ...lines].join('\n'));

describe('B13: RTP over TCP in an m= line', () => {
  test.each([
    ['TCP/RTP/AVP', 'RTP/AVP'],
    ['TCP/RTP/SAVP', 'RTP/SAVP'],
    ['TCP/RTP/AVPF', 'RTP/AVPF'],
    ['tcp/rtp/savpf', 'RTP/SAVPF'],
    ['TCP/DTLS/RTP/SAVP', 'UDP/TLS/RTP/SAVP'],
    ['TCP/DTLS/RTP/SAVPF', 'UDP/TLS/RTP/SAVPF'],
  ])('%s is %s without a default address inside, and nothing of TCP is left', (transport, inside) => {
    const line = [`m=audio 9 ${transport} 0`, 'i=x', 'c=IN IP4 10.0.0.5', ...ice, 'a=setup:active', 'a=connection:new'];
    expect(textsOf(withUdpLines(sdp(...line, 'a=rtcp:9'))).media).toEqual([
      [`m=audio 9 ${inside} 0`, 'i=x', 'c=IN IP4 0.0.0.0', ...ice],
    ]);
    expect(tcpLines(sdp(...line)).get(0)).toEqual({ transport, setup: 'active', connection: 'new' });
  });

  test('without ICE it is declined: nothing on a shared port proves who sends', () => {
    const { media } = textsOf(withUdpLines(sdp('m=audio 4000 TCP/RTP/AVP 0', 'a=setup:passive')));
    expect(media).toEqual([['m=audio 0 RTP/AVP 0']]);
  });

  test('a hold by 0.0.0.0 stays one, IPv6 stays IPv6', () => {
    const sections = (address: string) =>
      textsOf(
        withUdpLines(sdp('m=audio 4000 TCP/RTP/AVP 0', `c=IN IP${address.includes(':') ? 6 : 4} ${address}`, ...ice)),
      ).media;
    expect(sections('0.0.0.0')).toEqual([['m=audio 4000 RTP/AVP 0', 'c=IN IP4 0.0.0.0', ...ice]]);
    expect(sections('2001:db8::5')).toEqual([['m=audio 9 RTP/AVP 0', 'c=IN IP6 ::', ...ice]]);
  });

  test('B14: setup stays where it governs DTLS', () => {
    const line = ['m=audio 9 TCP/RTP/SAVPF 0', ...ice, fingerprint, 'a=setup:actpass', 'a=connection:new'];
    expect(textsOf(withUdpLines(sdp(...line))).media[0]).toEqual([
      'm=audio 9 RTP/SAVPF 0',
      'c=IN IP4 0.0.0.0',
      ...ice,
      fingerprint,
      'a=setup:actpass',
    ]);
  });

  test('other lines are left as they are', () => {
    const lines = ['m=audio 5000 RTP/AVP 0', 'a=setup:active', 'm=message 9 TCP/MSRP *', 'a=connection:new'];
    expect(textsOf(withUdpLines(sdp(...lines))).media.flat()).toEqual(lines);
    expect(tcpLines(sdp(...lines)).size).toBe(0);
  });
});

describe('a line written as RTP over TCP', () => {
  const written = { transport: 'TCP/RTP/AVP', setup: 'passive', connection: 'new' as const };
  const at = { address: '198.51.100.1', port: 80 };
  const asTcp = (section: readonly string[], how: Parameters<typeof asTcpLine>[1]) =>
    textsIn(asTcpLine(sectionOf(section), how));

  test('B13: with the address of our candidate, setup and connection', () => {
    const section = ['m=audio 40000 RTP/AVP 0', 'c=IN IP4 198.51.100.2', 'a=rtcp:40000', 'a=rtcp-mux', ...ice];
    expect(asTcp(section, { ...written, at })).toEqual([
      'm=audio 80 TCP/RTP/AVP 0',
      'c=IN IP4 198.51.100.1',
      'a=rtcp-mux',
      ...ice,
      'a=setup:passive',
      'a=connection:new',
    ]);
  });

  test('B14: setup of DTLS is left alone', () => {
    const section = ['m=audio 40000 UDP/TLS/RTP/SAVPF 0', fingerprint, 'a=setup:active', 'a=rtcp-mux'];
    expect(asTcp(section, { ...written, at }).filter((line) => line.startsWith('a=setup'))).toEqual(['a=setup:active']);
  });

  test('B12: RTCP of its own has no default either', () => {
    const section = ['m=audio 40000 RTP/AVP 0', 'a=rtcp:40001', ...ice];
    expect(asTcp(section, { ...written, at: { address: '::', port: 9 } })).toEqual([
      'm=audio 9 TCP/RTP/AVP 0',
      'c=IN IP6 ::',
      ...ice,
      'a=rtcp:9 IN IP6 ::',
      'a=setup:passive',
      'a=connection:new',
    ]);
  });

  test.each([
    [undefined, 'passive'],
    ['active', 'passive'],
    ['actpass', 'passive'],
    ['passive', 'active'],
    ['holdconn', 'holdconn'],
  ])('B13: an offered setup:%s is answered with %s', (offered, answered) => {
    expect(answeredSetup(offered)).toBe(answered);
  });
});
