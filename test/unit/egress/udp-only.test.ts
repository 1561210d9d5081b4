import type { Destination } from '../../../lib/wire/link';
import { UdpOnly } from '../../../lib/egress/udp-only';

const hop = (port: number, transport: 'udp' | 'tcp' = 'udp'): Destination => ({
  transport,
  address: '192.0.2.9',
  port,
});

describe('P13: next hops that take no TCP', () => {
  let now = 0;
  const ways = new UdpOnly(() => now);
  const wayOf = (port: number, bytes: number) => ways.wayFor(hop(port), bytes).transport;

  test('what is above 1300 bytes goes over TCP, and nothing that is to go over TCP changes', () => {
    expect([wayOf(1, 1300), wayOf(1, 1301)]).toEqual(['udp', 'tcp']);
    ways.learn(hop(1));
    expect([wayOf(1, 1301), wayOf(2, 1301)]).toEqual(['udp', 'tcp']);
    expect(ways.wayFor(hop(1, 'tcp'), 2000).transport).toBe('tcp');
    now += 299_999;
    expect(wayOf(1, 1301)).toBe('udp');
    now += 1;
    expect(wayOf(1, 1301)).toBe('tcp');
  });

  test('256 are remembered: those that were learned last', () => {
    for (let port = 1; port <= 256; port++) ways.learn(hop(port));
    ways.learn(hop(1));
    ways.learn(hop(257));
    expect([1, 2, 3, 257].map((port) => wayOf(port, 1301))).toEqual(['udp', 'tcp', 'udp', 'udp']);
  });
});
