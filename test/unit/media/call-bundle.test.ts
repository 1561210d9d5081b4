import { CallBundle } from '../../../lib/media/call-bundle';
import { parseSdp, type Sdp } from '../../../lib/sdp/sdp';

const sdp = (...lines: string[]) =>
  parseSdp(['v=0', 'o=- 1 1 IN IP4 192.0.2.5', 's=-', 'c=IN IP4 192.0.2.5', 't=0 0', ...lines].join('\n'));
const group = 'a=group:BUNDLE 0 1';
const line = (kind: string, port: number, mid: number) => [`m=${kind} ${port} RTP/AVP 0`, `a=mid:${mid}`];
const transport = ['a=ice-ufrag:abcd', 'a=ice-pwd:0123456789012345678901', 'a=rtcp-mux'];
const candidate = (port: number) => `a=candidate:1 1 UDP 7 192.0.2.5 ${port} typ host`;
const dataChannel = ['m=application 5000 UDP/DTLS/SCTP webrtc-datachannel', 'a=mid:0'];
const offered = sdp(group, ...line('audio', 5000, 0), ...line('video', 5000, 1));

/** What rtpengine wrote: it bundles, or not. */
const apart = (audio: number, video: number) => sdp(...line('audio', audio, 0), ...line('video', video, 1));
const together = sdp(group, ...line('audio', 6000, 0), ...transport, ...line('video', 6000, 1), ...transport);

describe('S3, B22: the answer to a UE that bundles', () => {
  const portsOf = ({ media }: ReturnType<typeof sdp>) => media.map(({ port }) => port);

  test.each([
    ['an rtpengine that bundles: its group', together, [], [[0, 1]], [6000, 6000], [[1, 0]]],
    ['its group, with lines that have no other transport', together, [[1, 0]], [[0, 1]], [6000, 6000], [[1, 0]]],
    ['one that does not: the first line', apart(6000, 6002), [], [[0]], [6000, 6002], []],
    ['the first that is accepted', apart(0, 6002), [], [[1]], [0, 6002], []],
    ['the first that has a transport of its own, or none', apart(0, 6002), [[1, 0]], [[]], [0, 0], []],
    ['a line without one goes with that of another', apart(6000, 6002), [[1, 0]], [[0]], [6000, 0], []],
    ['nothing is accepted', apart(0, 0), [], [[]], [0, 0], []],
    [
      'a data channel, which ends here, is none',
      sdp(...dataChannel, ...line('video', 6002, 1)),
      [],
      [[1]],
      [5000, 6002],
      [],
    ],
  ] as const)('%s', (_, reply, shared, groups, ports, bundled) => {
    const bundle = new CallBundle();
    bundle.heard('access', offered);
    const answer = bundle.inAnswer(reply, new Map(shared.map(([of, to]) => [of, to])), false);
    expect(answer.groups).toEqual(groups);
    expect(portsOf(answer.sdp)).toEqual(ports);
    expect([...answer.shared]).toEqual(bundled);
  });

  test('S3: who offers no group gets none', () => {
    const bundle = new CallBundle();
    bundle.heard('access', apart(5000, 5002));
    expect(bundle.inAnswer(apart(6000, 6002), new Map(), false).groups).toEqual([]);
  });

  describe('S3: where each line has a transport of its own, and rtpengine does not bundle', () => {
    const balanced = sdp(
      group,
      ...[...line('audio', 5000, 0), ...transport, candidate(5000)],
      ...[...line('video', 5002, 1), ...transport, candidate(5002)],
    );
    const groupsIn = (bundle: CallBundle, reply: Sdp, bundles = false) => {
      bundle.heard('access', balanced);
      return bundle.inAnswer(reply, new Map(), bundles).groups;
    };

    test('the group is left empty, in all that the UE gets, whatever it offers', () => {
      const bundle = new CallBundle();
      expect(groupsIn(bundle, apart(6000, 6002))).toEqual([[]]);
      expect(bundle.areApart).toBe(true);
      expect(bundle.inOffer(apart(6000, 6002), true, new Map()).groups).toEqual([[]]);
      bundle.heard('access', sdp('a=group:BUNDLE 0', ...line('audio', 5000, 0), ...line('video', 0, 1)));
      expect(bundle.inAnswer(apart(6000, 0), new Map(), false).groups).toEqual([[]]);
    });

    test('one that has named a line names it on, as long as that is in use', () => {
      const bundle = new CallBundle();
      bundle.heard('access', sdp('a=group:BUNDLE 0 1', ...line('audio', 0, 0), ...line('video', 5002, 1)));
      expect(bundle.inAnswer(apart(0, 6002), new Map(), false).groups).toEqual([[1]]);
      expect(groupsIn(bundle, apart(6000, 6002))).toEqual([[1]]);
      expect(bundle.inOffer(apart(6000, 6002), true, new Map()).groups).toEqual([[1]]);
      expect(bundle.inOffer(apart(6000, 0), true, new Map()).groups).toEqual([[0]]);
      expect(bundle.areApart).toBe(false);
    });

    test('nothing is agreed while no line is in use', () => {
      const bundle = new CallBundle();
      expect(groupsIn(bundle, apart(0, 0))).toEqual([[]]);
      expect(bundle.areApart).toBe(false);
    });

    test('where rtpengine bundles, one line is a group', () => {
      expect(groupsIn(new CallBundle(), apart(0, 6002), true)).toEqual([[1]]);
    });

    test('the UE answers our group with none', () => {
      const bundle = new CallBundle();
      bundle.answered(apart(5000, 5002), false);
      expect(bundle.areApart).toBe(false);
      bundle.answered(apart(5000, 5002), true);
      expect(bundle.areApart).toBe(true);
    });
  });
});

describe('S3, B22: the offer to a UE', () => {
  test.each([
    ['an rtpengine that bundles: its group', together, true, [[0, 1]], [1]],
    ['one that does not: the first line', apart(6000, 6002), true, [[0]], []],
    ['the first in use', apart(0, 6002), true, [[1]], []],
    ['none is in use', apart(0, 0), true, [[]], []],
    ['a UE that does not bundle', together, false, [], []],
  ] as const)('%s', (_, reply, offers, groups, bundleOnly) => {
    const offer = new CallBundle().inOffer(reply, offers, new Map());
    expect(offer.groups).toEqual(groups);
    expect([...offer.bundleOnly]).toEqual(bundleOnly);
  });

  test('B22: what the UE has bundled already is not bundle-only any more', () => {
    const offer = new CallBundle().inOffer(together, true, new Map([[1, 0]]));
    expect([...offer.shared]).toEqual([[1, 0]]);
    expect(offer.bundleOnly.size).toBe(0);
  });

  test('B22: has a group as long as the UE’s own SDPs do; the first one if it speaks WebRTC', () => {
    const bundle = new CallBundle();
    expect([bundle.offersGroup(true), bundle.offersGroup(false)]).toEqual([true, false]);
    bundle.heard('core', apart(6000, 6002));
    expect(bundle.offersGroup(false)).toBe(false);
    bundle.heard('access', offered);
    expect(bundle.offersGroup(false)).toBe(true);
    bundle.heard('core', apart(6000, 6002));
    expect(bundle.offersGroup(false)).toBe(true);
    bundle.heard('access', apart(5000, 5002));
    expect(bundle.offersGroup(true)).toBe(false);
  });
});
