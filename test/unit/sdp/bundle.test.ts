import {
  areApart,
  bundledLines,
  bundleGroups,
  sharedTransports,
  withBundleGroups,
  withBundleOnly,
  withSharedTransports,
  writtenAsShared,
} from '../../../lib/sdp/bundle';
import { distinctMids, midsOf, withMids } from '../../../lib/sdp/mids';
import { parseSdp } from '../../../lib/sdp/sdp';
import { viewSession } from '../../../lib/sdp/session-view';
import { textsOf } from './texts';

const sdp = (...lines: string[]) =>
  parseSdp(['v=0', 'o=- 1 1 IN IP4 192.0.2.5', 's=-', 'c=IN IP4 192.0.2.5', 't=0 0', ...lines].join('\n'));
const credentials = (ufrag: string) => [`a=ice-ufrag:${ufrag}`, 'a=ice-pwd:0123456789012345678901'];
const candidate = 'a=candidate:1 1 UDP 7 192.0.2.5 5000 typ host';
const audio = ['m=audio 5000 RTP/AVP 0', 'a=mid:0', ...credentials('abcd'), candidate, 'a=rtcp-mux'];
const bare = ['m=video 9 RTP/AVP 96', 'c=IN IP4 0.0.0.0', 'a=mid:1'];

