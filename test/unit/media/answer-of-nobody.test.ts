import { answerOfNobody } from '../../../lib/media/answer-of-nobody';
import { parseSdp } from '../../../lib/sdp/sdp';
import { viewSession } from '../../../lib/sdp/session-view';
import { textsOf } from '../sdp/texts';

function offer(...lines: string[]): string {
  return ['v=0', 'o=- 1 1 IN IP4 198.51.100.1', 's=-', 'c=IN IP4 198.51.100.1', 't=0 0', ...lines, ''].join('\r\n');
}

const ice = [
  'a=ice-ufrag:abcdefgh',
  'a=ice-pwd:abcdefghijklmnopqrstuvwxyz',
  'a=candidate:1 1 UDP 1 198.51.100.1 4 typ host',
];

describe('what rtpengine is told of a UE that has said nothing yet', () => {
  test('C11: S1: every line goes to nobody, without ICE; one that is not in use stays so, and has an address, too', () => {
    const offered = offer(
      ...['m=audio 30000 RTP/AVP 0', 'a=rtcp:30001', 'a=rtcp-mux', ...ice],
      'm=video 0 RTP/AVP 96',
      ...['m=video 30002 RTP/AVPF 96', 'c=IN IP6 2001:db8::1', 'a=rtpmap:96 H264/90000', ...ice],
    );
    const answer = answerOfNobody(parseSdp(offered))!;
    expect(
      viewSession(answer).media.map(({ port, address, hasIce, rtcpMux }) => [port, address, hasIce, rtcpMux]),
    ).toEqual([
      [9, '127.0.0.1', false, false],
      [0, '127.0.0.1', false, false],
      [9, '::1', false, false],
    ]);
    expect(textsOf(answer).media[2]).toContain('a=rtpmap:96 H264/90000');
    expect(JSON.stringify(answer)).not.toMatch(/candidate|a=rtcp/);
  });

  test.each([
    ['SDES', ['m=audio 30000 RTP/SAVP 0', 'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:abc']],
    ['SDES offered in RTP/AVP', ['m=audio 30000 RTP/AVP 0', 'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:abc']],
    ['DTLS-SRTP', ['m=audio 30000 UDP/TLS/RTP/SAVPF 0', 'a=fingerprint:sha-256 00:11']],
  ])('with %s nothing is told', (_, lines) => {
    expect(answerOfNobody(parseSdp(offer(...lines, ...ice)))).toBeUndefined();
  });
});
