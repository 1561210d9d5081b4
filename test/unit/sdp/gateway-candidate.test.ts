import { parseCandidate } from '../../../lib/sdp/candidate';
import { withGatewayCandidates as withCandidates, type TcpPriority } from '../../../lib/sdp/gateway-candidate';
import { sectionOf, textsIn } from './texts';

type Given = Parameters<typeof withCandidates>;
const withGatewayCandidates = (section: readonly string[], addresses: Given[1], spelling: Given[2] = 'rfc6544') =>
  textsIn(withCandidates(sectionOf(section), addresses, spelling));

const section = [
  'm=audio 42000 RTP/AVP 0',
  'a=unknown',
  'a=candidate:tcp1 1 UDP 2130706431 192.0.2.1 42000 typ host',
  'a=candidate:tcp1 2 UDP 2130706430 192.0.2.1 42001 typ host',
  'a=end-of-candidates',
];
const v4 = { address: '192.0.2.1', port: 80 };
const v6 = { address: '2001:db8::1', port: 80 };

describe('the candidate on port 80', () => {
  const added = (rank: TcpPriority = 'lowest', of: readonly string[] = section) =>
    withGatewayCandidates(of, [
      { ...v4, rank },
      { ...v6, rank },
    ])
      .filter((line) => !of.includes(line))
      .map((line) => parseCandidate(line)!);

  test('A6, B3: stands behind the UDP candidates; all other lines stay in place', () => {
    const lines = withGatewayCandidates(section, [v4]);
    expect(lines.filter((_, i) => i !== 4)).toEqual(section);
    expect(lines[4]).toContain(' TCP ');
  });

  test('B1: its form', () => {
    expect(withGatewayCandidates(['m=audio 42000 RTP/AVP 0'], [v4])[1]).toBe(
      'a=candidate:tcp1 1 TCP 8388863 192.0.2.1 80 typ host tcptype passive',
    );
  });

  test('J9: one of pseudo-TLS is below the plain one of its port, and above the next port; it is written first', () => {
    const ways = [443, 80].flatMap((port) => [v4, v6].map((at) => ({ ...at, port })));
    const pseudo = [v4, v6].map((at) => ({ ...at, port: 443, transport: 'ssltcp' as const }));
    const of = ['m=audio 42000 RTP/AVP 0'];
    const lines = withGatewayCandidates(of, [...ways.slice(0, 2), ...pseudo, ...ways.slice(2)]).slice(1);
    const found = lines.map((line) => parseCandidate(line)!).sort((a, b) => b.priority - a.priority);
    expect(found.map(({ transport, port }) => `${transport} ${port}`)).toEqual(
      ['tcp 443', 'ssltcp 443', 'tcp 80'].flatMap((way) => [way, way]),
    );
    expect(lines.map((line) => parseCandidate(line)!.transport)).toEqual(
      ['ssltcp', 'tcp', 'tcp'].flatMap((transport) => [transport, transport]),
    );
    expect(lines[0]).toMatch(/^a=candidate:ssltcp1 1 ssltcp \d+ 192\.0\.2\.1 443 typ host tcptype passive$/);
    expect(new Set(found.map(({ foundation }) => foundation)).size).toBe(4);
  });

  test.each([
    ['lowest', [8388863, 8389119]],
    ['above-relay', [176161023, 176161279]],
  ] as const)('B4, B5: its priorities, %s', (rank, expected) => {
    expect(added(rank).map(({ priority }) => priority)).toEqual(expected);
  });

  test('B21: one for each address family', () => {
    expect(added().map(({ address, port }) => ({ address, port }))).toEqual([v4, v6]);
  });

  test('B7: its foundation is neither that of a UDP candidate nor that of the other address', () => {
    const foundations = added().map(({ foundation }) => foundation);
    expect(new Set([...foundations, 'tcp1']).size).toBe(3);
  });

  test.each(
    [2130706430, 176161023, 8388863, 100, 3].flatMap((lowest) => [
      [lowest, 'lowest'] as const,
      [lowest, 'above-relay'] as const,
    ]),
  )('A3, B6: lowest of its line beside a candidate of priority %i, %s', (lowest, rank) => {
    const line = ['m=audio 1 RTP/AVP 0', `a=candidate:1 1 UDP ${lowest} 192.0.2.1 42000 typ relay`];
    const priorities = added(rank, line).map(({ priority }) => priority);
    expect(new Set(priorities).size).toBe(2);
    for (const priority of priorities) {
      expect(priority).toBeLessThan(lowest);
      expect(priority).toBeGreaterThanOrEqual(1);
    }
  });

  /** Foundation, address, port and priority of each. */
  const addedFor = (addresses: Given[1], of: readonly string[] = section) =>
    withGatewayCandidates(of, addresses)
      .filter((line) => !of.includes(line))
      .map((line) => parseCandidate(line)!)
      .map(({ foundation, address, port, priority }) => ({ foundation, at: `${address} ${port}`, priority }));
  const tls = { ...v4, port: 443 };
  const tls6 = { ...v6, port: 443 };

  test('A8: of several ports the first is the most wanted, each has a priority of its own, and a foundation per address', () => {
    expect(addedFor([v4, tls, v6, tls6])).toEqual([
      { foundation: 'tcp1x', at: '192.0.2.1 80', priority: 8388863 + 2 * 256 },
      { foundation: 'tcp1x', at: '192.0.2.1 443', priority: 8388863 },
      { foundation: 'tcp2', at: '2001:db8::1 80', priority: 8388863 + 3 * 256 },
      { foundation: 'tcp2', at: '2001:db8::1 443', priority: 8388863 + 256 },
    ]);
  });

  test('A8: a port may have a rank of its own', () => {
    const [first, second] = addedFor([v4, { ...tls, rank: 'above-relay' }]);
    expect(first).toMatchObject({ at: '192.0.2.1 80', priority: 8388863 + 256 });
    expect(second).toMatchObject({ at: '192.0.2.1 443', priority: 176161023 });
  });

  test.each([2130706431, 176161023, 8388863, 9])(
    'A3, A8, B6: in their order and below a candidate of priority %i',
    (lowest) => {
      const line = ['m=audio 1 RTP/AVP 0', `a=candidate:1 1 UDP ${lowest} 192.0.2.1 42000 typ relay`];
      const ranked = [v4, { ...tls, rank: 'above-relay' as const }, v6, { ...tls6, rank: 'above-relay' as const }];
      const priorities = addedFor(ranked, line).map(({ priority }) => priority);
      const [v4At80 = 0, v4At443 = 0, v6At80 = 0, v6At443 = 0] = priorities;
      expect([lowest, v6At443, v4At443, v6At80, v4At80, 0]).toEqual([lowest, ...priorities, 0].sort((a, b) => b - a));
      expect(new Set([lowest, ...priorities, 0]).size).toBe(6);
    },
  );

  test("B2: W's own spelling, where it is asked for, and read back", () => {
    const line = withGatewayCandidates(['m=audio 42000 RTP/AVP 0'], [v4], 'w')[1]!;
    expect(line).toBe('a=candidate:tcp1 1 TCP 8388863 192.0.2.1 80 typ host tcptyp tcp-passive');
    expect(parseCandidate(line)).toMatchObject({ transport: 'tcp', tcpType: 'passive', extensions: [] });
  });
});