describe('B22: BUNDLE groups', () => {
  test.each([
    ['of all lines', ['a=group:BUNDLE 0 1', ...audio, ...bare], [[0, 1]]],
    ['in another order', ['a=group:BUNDLE 1 0', ...audio, ...bare], [[1, 0]]],
    ['without declined lines', ['a=group:BUNDLE 0 1', ...audio, 'm=video 0 RTP/AVP 96', 'a=mid:1'], [[0]]],
    [
      'with those of port 0 for it',
      ['a=group:BUNDLE 0 1', ...audio, 'm=video 0 RTP/AVP 96', 'a=mid:1', 'a=bundle-only'],
      [[0, 1]],
    ],
    ['of which none is tagged', ['a=group:BUNDLE 1', ...audio, 'm=video 0 RTP/AVP 96', 'a=mid:1', 'a=bundle-only'], []],
    ['of lines that there are not', ['a=group:BUNDLE 0 x 7', ...audio, ...bare], [[0]]],
    ['that name a line twice', ['a=group:BUNDLE 0 0', 'a=group:BUNDLE 0 1', ...audio, ...bare], [[0], [1]]],
    ['without a line', ['a=group:BUNDLE', ...audio], []],
    ['of another kind', ['a=group:LS 0 1', ...audio, ...bare], []],
  ])('%s', (_, lines, groups) => expect(bundleGroups(sdp(...lines))).toEqual(groups));

  const second = (...lines: string[]) => sdp('a=group:BUNDLE 0 1', ...audio, ...bare, ...lines);

  test.each([
    ['nothing of its own', second(), true],
    ['the same credentials alone', second(...credentials('abcd')), true],
    ['other credentials', second(...credentials('efgh')), false],
    ['candidates', second(...credentials('abcd'), candidate), false],
    [
      'nothing, as the tagged line has no candidates either',
      sdp('a=group:BUNDLE 0 1', ...audio.filter((line) => line !== candidate), ...bare),
      false,
    ],
    ['nothing, outside of the group', sdp('a=group:BUNDLE 0', ...audio, ...bare), false],
  ])('a line has its transport from the tagged one: it has %s', (_, lines, isShared) => {
    expect([...sharedTransports(lines, { lines: [], areApart: false })]).toEqual(isShared ? [[1, 0]] : []);
  });

  describe('S3: and in a later offer', () => {
    const before = (...ufrags: string[]) =>
      viewSession(
        sdp(...ufrags.flatMap((ufrag, index) => [`m=audio ${5000 + index} RTP/AVP 0`, ...credentials(ufrag)])),
      ).media;
    const own = candidate.replace('5000', '5002');

    test.each([
      ['it has the ufrag of the tagged line, and had its own', ['efgh', 'ijkl'], 'abcd', true],
      ['it had the same before', ['efgh', 'efgh'], 'abcd', false],
      ['it is new', ['efgh'], 'abcd', false],
      ['it has its own', ['efgh', 'ijkl'], 'ijkl', false],
    ])('%s', (_, ufrags, ufrag, isShared) => {
      const lines = before(...ufrags);
      const later = second(...credentials(ufrag), own);
      expect([...sharedTransports(later, { lines, areApart: false })]).toEqual(isShared ? [[1, 0]] : []);
      expect(sharedTransports(later, { lines, areApart: true }).size).toBe(0);
    });

    test('where nothing is bundled, candidates are still to come', () => {
      expect(sharedTransports(second(), { lines: [], areApart: true }).size).toBe(0);
      const bundleOnly = sdp('a=group:BUNDLE 0 1', ...audio, 'm=video 0 RTP/AVP 96', 'a=mid:1', 'a=bundle-only');
      expect([...sharedTransports(bundleOnly, { lines: [], areApart: true })]).toEqual([[1, 0]]);
    });
  });

  test.each([
    ['each has candidates', second(...credentials('abcd'), candidate.replace('5000', '5002')), true],
    ['they have the same', second(...credentials('abcd'), candidate), false],
    ['one has none', second(...credentials('abcd')), false],
    ['there is one line', sdp('a=group:BUNDLE 0', ...audio), false],
  ])('S3: lines have transports of their own: %s', (_, lines, isTrue) => {
    expect(areApart(lines, bundleGroups(lines)[0] ?? [])).toBe(isTrue);
  });

  test('the transport is written to the line, in place of what it says of one', () => {
    const lines = second('a=sendonly', 'a=setup:passive', 'a=bundle-only');
    expect(textsOf(withSharedTransports(lines, new Map([[1, 0]]))).media[1]).toEqual([
      'm=video 5000 RTP/AVP 96',
      'a=mid:1',
      'a=sendonly',
      ...credentials('abcd'),
      candidate,
      'a=rtcp-mux',
    ]);
  });

  test('what is bundled is told by an answer, and written with port and ufrag of the tagged line', () => {
    const bundled = sdp('a=group:BUNDLE 0 1', ...audio, 'm=video 5000 RTP/AVP 96', 'a=mid:1', ...credentials('abcd'));
    expect([...bundledLines(bundled)]).toEqual([[1, 0]]);
    expect([...writtenAsShared(bundled, [[0, 1]])]).toEqual([[1, 0]]);
    expect([...writtenAsShared(second(...credentials('efgh')), [[0, 1]])]).toEqual([]);
  });

  test('they are written in place of those that there are', () => {
    const written = withBundleGroups(sdp('a=group:BUNDLE 0 1', 'a=group:LS 0 1', ...audio, ...bare), [[1]]);
    expect(textsOf(written).session.slice(5)).toEqual(['a=group:LS 0 1', 'a=group:BUNDLE 1']);
    expect(textsOf(withBundleGroups(written, [[]])).session.slice(5)).toEqual(['a=group:LS 0 1', 'a=group:BUNDLE']);
    expect(textsOf(withBundleOnly(written, new Set([1]))).media[1]).toEqual([
      'm=video 0 RTP/AVP 96',
      ...bare.slice(1),
      'a=bundle-only',
    ]);
  });
});

describe('the names of lines', () => {
  test('B22: others take their places, in groups too', () => {
    const renamed = withMids(sdp('a=group:LS 0 1', ...audio, ...bare), ['sound', undefined]);
    expect(textsOf(renamed).session.at(-1)).toBe('a=group:LS sound');
    expect(midsOf(renamed)).toEqual(['sound', undefined]);
    expect(midsOf(withMids(sdp('m=audio 1 RTP/AVP 0', 'i=x', 'c=IN IP4 192.0.2.5'), ['7']))).toEqual(['7']);
  });

  test.each([
    [[], [], ['0', '1', '2']],
    [
      ['a', undefined, 'c'],
      ['x', 'y', 'z'],
      ['a', 'y', 'c'],
    ],
    [
      ['1', undefined, undefined],
      ['5', '1', '2'],
      ['1', 'line1', '2'],
    ],
    [[undefined, '0'], [], ['line0', '0', '2']],
  ])('of %j and then %j: %j', (first, then, expected) => {
    expect(distinctMids(3, first, then)).toEqual(expected);
  });
});
