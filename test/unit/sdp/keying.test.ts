import { withKeyingOf, withOneKeying } from '../../../lib/sdp/keying';
import { parseSdp } from '../../../lib/sdp/sdp';
import { textsOf } from './texts';

const sdp = (...lines: string[]) => parseSdp(['v=0', 'o=- 1 1 IN IP4 192.0.2.5', 's=-', 't=0 0', ...lines].join('\n'));
const crypto = (tag: number, suite = 'AES_CM_128_HMAC_SHA1_80') => `a=crypto:${tag} ${suite} inline:key${tag}`;
const dtls = ['a=fingerprint:sha-256 AA:BB', 'a=setup:actpass', 'a=tls-id:1'];
const savp = 'm=audio 1 RTP/SAVP 0';
const tls = 'm=video 3 UDP/TLS/RTP/SAVPF 34';
const image = 'm=image 7 udptl t38';
const msrp = 'm=message 9 TCP/TLS/MSRP *';
const plain = 'm=audio 5 RTP/AVP 0';

describe('S16, B30: a line with both kinds of keys', () => {
  test('has the kind of its transport', () => {
    const both = [crypto(1), ...dtls];
    expect(textsOf(withOneKeying(sdp(savp, ...both, tls, ...both, plain, ...both))).media).toEqual([
      [savp, crypto(1)],
      [tls, ...dtls],
      [plain, crypto(1)],
    ]);
  });

  test('may inherit one of them; other lines keep what they inherit', () => {
    const { session, media } = textsOf(withOneKeying(sdp(...dtls, savp, crypto(1), tls, 'a=setup:active')));
    expect(session).toEqual(textsOf(sdp()).session);
    expect(media).toEqual([
      [savp, crypto(1)],
      [tls, 'a=setup:active', dtls[0], dtls[2]],
    ]);
  });

  const inherits = (line: string) => [line, ...dtls];

  test.each([
    ['lines whose transport has keys', [savp, tls], [inherits(savp), inherits(tls)]],
    ['not plain ones beside them', [tls, plain], [inherits(tls), [plain]]],
    ['plain ones alone, which may have SRTP', [plain, image], [inherits(plain), [image]]],
    ['MSRP over TLS', [plain, msrp], [[plain], inherits(msrp)]],
  ])('B30: DTLS of the session part is for %s', (_, lines, expected) => {
    const { session, media } = textsOf(withOneKeying(sdp(...dtls, ...lines)));
    expect(session).toEqual(textsOf(sdp()).session);
    expect(media).toEqual(expected);
  });

  test.each([
    ['SDES', [savp, crypto(1), crypto(2, 'F8_128_HMAC_SHA1_80')]],
    ['DTLS', [tls, ...dtls]],
    ['DTLS in RTP/SAVPF', ['m=audio 1 RTP/SAVPF 0', ...dtls]],
    ['each on a line of its own', [savp, crypto(1), tls, ...dtls]],
  ])('with one of them stays as it is: %s', (_, lines) => {
    const said = sdp(...lines);
    expect(textsOf(withOneKeying(said))).toEqual(textsOf(said));
  });
});

test.each<[name: string, said: string[], kept: string[]]>([
  ['a suite', [savp, crypto(1)], [crypto(1)]],
  [
    'two suites by tag and name',
    [savp, crypto(3, 'f8_128_hmac_sha1_80'), crypto(1)],
    [crypto(1), crypto(3, 'F8_128_HMAC_SHA1_80')],
  ],
  ['a tag of another suite', [savp, crypto(2)], []],
  ['DTLS', [savp, ...dtls], dtls],
])('S16, B30: what rtpengine adds to %s is taken out', (_, said, kept) => {
  const suites = [crypto(1), crypto(2, 'AEAD_AES_256_GCM'), crypto(3, 'F8_128_HMAC_SHA1_80')];
  expect(textsOf(withKeyingOf(sdp(savp, ...suites, ...dtls), sdp(...said))).media).toEqual([[savp, ...kept]]);
});
