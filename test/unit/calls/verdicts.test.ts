import type { Evidence } from '../../../lib/calls/evidence';
import { verdictOf, verdictRows } from '../../../lib/calls/verdicts';
import type { StreamReport } from '../../../lib/media/media-anchor';
import { saidLines, type SaidLine } from '../../../lib/media/said-lines';

const line = (more: Partial<SaidLine> = {}): SaidLine => ({
  ...{ kind: 'audio', port: 4000, address: '198.51.100.2', direction: 'sendrecv', hasIce: true, hasDtls: false },
  codec: 'PCMU',
  candidates: { udp: 1, tcp: 1, relay: 0 },
  ...more,
});

const stream = (more: Partial<StreamReport> = {}): StreamReport => ({
  ...{ line: 0, path: 'udp', remote: undefined, tcpReason: undefined, rttMs: undefined, reconnects: 0, dropped: 0 },
  ...{ quality: { access: undefined, core: undefined }, packets: { access: 100, core: 100 } },
  ...more,
});

/** An answered call of a UE with ICE over TCP that has ended, and whose media never had a way. */
const wayless: Evidence = {
  ...{ direction: 'originating', isAnswered: true, cause: 'hung-up', seconds: 20 },
  said: { access: [line()], core: [line({ hasIce: false })] },
  toldUe: [line()],
  ...{ checks: {}, vain: {}, paths: {}, losses: 0, lostFor: undefined, isMediaLost: false, streams: [] },
};
const refused = (code: string, by: 'edge' | 'far-end' = 'edge'): Partial<Evidence> => ({
  ...{ isAnswered: false, cause: 'rejected' },
  refusal: { by, status: 503, reason: 'Why it was', code },
});
const lineOfUe = (more: Partial<SaidLine>): Partial<Evidence> => ({
  said: { access: [line(more)], core: [line({ hasIce: false })] },
});
const withPackets = (access: number, core: number, more: Partial<Evidence> = {}): Partial<Evidence> => ({
  streams: [stream({ packets: { access, core } })],
  ...more,
});
const none = { udp: 0, tcp: 0, relay: 0 };

const cases: Record<string, Partial<Evidence>> = {
  'refused-by-limit': refused('too-many-calls'),
  'core-unreachable': refused('core-unreachable'),
  'rtpengine-refused': refused('anchor-unavailable'),
  'nothing-usable': refused('no-usable-media'),
  'refused-here': refused('handler-failed'),
  rejected: refused('', 'far-end'),
  'not-answered-yet': { isAnswered: false, cause: undefined },
  'ue-unreachable': { isAnswered: false, cause: 'flow-failed' },
  'never-answered': { isAnswered: false, cause: 'cancelled' },
  'rtpengine-lost': { cause: 'anchor-lost', paths: { 0: 'udp' } },
  'core-declined': { said: { access: [line()], core: [line({ port: 0 })] } },
  'ue-declined': { said: { access: [line({ port: 0 })], core: [line()] } },
  'wrong-password': { checks: { 'bad-integrity': 3 }, vain: { 'bad-integrity': 3 } },
  'never-nominated': { checks: { accepted: 9 } },
  'not-accepted': { checks: { accepted: 2, nominated: 1 } },
  'unknown-ufrag': { vain: { 'unknown-ufrag': 2 } },
  'pushed-out': { vain: { 'address-limit': 1 } },
  'strange-bytes': { vain: { 'strange-opening': 1 } },
  'silent-connection': { vain: { 'authentication-timeout': 1 } },
  hold: lineOfUe({ direction: 'inactive' }),
  'too-early': { cause: undefined, seconds: 2 },
  'private-without-ice': lineOfUe({ hasIce: false, address: '192.168.1.7' }),
  'no-ice': lineOfUe({ hasIce: false }),
  'relay-unused': lineOfUe({ candidates: { udp: 1, tcp: 0, relay: 1 } }),
  'tcp-not-offered': { toldUe: [line({ candidates: { ...none, udp: 1 } })] },
  'no-ice-tcp': lineOfUe({ candidates: { ...none, udp: 1 } }),
  'never-dialled': {},
  'connection-lost': withPackets(90, 100, { losses: 1, lostFor: 12 }),
  'media-lost': withPackets(90, 100, { isMediaLost: true }),
  'nobody-sends': withPackets(0, 0),
  'dtls-unfinished': { ...withPackets(0, 90), ...lineOfUe({ hasDtls: true }) },
  'ue-only-hears': { ...withPackets(0, 90), ...lineOfUe({ direction: 'recvonly' }) },
  'ue-silent': withPackets(0, 90),
  'core-only-hears': { ...withPackets(90, 0), ...lineOfUe({ direction: 'sendonly' }) },
  'core-silent': withPackets(90, 0),
  'way-by-tcp': { streams: [stream({ path: 'tcp80', tcpReason: 'udp-unanswered' })] },
  'way-by-relay': { streams: [stream({ path: 'relay' })] },
  'way-by-udp': { streams: [stream()] },
  unknown: { isAnswered: true, said: {}, streams: [], cause: 'sip-error' },
};

describe('verdicts', () => {
  test.each(Object.entries(cases).filter(([id]) => id !== 'unknown'))('I10: %s', (id, evidence) => {
    expect(verdictOf({ ...wayless, ...evidence }).id).toBe(id);
  });

  test('I10: each has a case here, a name of its own, and says in words what it takes', () => {
    const ids = verdictRows.map(({ id }) => id);
    expect(ids).toEqual(Object.keys(cases));
    expect(ids.length).toBeGreaterThan(15);
    expect(verdictRows.filter(({ evidence }) => evidence === '')).toEqual([]);
  });

  test('I10: a sentence names what matters: how long, where to, which port and why', () => {
    const text = (evidence: Partial<Evidence>) => verdictOf({ ...wayless, ...evidence }).text;
    expect(text(cases['connection-lost']!)).toContain('12 s before the end');
    expect(text(cases['core-silent']!)).toContain('198.51.100.2 port 4000');
    expect(text(cases['way-by-tcp']!)).toBe('Media went over TCP 80, because nothing of the UE came over UDP.');
    expect(text(cases['private-without-ice']!)).toContain('192.168.1.7');
    expect(text(cases['rejected']!)).toBe('The core rejected the call with 503 Why it was.');
  });
});

test('I10: what an SDP says of its lines is read without its secrets', () => {
  const sdp = [
    ...['v=0', 'o=- 1 1 IN IP4 192.0.2.1', 's=-', 'c=IN IP4 192.0.2.1', 't=0 0', 'a=ice-pwd:secretsecretsecret'],
    ...['m=audio 4000 RTP/AVP 0', 'a=ice-ufrag:abcd', 'a=sendonly', 'a=crypto:1 X inline:secret'],
    ...['a=candidate:1 1 UDP 1 192.0.2.1 4000 typ host', 'a=candidate:2 1 TCP 1 192.0.2.1 9 typ host tcptype active'],
    ...['a=candidate:3 1 UDP 1 192.0.2.9 4000 typ relay raddr 0.0.0.0 rport 9', 'm=video 0 RTP/AVP 96', ''],
  ].join('\r\n');
  const [audio, video, ...more] = saidLines(sdp);
  expect(audio).toEqual(
    line({ address: '192.0.2.1', direction: 'sendonly', candidates: { udp: 1, tcp: 1, relay: 1 } }),
  );
  expect([video?.kind, video?.port, video?.hasIce, more]).toEqual(['video', 0, false, []]);
  expect(JSON.stringify([audio, video])).not.toContain('secret');
});
