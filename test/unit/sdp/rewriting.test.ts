import { anchoredLines, matchAnswer, putBackAnchored, takeAnchored } from '../../../lib/sdp/anchored-lines';
import { withoutTurnedFeedback } from '../../../lib/sdp/feedback';
import { withoutBundle } from '../../../lib/sdp/bundle';
import { withoutRtcpMux } from '../../../lib/sdp/rtcp-mux';
import { withIceLite, withoutIce, withUsableIce } from '../../../lib/sdp/ice-attributes';
import { withAddresses } from '../../../lib/sdp/addresses';
import { parseSdp, type Sdp } from '../../../lib/sdp/sdp';
import { SessionOrigin } from '../../../lib/sdp/session-origin';
import { textsOf } from './texts';

const head = ['v=0', 'o=- 1 1 IN IP4 192.0.2.5', 's=-', 'c=IN IP4 192.0.2.5', 't=0 0'];
const sdp = (...lines: string[]) => parseSdp([...head, ...lines].join('\n'));
const linesOf = (whole: Sdp) => {
  const { session, media } = textsOf(whole);
  return [...session.slice(head.length), ...media.flat()];
};

test('B19: without ICE and TCP, all else stays in order', () => {
  const rest = ['a=x', 'm=audio 5000 RTP/AVP 0', 'a=unknown:1', 'a=rtcp-mux', 'm=video 5002 RTP/AVP 96'];
  const full = sdp(
    'a=ice-lite',
    'a=x',
    'a=ice-options:trickle ice2',
    'm=audio 5000 RTP/AVP 0',
    'a=ice-ufrag:abcd',
    'a=ice-pwd:0123456789012345678901',
    'a=unknown:1',
    'a=candidate:1 1 TCP 7 192.0.2.5 9 typ host tcptype active',
    'a=candidate:broken',
    'a=remote-candidates:1 192.0.2.1 80',
    'a=end-of-candidates',
    'a=setup:active',
    'a=connection:new',
    'a=rtcp-mux',
    'm=video 5002 RTP/AVP 96',
    'a=ice-mismatch',
  );
  expect(linesOf(withoutIce(full))).toEqual(rest);
});

test('B14: setup stays where it governs DTLS', () => {
  const dtls = ['m=audio 5000 UDP/TLS/RTP/SAVPF 0', 'a=fingerprint:sha-256 AA', 'a=setup:actpass'];
  expect(linesOf(withoutIce(sdp(...dtls)))).toEqual(dtls);
});

test.each([
  ['with the first line declined', ['m=video 0 RTP/AVP 96', 'm=audio 5000 RTP/AVP 0', 'a=ice-ufrag:abcd'], true],
  ['with one already in a media section', ['m=audio 5000 RTP/AVP 0', 'a=ice-lite', 'a=ice-ufrag:abcd'], true],
  ['without ICE', ['a=ice-lite', 'm=audio 5000 RTP/AVP 0'], false],
])('B8: ice-lite at session level %s', (_, lines, expected) => {
  const written = textsOf(withIceLite(sdp(...lines)));
  expect(written.session.filter((line) => line === 'a=ice-lite')).toHaveLength(expected ? 1 : 0);
  expect(written.media.flat()).not.toContain('a=ice-lite');
});

test('B18: what rtpengine gets are UDP candidates with addresses', () => {
  const udp = 'a=candidate:1 1 UDP 7 192.0.2.5 5000 typ host';
  const section = ['m=audio 5000 RTP/AVP 0', udp, 'a=candidate:1 1 UDP 7 x.local 5000 typ host', 'a=candidate:?'];
  const tcp = 'a=candidate:2 1 TCP 6 192.0.2.5 9 typ host tcptype active';
  expect(textsOf(withUsableIce(sdp(...section, tcp))).media[0]).toEqual(['m=audio 5000 RTP/AVP 0', udp]);
});

test('B22: BUNDLE is taken out, other groups and mid stay', () => {
  const full = sdp('a=group:BUNDLE 0 1', 'a=group:LS 0 1', 'm=audio 5000 RTP/AVP 0', 'a=mid:0', 'a=bundle-only');
  expect(linesOf(withoutBundle(full))).toEqual(['a=group:LS 0 1', 'm=audio 5000 RTP/AVP 0', 'a=mid:0']);
});

test('feedback is taken out where the profile lost it, and nowhere else', () => {
  const feedback = ['a=rtcp-fb:0 nack', 'a=rtcp-rsize'];
  const lines = ['m=audio 5000 RTP/AVP 0', 'm=video 5002 RTP/SAVPF 96', 'm=audio 5004 RTP/AVP 0'];
  const full = sdp(...lines.flatMap((line) => [line, ...feedback, 'a=ssrc:1 cname:x']));
  const kept = textsOf(withoutTurnedFeedback(full, ['UDP/TLS/RTP/SAVPF', 'RTP/SAVPF', 'RTP/AVP'])).media;
  expect(kept.map((section) => section.length)).toEqual([2, 4, 4]);
  expect(kept[0]).toEqual([lines[0], 'a=ssrc:1 cname:x']);
});

