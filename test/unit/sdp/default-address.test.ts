import { familyOf } from '../../../lib/ip-address';
import { withDiscardDefaults } from '../../../lib/sdp/default-address';
import type { LineFamilies } from '../../../lib/sdp/line-family';
import { parseSdp, writeSdp } from '../../../lib/sdp/sdp';
import { viewSession } from '../../../lib/sdp/session-view';
import { textsOf } from './texts';

const ice = ['a=ice-ufrag:ueUF', 'a=ice-pwd:uepwduepwduepwduepwd12', 'a=candidate:1 1 UDP 7 10.0.0.5 5000 typ host'];
const sdp = (address: string, ...lines: string[]) =>
  parseSdp(
    [
      'v=0',
      'o=- 1 1 IN IP4 1.2.3.4',
      's=-',
      `c=IN IP${address.includes(':') ? 6 : 4} ${address}`,
      't=0 0',
      ...lines,
    ].join('\n'),
  );
const asWritten: LineFamilies = ({ address = '' }) => familyOf(address);
const shown = (address: string, ...lines: string[]) =>
  viewSession(withDiscardDefaults(sdp(address, ...lines), asWritten)).media.map(
    (line) => `${line.address} ${line.port}`,
  );

describe('C11: the default address of a UE as rtpengine is shown it', () => {
  test.each([
    ['an address', '10.0.0.5', '5000', '127.0.0.1 9'],
    ['an IPv6 address', '2001:db8::5', '5000', '::1 9'],
    ['none yet', '0.0.0.0', '9', '127.0.0.1 9'],
    ['none yet, IPv6', '::', '9', '::1 9'],
    ['a name', 'ue.example.com', '5000', '127.0.0.1 9'],
    ['a hold by 0.0.0.0', '0.0.0.0', '5000', '0.0.0.0 5000'],
    ['a declined line', '10.0.0.5', '0', '10.0.0.5 0'],
  ])('of a line with ICE, for %s', (_, address, port, expected) => {
    const line = [`m=audio ${port} RTP/AVP 0`, ...ice];
    expect(shown(address, ...line)).toEqual([expected]);
  });

  test('a=rtcp goes with it, and c= of the line, all else stays', () => {
    const line = [
      'm=audio 5000 RTP/AVP 0',
      'i=x',
      'c=IN IP4 10.0.0.5',
      'b=AS:64',
      'a=rtcp:5001 IN IP4 10.0.0.6',
      ...ice,
    ];
    const written = withDiscardDefaults(sdp('10.0.0.5', ...line), asWritten);
    expect(textsOf(written).media).toEqual([['m=audio 9 RTP/AVP 0', 'i=x', 'c=IN IP4 127.0.0.1', 'b=AS:64', ...ice]]);
    expect(writeSdp(written)).not.toMatch(/IP4 10\.0\.0/);
  });

  test('lines without ICE keep theirs, beside one with ICE too', () => {
    expect(shown('10.0.0.5', 'm=audio 5000 RTP/AVP 0')).toEqual(['10.0.0.5 5000']);
    const mixed = ['m=audio 5000 RTP/AVP 0', 'm=video 5000 RTP/AVP 96', ...ice, 'm=audio 5004 RTP/AVP 0'];
    expect(shown('10.0.0.5', ...mixed)).toEqual(['10.0.0.5 5000', '127.0.0.1 9', '10.0.0.5 5004']);
  });
});
