import { parseCandidate, type Candidate } from '../../../lib/sdp/candidate';
import { formPairs, pairPriority } from '../../../lib/ue/candidate-pair';

function candidates(...lines: string[]): Candidate[] {
  return lines.map((line) => {
    const candidate = parseCandidate(`candidate:${line}`);
    if (candidate === undefined) throw new Error(`no candidate: ${line}`);
    return candidate;
  });
}

const locals = candidates(
  '1 1 UDP 2130706431 203.0.113.2 4000 typ host',
  '2 1 TCP 2111832063 203.0.113.2 9 typ host tcptype active',
);

const edge = {
  udp: '3 1 UDP 2130706431 198.51.100.1 30000 typ host',
  tcp80: '4 1 TCP 8388863 198.51.100.1 80 typ host tcptype passive',
  tcp443: '5 1 TCP 8388607 198.51.100.1 443 typ host tcptype passive',
};

describe('the pairs of a stream', () => {
  test.each([
    ['host UDP with host UDP', 2130706431, 2130706431, 2130706431n * 2n ** 32n + 2n * 2130706431n],
    ['the controlling side higher', 200, 100, 100n * 2n ** 32n + 401n],
    ['the controlled side higher', 100, 200, 100n * 2n ** 32n + 400n],
  ])('have the priority of RFC 8445 §6.1.2.3: %s', (_, controlling, controlled, expected) => {
    expect(pairPriority(controlling, controlled)).toBe(expected);
  });

  it('A6: come UDP first, TCP 80 after it, other ports by their priority, whatever the order in the SDP', () => {
    const pairs = formPairs(locals, candidates(edge.tcp443, edge.tcp80, edge.udp));
    expect(pairs.map(({ path }) => path)).toEqual(['udp', 'tcp80', 'tcp443']);
  });

  test.each([
    ['another active candidate', '6 1 TCP 9000 198.51.100.1 9 typ host tcptype active'],
    ['a simultaneous-open one', '6 1 TCP 9000 198.51.100.1 7000 typ host tcptype so'],
    ['another component', '6 2 UDP 9000 198.51.100.1 30001 typ host'],
    ['another address family', '6 1 UDP 9000 2001:db8::1 30001 typ host'],
    ['port 0', '6 1 UDP 9000 198.51.100.1 0 typ host'],
    ['a name instead of an address', '6 1 UDP 9000 4f1a.local 30001 typ host'],
  ])('leave out %s', (_, line) => {
    expect(formPairs(locals, candidates(line))).toEqual([]);
  });

  it('hold a remote address once, at its higher priority', () => {
    const pairs = formPairs(locals, candidates('7 1 UDP 100 198.51.100.1 30000 typ srflx', edge.udp));
    expect(pairs.map(({ remote }) => remote.priority)).toEqual([2130706431]);
  });

  it('are bounded, whatever the peer sends', () => {
    const many = Array.from({ length: 500 }, (_, i) => `8 1 UDP ${1000 + i} 198.51.100.1 ${10000 + i} typ host`);
    expect(formPairs(locals, candidates(...many))).toHaveLength(100);
  });
});
