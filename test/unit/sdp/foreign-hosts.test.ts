import { withoutForeignHosts } from '../../../lib/sdp/foreign-hosts';
import { parseSdp, writeSdp } from '../../../lib/sdp/sdp';
import { SdpLine } from '../../../lib/sdp/sdp-line';
import { SdpPart } from '../../../lib/sdp/sdp-part';
import { textsIn } from './texts';

const sdp = (...lines: string[]) =>
  ['v=0', 'o=- 1 1 IN IP4 198.51.100.1', 's=-', 'c=IN IP4 198.51.100.1', 't=0 0', ...lines, ''].join('\r\n');
const shown = (...lines: string[]) => writeSdp(withoutForeignHosts(parseSdp(sdp(...lines))));
const sessionShown = (...lines: string[]) => {
  const session = new SdpPart(lines.map((line) => new SdpLine(line)));
  return textsIn(withoutForeignHosts({ session, media: [] }).session);
};

test.each([
  'a=alt:1 1 : user 9b3c 192.0.2.9 5010',
  'a=alt:1 1 : 0.9 user 9b3c [2001:db8::9] 5010',
  'a=source-filter: incl IN IP4 * 192.0.2.9',
  'a=x-node:192.0.2.9:5060',
  'a=x-node:2001:db8::9',
  'a=x-node:host=192.0.2.9;port=5060',
  'a=control:rtsp://192.0.2.9/stream',
  'a=sendonly 192.0.2.9',
  'a=tool:core 1.0',
  'i=from 192.0.2.9',
  'u=http://192.0.2.9/a',
  'e=noc@[192.0.2.9] (noc)',
  'a=x:::ffff:192.0.2.9',
  'a=x:::1',
  'a=x-core:2001:db8::9',
  'a=fade:fd00::9',
])('G21: no address of the other side is left: %s', (line) => {
  expect(shown(line, 'm=audio 4000 RTP/AVP 0')).toBe(sdp('m=audio 4000 RTP/AVP 0'));
  expect(shown('m=audio 4000 RTP/AVP 0', line)).toBe(sdp('m=audio 4000 RTP/AVP 0'));
});

test('G21: a session name with an address is none; a CNAME stays one of its source', () => {
  const named = sdp('m=audio 4000 RTP/AVP 0', 'a=ssrc:1 cname:bob@192.0.2.9', 'a=ssrc:1 msid:- a');
  expect(writeSdp(withoutForeignHosts(parseSdp(named.replace('s=-', 's=call on 192.0.2.9'))))).toBe(
    named.replace('192.0.2.9', '0.0.0.0'),
  );
});

test('B3: lines without an address stay as they are, and those with addresses of ours', () => {
  const lines = [
    'i=a call at 12:30:45, of 1.2.3',
    'a=group:BUNDLE 0',
    'm=audio 4000 UDP/TLS/RTP/SAVPF 0 96',
    'c=IN IP4 198.51.100.1',
    'a=rtcp:4001 IN IP4 198.51.100.1',
    'a=candidate:1 1 UDP 2130706431 198.51.100.1 4000 typ host',
    'a=fingerprint:sha-256 12:34:56:78:9A:BC:DE:F0:12:34:56:78:9A:BC:DE:F0:12:34:56:78:9A:BC:DE:F0:12:34:56:78:9A:BC:DE:F0',
    'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj|2^20|1:32',
    'a=extmap:1 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time',
    'a=fmtp:96 profile-level-id=42e01f;sprop-parameter-sets=Z0LgHtoCgPQ=,aM4wpIA=',
    'a=msid:1f3a 2b4c',
    'a=ssrc:1 cname:x@host',
    'm=message 80 TCP/MSRP *',
    'a=path:msrp://192.0.2.9:7654/jshA7weztas;tcp',
    'a=file-selector:name:"v1.2.3.tar" type:image/jpeg size:4092 hash:sha-1:72:24:5F:E8:65:3D:DA:F3:71:36:2F:86:D4:71:91:3E:E4:A2:CE:2E',
  ];
  expect(shown(...lines)).toBe(sdp(...lines));
});

test('a long line without a colon is read in one go', () => {
  // With a pattern that backtracks this takes minutes.
  const line = `i=${'x'.repeat(200_000)}`;
  expect(sessionShown(line)).toEqual([line]);
});

test('what stands before a colon and looks like an IPv6 address is no name of an attribute', () => {
  expect(sessionShown('i=fe80::1', 'a=alt:fe80::1', 'a=x:y')).toEqual(['a=x:y']);
});
