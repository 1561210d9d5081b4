import transform from 'sdp-transform';
import { parseSdp } from '../../../lib/sdp/sdp';
import { viewSession } from '../../../lib/sdp/session-view';

const view = (...lines: string[]) =>
  viewSession(
    parseSdp(['v=0', 'o=ue 7 3 IN IP4 192.0.2.5', 's=-', 'c=IN IP4 192.0.2.5', 't=0 0', ...lines].join('\r\n')),
  );

describe('the view of a session', () => {
  test('N3: thousands of attributes that it does not tell of cost next to nothing', () => {
    const parse = jest.spyOn(transform, 'parse');
    const others = Array<string>(4000).fill('a=x');
    const { media } = view(
      'a=ice-pwd:0123456789012345678901',
      ...others,
      'm=audio 5000 RTP/AVP 0',
      ...others,
      'a=rtcp-mux',
    );
    expect(media).toMatchObject([{ port: 5000, pwd: '0123456789012345678901', rtcpMux: true }]);
    expect(parse.mock.calls[0]?.[0].length).toBeLessThan(200);
    parse.mockRestore();
  });

  test('what a line says and what it inherits', () => {
    const { media } = view(
      'a=recvonly',
      'm=audio 5000 RTP/AVP 0 101',
      'm=video 5002 UDP/TLS/RTP/SAVPF 96',
      'c=IN IP6 2001:db8::5',
      'a=sendonly',
      'a=rtcp-mux',
    );
    expect(media[0]).toMatchObject({
      index: 0,
      kind: 'audio',
      port: 5000,
      transport: 'RTP/AVP',
      address: '192.0.2.5',
      direction: 'recvonly',
      hasIce: false,
      rtcpMux: false,
      hasRtcp: true,
    });
    expect(media[1]).toMatchObject({
      address: '2001:db8::5',
      direction: 'sendonly',
      rtcpMux: true,
    });
  });

  test.each([
    ['at media level', [], ['a=ice-ufrag:abcd', `a=ice-pwd:${'p'.repeat(22)}`], true],
    ['at session level', ['a=ice-ufrag:abcd', `a=ice-pwd:${'p'.repeat(22)}`], [], true],
    ['B9: of the longest', [], [`a=ice-ufrag:${'u'.repeat(256)}`, `a=ice-pwd:${'p'.repeat(256)}`], true],
    ['B9: of digits', [], ['a=ice-ufrag:0123', `a=ice-pwd:${'9'.repeat(22)}`], true],
    ['B9: with a short ufrag', [], ['a=ice-ufrag:abc', `a=ice-pwd:${'p'.repeat(22)}`], false],
    ['B9: with a short pwd', [], ['a=ice-ufrag:abcd', `a=ice-pwd:${'p'.repeat(21)}`], false],
    ['without pwd', [], ['a=ice-ufrag:abcd'], false],
  ])('credentials %s', (_, session, media, hasIce) => {
    expect(view(...session, 'm=audio 5000 RTP/AVP 0', ...media).media[0]?.hasIce).toBe(hasIce);
  });

  test.each([
    ['a=candidate:1 1 TCP 7 192.0.2.5 9 typ host tcptype active', true],
    ['a=candidate:1 1 tcp-so 7 192.0.2.5 9 typ host', true],
    ['a=candidate:1 1 TCP 7 192.0.2.5 9 typ host tcptype passive', false],
    ['a=candidate:1 1 TCP 7 x.local 9 typ host tcptype active', false],
    ['a=candidate:1 1 UDP 7 192.0.2.5 5000 typ host', false],
  ])('A9: %s offers TCP: %s', (line, expected) => {
    expect(view('m=audio 5000 RTP/AVP 0', line).media[0]?.offersTcp).toBe(expected);
  });

  test.each([
    ['active TCP', ['1 1 TCP 1 10.0.0.5 9 typ host tcptype active'], true],
    [
      'active TCP, and a relay',
      ['1 1 TCP 1 10.0.0.5 9 typ host tcptype active', '2 1 UDP 1 198.51.100.1 40000 typ relay'],
      true,
    ],
    ['UDP by name', ['1 1 TCP 1 10.0.0.5 9 typ host tcptype active', '2 1 UDP 1 a.local 5000 typ host'], false],
    ['nothing', [], false],
  ])('I4, M7: whether a line will try UDP: %s', (_, candidates, expected) => {
    const lines = candidates.map((each) => `a=candidate:${each}`);
    expect(view('m=audio 5000 RTP/AVP 0', ...lines).media[0]?.isTcpAlone).toBe(expected);
  });

  test('RTCP switched off by bandwidth', () => {
    expect(view('m=audio 5000 RTP/AVP 0', 'b=RS:0', 'b=RR:0').media[0]?.hasRtcp).toBe(false);
    expect(view('m=audio 5000 RTP/AVP 0', 'b=RS:0', 'b=RR:800').media[0]?.hasRtcp).toBe(true);
    expect(view('b=RS:0', 'b=RR:0', 'm=audio 5000 RTP/AVP 0', 'b=AS:64').media[0]?.hasRtcp).toBe(false);
    expect(view('b=RS:0', 'b=RR:0', 'm=audio 5000 RTP/AVP 0', 'b=RR:800').media[0]?.hasRtcp).toBe(true);
  });

  test.each(['ue.example.com', '2', '0x7f000001'])('B18: %s in c= is no address, and no fault of the view', (name) => {
    expect(view('m=audio 5000 RTP/AVP 0', `c=IN IP4 ${name}`).media[0]?.address).toBeUndefined();
  });

  test.each(['m=audio', 'm=audio x RTP/AVP 0', 'm=audio 65536 RTP/AVP 0'])('%s: refused with 488', (line) => {
    expect(() => view(line)).toThrow(expect.objectContaining({ code: 'sdp-invalid', sipStatus: 488 }));
  });
});
