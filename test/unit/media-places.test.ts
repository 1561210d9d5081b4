import { parseMediaNetwork } from '../../lib/media-places';
import { networks, placesOn } from './media-networks';

const own = ['192.0.2.1', '10.9.9.9', '2001:db8::1', '127.0.0.1', '::1'];
const udp = (address: string, port = 20_000) => ({ address, port, transport: 'udp' as const });
const tcp = (address: string, port = 20_000) => ({ address, port, transport: 'tcp' as const });

describe('without CORE_MEDIA', () => {
  const places = placesOn(own, {
    own: () => ({ addresses: new Set(own), broadcasts: new Set(['192.0.2.255']) }),
  });

  test.each([
    ['a core', '198.51.100.7'],
    ['a core at a private address', '10.1.2.3'],
    ['a core with IPv6', '2001:db8::7'],
    ['a core by NAT64', '64:ff9b::198.51.100.7'],
    ['a core by NAT64 of its own, of 96 bits', '64:ff9b:1::198.51.100.7'],
    ['a core by NAT64 of its own, of 48 bits', '64:ff9b:1:c633:64:700::'],
    ['a core by 6to4', '2002:c633:6407::1'],
    ['a core in the spelling of IPv6', '::ffff:198.51.100.7'],
  ])('N1: %s gets media (%s)', (_name, address) => {
    expect(places.misplacedInCore(udp(address))).toBeUndefined();
    expect(places.misplacedInCore(tcp(address))).toBeUndefined();
    expect(places.misplacedAtUe(udp(address))).toBeUndefined();
  });

  test.each([
    ['127.0.0.1', 'loopback'],
    ['127.255.3.9', 'loopback'],
    ['::1', 'loopback'],
    ['0:0:0:0:0:0:0:1', 'loopback'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['::FFFF:7f00:1', 'loopback'],
    ['0:0:0:0:0:ffff:127.0.0.1', 'loopback'],
    ['::127.0.0.1', 'loopback'],
    ['::7f00:1', 'loopback'],
    ['::ffff:0:127.0.0.1', 'loopback'],
    ['64:ff9b::127.0.0.1', 'loopback'],
    ['64:ff9b::7f00:1', 'loopback'],
    ['64:ff9b:1::127.0.0.1', 'loopback'],
    ['64:ff9b:1:7f00:0:100::', 'loopback'],
    ['2002:7f00:1::', 'loopback'],
    ['2002:7f00:0001:1::5', 'loopback'],
    ['2001:0:7f00:1::', 'loopback'],
    ['2001:0:c633:6407:0:0:80ff:fffe', 'loopback'],
    ['0.0.0.0', 'unspecified'],
    ['0.1.2.3', 'unspecified'],
    ['::', 'unspecified'],
    ['::ffff:0.0.0.0', 'unspecified'],
    ['64:ff9b::', 'unspecified'],
    ['169.254.169.254', 'link-local'],
    ['::ffff:169.254.169.254', 'link-local'],
    ['2002:a9fe:a9fe::', 'link-local'],
    ['fe80::1', 'link-local'],
    ['fe80::1%eth0', 'link-local'],
    ['febf::1', 'link-local'],
    ['224.0.0.1', 'multicast'],
    ['239.255.255.255', 'multicast'],
    ['ff02::1', 'multicast'],
    ['64:ff9b::e000:1', 'multicast'],
    ['255.255.255.255', 'broadcast'],
    ['::ffff:255.255.255.255', 'broadcast'],
    ['192.0.2.255', 'broadcast'],
    ['240.0.0.1', 'reserved'],
    ['254.1.1.1', 'reserved'],
    ['192.0.2.1', 'own-address'],
    ['::ffff:192.0.2.1', 'own-address'],
    ['64:ff9b::192.0.2.1', 'own-address'],
    ['2002:c000:201::9', 'own-address'],
    ['2001:0db8:0::1', 'own-address'],
    ['core.example', 'not-an-address'],
    ['localhost', 'not-an-address'],
    ['', 'not-an-address'],
    // What the C library, though nobody else, takes for 127.0.0.1, or for another address than it looks like.
    ['0177.0.0.1', 'not-an-address'],
    ['0x7f.0.0.1', 'not-an-address'],
    ['0x7f000001', 'not-an-address'],
    ['2130706433', 'not-an-address'],
    ['127.1', 'not-an-address'],
    ['127.0.1', 'not-an-address'],
    ['010.0.0.1', 'not-an-address'],
    ['198.051.100.7', 'not-an-address'],
    ['198.51.100.7 ', 'not-an-address'],
    ['198.51.100.256', 'not-an-address'],
    ['[2001:db8::7]', 'not-an-address'],
    ['::ffff:0177.0.0.1', 'not-an-address'],
  ])('N1: %s gets none: %s', (address, reason) => {
    expect(places.misplacedInCore(udp(address))).toBe(reason);
    expect(places.misplacedInCore(tcp(address))).toBe(reason);
    expect(places.misplacedAtUe(udp(address))).toBe(reason);
    expect(places.misplacedAtUe(tcp(address))).toBe(reason);
  });

  test.each([
    [0, 'no-port'],
    [-1, 'no-port'],
    [65_536, 'no-port'],
    [NaN, 'no-port'],
    [9, 'low-port'],
    [1023, 'low-port'],
    [1024, undefined],
    [5059, undefined],
    [5060, 'sip-port'],
    [5061, 'sip-port'],
    [2223, 'control-port'],
    [65_535, undefined],
  ])('N1: port %d: %s', (port, reason) => {
    expect(places.misplacedInCore(udp('198.51.100.7', port))).toBe(reason);
    expect(places.misplacedAtUe(udp('198.51.100.7', port))).toBe(reason);
  });

  test('N1: two UEs of one edge reach each other by what the core was told, and by no other port', () => {
    for (const place of [udp('192.0.2.1'), tcp('192.0.2.1'), udp('2001:db8::1')]) {
      expect(places.misplacedInCore(place)).toBe('own-address');
      expect(places.misplacedInCore(place, 'core')).toBeUndefined();
    }
    expect(places.misplacedInCore(udp('127.0.0.1'), 'core')).toBe('loopback');
    expect(places.misplacedInCore(udp('192.0.2.1', 2223), 'core')).toBe('control-port');
  });

  test.each([
    ['on this machine', '192.0.2.1'],
    ['of an rtpengine elsewhere', '198.51.100.7'],
  ])('N1: what a UE was told, %s, is none of the far end: media would go in a circle', (_name, address) => {
    expect(places.misplacedInCore(udp(address), 'access')).toBe('own-address');
    expect(places.misplacedInCore(tcp(address), 'access')).toBe('own-address');
  });

  test.each(own.slice(0, 3))('N1: no UE is on this machine: %s', (address) => {
    expect(places.misplacedAtUe(udp(address, 30_000))).toBe('own-address');
    expect(places.misplacedAtUe(tcp(address, 50_000))).toBe('own-address');
  });

  test('N1: a private port of this machine is none of media, in whatever range it is', () => {
    const withPrivate = placesOn(own, { privatePorts: new Set([30_123]) });
    expect(withPrivate.misplacedInCore(udp('192.0.2.1', 30_123), 'core')).toBe('control-port');
    expect(withPrivate.misplacedInCore(udp('198.51.100.7', 30_123))).toBeUndefined();
  });
});

describe('with CORE_MEDIA', () => {
  const places = placesOn(own, {
    coreMedia: networks(
      '198.51.100.0/24',
      '203.0.113.0/24:16384-32767',
      '2001:db8:5::/48',
      '192.0.2.0/24',
      '0.0.0.0/1',
    ),
  });

  test.each([
    [udp('198.51.100.7'), undefined],
    [udp('198.51.100.7', 5060), 'sip-port'],
    [udp('198.51.100.7', 80), 'low-port'],
    [udp('198.51.101.7'), 'not-core-media'],
    [udp('203.0.113.7', 16_384), undefined],
    [udp('203.0.113.7', 32_767), undefined],
    [udp('203.0.113.7', 16_383), 'not-core-media'],
    [udp('203.0.113.7', 32_768), 'not-core-media'],
    [tcp('203.0.113.7', 2855), 'not-core-media'],
    [udp('2001:db8:5::9'), undefined],
    [udp('2001:db8:6::9'), 'not-core-media'],
    [udp('::ffff:198.51.100.7'), undefined],
    [udp('64:ff9b::198.51.100.7'), 'not-core-media'],
    // A network that this machine is in says nothing of the machine itself.
    [udp('192.0.2.1'), 'own-address'],
    [udp('192.0.2.1', 30_000), 'own-address'],
    [udp('127.0.0.1'), 'loopback'],
    [udp('10.9.9.9'), 'own-address'],
  ])('N1: %j: %s', (place, reason) => {
    expect(places.misplacedInCore(place)).toBe(reason);
  });

  test('N1: two UEs of one edge reach each other, whatever the networks are', () => {
    expect(places.misplacedInCore(udp('10.9.9.9'), 'core')).toBeUndefined();
    expect(places.misplacedInCore(udp('198.51.100.7'), 'access')).toBe('own-address');
  });

  test('N1: the edge of another machine, which is not in the networks, is not reached', () => {
    expect(places.misplacedInCore(udp('172.31.0.1', 30_000))).toBe('not-core-media');
  });

  test('N1: networks of the core say nothing of UEs', () => {
    expect(places.misplacedAtUe(udp('172.31.0.1'))).toBeUndefined();
    expect(places.misplacedAtUe(udp('127.0.0.1'))).toBe('loopback');
  });
});

describe('a trial with all on one host', () => {
  const places = placesOn(own, {
    coreMedia: networks('127.0.0.0/16', '192.0.2.1', '::1/128:20000-20001'),
    privatePorts: new Set([33_333]),
  });

  test.each([
    [udp('127.0.0.3'), undefined],
    [udp('127.0.0.3', 5060), 'sip-port'],
    [udp('127.0.0.3', 2223), 'control-port'],
    [udp('127.0.0.3', 33_333), 'control-port'],
    [udp('127.0.0.3', 80), 'low-port'],
    [udp('127.1.0.3'), 'loopback'],
    [udp('192.0.2.1'), undefined],
    [tcp('192.0.2.1'), undefined],
    [udp('192.0.2.1', 33_333), 'control-port'],
    [udp('10.9.9.9'), 'own-address'],
    [udp('::1', 20_001), undefined],
    [udp('::1', 20_002), 'loopback'],
    [udp('198.51.100.7'), 'not-core-media'],
    [udp('64:ff9b::127.0.0.3'), 'loopback'],
  ])('N1: the word of the operator opens its ports but those of SIP and control: %j: %s', (place, reason) => {
    expect(places.misplacedInCore(place)).toBe(reason);
    if (reason !== 'not-core-media') expect(places.misplacedAtUe(place)).toBe(reason);
    expect(places.misplacedInCore(place, 'access')).toBe('own-address');
  });
});

test.each([
  ['192.0.2.0/24', 24, undefined],
  ['192.0.2.7', 32, undefined],
  ['192.0.2.7:1024-2048', 32, { first: 1024, last: 2048 }],
  ['192.0.2.0/24:1024-2048', 24, { first: 1024, last: 2048 }],
  ['2001:db8::/32', 32, undefined],
  ['2001:db8::7', 128, undefined],
  ['2001:db8::/32:1024-2048', 32, { first: 1024, last: 2048 }],
])('N1: %s is a network of media', (text, length, ports) => {
  expect(parseMediaNetwork(text)).toMatchObject({ length, ports });
});

test.each([
  '',
  'core.example',
  '192.0.2.0/33',
  '192.0.2.0/24:',
  '192.0.2.0/24:2-1',
  '192.0.2.0/24:1-65536',
  '010.0.0.0/8',
])('N1: "%s" is no network of media', (text) => {
  expect(parseMediaNetwork(text)).toBeUndefined();
});
