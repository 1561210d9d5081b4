import { answerOptions, offerOptions } from '../../../lib/media/ng-options';
import type { Sdp } from '../../../lib/sdp/sdp';
import { SdpLine } from '../../../lib/sdp/sdp-line';
import { SdpPart } from '../../../lib/sdp/sdp-part';

const replace = ['origin', 'session-connection'];
const flags = ['strict-source', 'endpoint-learning-off'];
const learning = ['strict-source'];
const sdpOf = (...lines: string[]): Sdp => ({
  session: new SdpPart(lines.map((line) => new SdpLine(line))),
  media: [],
});
const sdp = sdpOf('v=0');
const written = 'v=0\r\n';
const first = { known: false, ueDeclinedIce: false, profile: undefined, offersGroup: true, family: undefined };

describe('what rtpengine is told', () => {
  test('of an offer of the UE', () => {
    expect(offerOptions({ call: 'c', from: 'access', sdp, isSourceKnown: true, bundles: false }, first)).toEqual({
      'call-id': 'c',
      'from-tag': 'access',
      sdp: written,
      ICE: 'remove',
      'ICE-lite': 'backward',
      'rtcp-mux': ['demux'],
      direction: ['access', 'core'],
      replace,
      flags,
    });
  });

  test('of an offer of the core: D6, without "require" a UE without rtcp-mux has a port for RTCP', () => {
    expect(offerOptions({ call: 'c', from: 'core', sdp, isSourceKnown: false, bundles: false }, first)).toEqual({
      'call-id': 'c',
      'from-tag': 'core',
      sdp: written,
      ICE: 'force',
      'ICE-lite': 'forward',
      'rtcp-mux': ['offer'],
      direction: ['core', 'access'],
      replace,
    });
  });

  test.each([
    [
      { transport: 'RTP/AVP', hasDtls: false },
      { 'transport-protocol': 'RTP/AVP', DTLS: 'off' },
    ],
    [
      { transport: 'UDP/TLS/RTP/SAVPF', hasDtls: true },
      { 'transport-protocol': 'UDP/TLS/RTP/SAVPF', SDES: ['off'] },
    ],
  ])('of a profile for the other side, with one way to agree on keys: %j', (profile, expected) => {
    const input = { call: 'c', from: 'core', sdp, isSourceKnown: false, bundles: false } as const;
    expect(offerOptions(input, { ...first, profile })).toEqual({ ...offerOptions(input, first), ...expected });
  });

  test.each(['access', 'core'] as const)('O1: of the family that the other side is offered, by %s', (from) => {
    const input = { call: 'c', from, sdp, isSourceKnown: true, bundles: false };
    expect(offerOptions(input, { ...first, family: 'IP6' })['address-family']).toBe('IP6');
    expect(offerOptions(input, first)).not.toHaveProperty('address-family');
  });

  test('B22: of BUNDLE, where it bundles', () => {
    const ofUe = { call: 'c', from: 'access', sdp, isSourceKnown: true, bundles: true } as const;
    expect(offerOptions(ofUe, first).bundle).toEqual(['accept']);
    expect(offerOptions({ ...ofUe, from: 'core' }, first).bundle).toEqual(['require']);
    expect(offerOptions({ ...ofUe, from: 'core' }, { ...first, offersGroup: false })).not.toHaveProperty('bundle');
  });

  test('of the core again, to a UE that declined ICE', () => {
    const options = offerOptions(
      { call: 'c', from: 'core', sdp, isSourceKnown: false, bundles: false },
      { ...first, known: true, ueDeclinedIce: true },
    );
    expect(options).toMatchObject({ ICE: 'remove', 'to-tag': 'access' });
  });

  test('S17: of an SDP of the core, that media goes to where it says', () => {
    const input = { call: 'c', from: 'core', sdp, isSourceKnown: true, bundles: false } as const;
    expect(offerOptions(input, first).flags).toEqual(['endpoint-learning-off']);
    expect(answerOptions(input).flags).toEqual(['endpoint-learning-off']);
  });

  test('of answers', () => {
    const tags = { 'call-id': 'c', sdp: written, replace };
    expect(answerOptions({ call: 'c', from: 'core', sdp, isSourceKnown: false, bundles: false })).toEqual({
      ...tags,
      'from-tag': 'access',
      'to-tag': 'core',
      ICE: 'default',
    });
    expect(answerOptions({ call: 'c', from: 'access', sdp, isSourceKnown: true, bundles: false })).toEqual({
      ...tags,
      'from-tag': 'core',
      'to-tag': 'access',
      ICE: 'remove',
      flags,
    });
  });

  test('a UE without ICE behind a NAT: its address is learnt, and once it is nobody else is heard', () => {
    expect(answerOptions({ call: 'c', from: 'access', sdp, isSourceKnown: false, bundles: false }).flags).toEqual(
      learning,
    );
    expect(offerOptions({ call: 'c', from: 'access', sdp, isSourceKnown: false, bundles: false }, first).flags).toEqual(
      learning,
    );
  });

  test.each([
    [['a=fingerprint:sha-256 AA'], ['no-tls-id']],
    [['a=fingerprint:sha-256 AA', 'a=tls-id:abcdefghijklmnopqrst'], []],
    [['a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AA'], []],
  ])(
    'E5: a UE with %j keeps its DTLS association over an ICE restart, or says itself that it does not',
    (lines, more) => {
      const ofUe = {
        call: 'c',
        from: 'access',
        sdp: sdpOf('v=0', ...lines),
        isSourceKnown: true,
        bundles: false,
      } as const;
      expect(offerOptions(ofUe, { ...first, known: true }).flags).toEqual([...flags, ...more]);
      expect(answerOptions(ofUe).flags).toEqual([...flags, ...more]);
      expect(answerOptions({ ...ofUe, from: 'core' }).flags).toEqual(['endpoint-learning-off']);
    },
  );
});