test("D7: a core's rtcp-mux is taken out, unless it knows nothing else", () => {
  const only = ['m=video 5002 RTP/AVP 96', 'a=rtcp-mux', 'a=rtcp-mux-only'];
  const full = sdp('m=audio 5000 RTP/AVP 0', 'a=rtcp-mux', ...only);
  expect(linesOf(withoutRtcpMux(full))).toEqual(['m=audio 5000 RTP/AVP 0', ...only]);
});

describe('lines that rtpengine must not see', () => {
  const message = ['m=message 2855 TCP/MSRP *', 'a=path:msrp://192.0.2.5:2855/x;tcp'];
  const audio = ['m=audio 5000 RTP/AVP 0', 'a=sendrecv'];
  const tcp = ['m=audio 9 TCP/RTP/AVP 0', 'a=setup:active'];
  const offer = sdp(...message, ...audio, ...tcp);

  test('are taken out, and come back in place as declined', () => {
    const lines = anchoredLines([], offer);
    const taken = takeAnchored(offer, lines);
    expect(textsOf(taken).media).toEqual([audio]);
    expect(textsOf(putBackAnchored(taken, lines, offer)).media).toEqual([
      ['m=message 0 TCP/MSRP *'],
      audio,
      ['m=audio 0 TCP/RTP/AVP 0'],
    ]);
  });

  test('a line once shown keeps its place when it becomes one of these, and so does a new one', () => {
    const first = anchoredLines([], offer);
    const later = sdp('m=audio 5004 RTP/AVP 8', 'm=audio 9 TCP/RTP/AVP 0', ...tcp);
    const lines = anchoredLines(first, later);
    expect(lines).toEqual([1, 0]);
    const taken = takeAnchored(later, lines);
    expect(textsOf(taken).media).toEqual([['m=audio 0 RTP/AVP 0'], ['m=audio 5004 RTP/AVP 8']]);
    expect(textsOf(putBackAnchored(taken, lines, later)).media.flat()).toEqual([
      'm=audio 5004 RTP/AVP 8',
      'm=audio 0 TCP/RTP/AVP 0',
      'm=audio 0 TCP/RTP/AVP 0',
    ]);
  });

  test('a line without an address is shown with one, though declined', () => {
    const withoutC = { session: offer.session.filter(({ type }) => type !== 'c'), media: offer.media };
    expect(textsOf(takeAnchored(withoutC, [0, 4])).media).toEqual([
      ['m=message 0 RTP/AVP 0', 'c=IN IP4 192.0.2.5'],
      ['m=audio 0 RTP/AVP 0', 'c=IN IP4 192.0.2.5'],
    ]);
  });

  test('B12: an answer keeps the offered transport and declines what did not reach the answerer', () => {
    const answer = sdp('m=message 2855 TCP/MSRP *', 'm=audio 6000 RTP/AVP 0', 'm=audio 6002 TCP/RTP/AVP 0');
    expect(textsOf(matchAnswer(answer, offer)).media.flat()).toEqual([
      'm=message 2855 TCP/MSRP *',
      'm=audio 6000 RTP/AVP 0',
      'm=audio 0 TCP/RTP/AVP 0',
    ]);
  });
});

test('F6: one side sees one session, its version rises with each change only', () => {
  const origin = new SessionOrigin(77);
  const write = (user: string, port: number) => {
    const written = origin.write(
      parseSdp(`v=0\r\no=${user} 5 9 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\nm=audio ${port} RTP/AVP 0\r\n`),
    );
    return written.split('\r\n')[1];
  };
  expect([write('a', 5000), write('b', 5000), write('b', 5002)]).toEqual([
    'o=- 77 1 IN IP4 192.0.2.1',
    'o=- 77 1 IN IP4 192.0.2.1',
    'o=- 77 2 IN IP4 192.0.2.1',
  ]);
});

describe('S6, B24: an address on each line', () => {
  const head6 = ['v=0', 'o=- 1 1 IN IP6 2001:db8::1', 's=-', 't=0 0'];
  const withC = ['m=audio 5000 RTP/AVP 0', 'c=IN IP4 192.0.2.5'];

  test('O1: that has none is that of another line, not that of o=, which may be of another family', () => {
    const whole = parseSdp([...head6, ...withC, 'm=video 0 RTP/AVP 34', 'a=mid:1'].join('\n'));
    expect(textsOf(withAddresses(whole)).media).toEqual([
      withC,
      ['m=video 0 RTP/AVP 34', 'c=IN IP4 192.0.2.5', 'a=mid:1'],
    ]);
  });

  test.each([
    ['has its own', [...head6, ...withC]],
    ['inherits it', [...head, 'm=video 0 RTP/AVP 34']],
  ])('stays as it is where it %s', (_, lines) => {
    const whole = parseSdp(lines.join('\n'));
    expect(withAddresses(whole)).toBe(whole);
  });
});
