import { maxMediaLines, maxSdpBytes, parseSdp, writeSdp } from '../../../lib/sdp/sdp';

const head = 'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\n';

describe('taking an SDP apart and putting it together', () => {
  test('B3: every line keeps its place and spelling, known or not', () => {
    const sdp = `${head}a=x-unknown:7\r\nm=audio 5000 RTP/AVP 0\r\na=ZZZ:1  2\r\na=sendrecv\r\na=candidate:bogus\r\nm=video 0 RTP/AVP 96\r\n`;
    expect(writeSdp(parseSdp(sdp))).toBe(sdp);
  });

  test('LF alone is accepted, CRLF is written', () => {
    const sdp = `${head}m=audio 5000 RTP/AVP 0\r\n`;
    expect(writeSdp(parseSdp(sdp.replaceAll('\r\n', '\n')))).toBe(sdp);
  });

  test.each([
    ['empty', ''],
    ['no SDP', 'hello'],
    ['a line without =', `${head}nonsense\r\n`],
    ['a bare CR in a line', `${head}a=x\ry\r\n`],
    ['a NUL in a line', `${head}a=x\0\r\n`],
    ['no o= line', 'v=0\r\ns=-\r\n'],
    ['too long', `${head}a=x:${'y'.repeat(maxSdpBytes)}\r\n`],
    ['too many media lines', head + 'm=audio 5000 RTP/AVP 0\r\n'.repeat(maxMediaLines + 1)],
  ])('%s: refused with 488', (_, sdp) => {
    expect(() => parseSdp(sdp)).toThrow(expect.objectContaining({ code: 'sdp-invalid', sipStatus: 488 }));
  });
});
