import { parseSdp } from '../../../lib/sdp/sdp';
import { withUsableKeys } from '../../../lib/sdp/usable-keys';
import { textsOf } from './texts';

const head = ['v=0', 'o=- 1 1 IN IP4 192.0.2.5', 's=-', 't=0 0'];
const savp = 'm=audio 5000 RTP/SAVP 0';
const dtls = 'm=audio 5000 UDP/TLS/RTP/SAVPF 0';
const fingerprint = 'a=fingerprint:sha-256 AA';
const key = (bytes: number) => `inline:${Buffer.alloc(bytes, 1).toString('base64')}`;
const usable = `a=crypto:1 AES_CM_128_HMAC_SHA1_80 ${key(30)}`;
const lineOf = (role: 'active' | 'passive', ...lines: string[]) =>
  textsOf(withUsableKeys(parseSdp([...head, ...lines].join('\n')), role)).media[0];

test.each([
  ['as it should be', [usable], [usable]],
  ['lifetime, MKI and parameters', [`${usable}|2^20|1:4 WSH=64`], [`${usable}|2^20|1:4 WSH=64`]],
  ['small letters and spaces', [`a=crypto:1  aes_cm_128_hmac_sha1_80   ${key(30)}`], [usable]],
  ['of a suite that nobody knows', [usable, `a=crypto:2 NO_SUCH_SUITE ${key(30)}`], [usable]],
  ['of a length that is not the suite’s', [usable, `a=crypto:2 AEAD_AES_256_GCM ${key(30)}`], [usable]],
  ['of another method', [usable, 'a=crypto:2 AES_CM_128_HMAC_SHA1_80 uri:https://example.com'], [usable]],
])('B30: keys of SDES: %s', (_, said, expected) => {
  expect(lineOf('active', savp, ...said)).toEqual([savp, ...expected]);
});

test.each([
  ['SRTP without keys', [savp], 0],
  ['SRTP with none that can be used', [savp, 'a=crypto:1 NO_SUCH_SUITE inline:x'], 0],
  ['DTLS-SRTP without a fingerprint', [dtls], 0],
  ['SRTP with DTLS in its old name', ['m=audio 5000 RTP/SAVPF 0', fingerprint], 5000],
  ['plain RTP', ['m=audio 5000 RTP/AVP 0'], 5000],
  ['MSRP over TLS', ['m=message 5000 TCP/TLS/MSRP *'], 5000],
])('B30: a line whose keys nobody has is declined: %s', (_, lines, port) => {
  expect(lineOf('active', ...lines)?.[0]).toContain(` ${port} `);
});

test.each([
  ['none in an offer', 'active', [], 'active'],
  ['none in an answer', 'passive', [], 'passive'],
  ['one without a meaning', 'passive', ['a=setup:holdconn'], 'passive'],
  ['its own', 'active', ['a=setup:actpass'], 'actpass'],
] as const)('B30: the role of DTLS that a line has: %s', (_, role, setup, expected) => {
  expect(lineOf(role, dtls, ...setup, fingerprint)).toEqual(
    expect.arrayContaining([dtls, fingerprint, `a=setup:${expected}`]),
  );
  expect(lineOf(role, dtls, ...setup, fingerprint)).toHaveLength(3);
});
