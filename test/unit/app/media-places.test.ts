import { networkInterfaces } from 'node:os';
import { pino } from 'pino';
import { readConfig } from '../../../app/read-config';
import { mediaPlaces } from '../../../app/media-places';
import { ownPlaces } from '../../../app/own-places';
import { broadcastOf } from '../../../app/own-addresses';

let logged: { msg: string; networks?: string[] }[];
beforeEach(() => {
  logged = [];
});

function placesBy(settings: Record<string, string> = {}, privatePorts = new Set<number>()) {
  const config = readConfig({
    ACCESS_CONTACTS: 'sip:127.0.0.1:5080;transport=tcp',
    ACCESS_LISTEN: 'sip:198.51.100.1:5160;transport=tcp',
    ACCESS_ADDRESS: '198.51.100.2',
    CORE_CONTACTS: 'sip:192.0.2.1:5260',
    CORE_NEXT_HOP: 'sip:192.0.2.9:5360',
    EMERGENCY_NEXT_HOP: 'sip:192.0.2.9:5460',
    EGRESS_PORT: '5560',
    GATEWAY_ADDRESS: '198.51.100.3',
    GATEWAY_BIND: '10.0.0.3',
    RTPENGINE_URLS: 'udp://192.0.2.8:22222,udp://192.0.2.7:22223',
    RTPENGINE_ACCESS_INTERFACE: '10.0.0.4!198.51.100.4',
    RTPENGINE_CORE_INTERFACE: '10.0.0.5!192.0.2.5',
    DRACHTIO_HOST: '192.0.2.8',
    ...settings,
  });
  const places = mediaPlaces(
    config,
    ownPlaces(config, privatePorts),
    pino({}, { write: (line) => logged.push(JSON.parse(line) as never) }),
  );
  return (address: string, port = 20_000, told?: 'core') =>
    places.misplacedInCore({ address, port, transport: 'udp' }, told);
}

test.each([
  ...['198.51.100.1', '198.51.100.2', '192.0.2.1', '198.51.100.3', '10.0.0.3'],
  ...['10.0.0.4', '198.51.100.4', '10.0.0.5', '192.0.2.5'],
])('N1: no media goes to what the settings say is this machine: %s', (address) => {
  expect(placesBy()(address)).toBe('own-address');
  expect(placesBy()(address, 30_000)).toBe('own-address');
});

test.each(['192.0.2.1', '10.0.0.5', '192.0.2.5'])(
  'N1: two UEs of this edge reach each other over its %s, by what the core was told',
  (address) => {
    expect(placesBy()(address, 30_000, 'core')).toBeUndefined();
  },
);

test('N1: nor to an address of its interfaces, nor to the broadcast address of their networks', () => {
  const isMisplaced = placesBy();
  const all = Object.values(networkInterfaces()).flatMap((of) => of ?? []);
  for (const { address, internal, cidr } of all) {
    expect(isMisplaced(address)).toMatch(internal ? /loopback/ : /own-address|link-local/);
    if (!internal && broadcastOf(cidr)) expect(isMisplaced(broadcastOf(cidr)!)).toBe('broadcast');
  }
  expect(isMisplaced('127.0.0.1')).toBe('loopback');
});

test.each([
  ['192.0.2.0/24', '192.0.2.255'],
  ['10.1.2.3/8', '10.255.255.255'],
  ['10.1.2.3/22', '10.1.3.255'],
  ['10.1.2.3/31', undefined],
  ['10.1.2.3/32', undefined],
  ['2001:db8::1/64', undefined],
  [null, undefined],
])('N1: the broadcast address of %s is %s', (cidr, expected) => {
  expect(broadcastOf(cidr)).toBe(expected);
});

test.each([5060, 5061, 5080, 5160, 5260, 5360, 5460, 5560])('N1: port %d is one of SIP, on any host', (port) => {
  expect(placesBy()('203.0.113.9', port)).toBe('sip-port');
});

test.each([22_222, 22_223, 9022])('N1: port %d is one of control, on any host', (port) => {
  expect(placesBy()('203.0.113.9', port)).toBe('control-port');
});

test('N1: a private port is seen although it was chosen later', () => {
  const privatePorts = new Set<number>();
  const isMisplaced = placesBy({ CORE_MEDIA: '127.0.0.0/8' }, privatePorts);
  expect(isMisplaced('127.3.2.1', 33_333)).toBeUndefined();
  privatePorts.add(33_333);
  expect(isMisplaced('127.3.2.1', 33_333)).toBe('control-port');
});

describe('what the log says at the start', () => {
  test('N1: that nothing is known of the networks of the core', () => {
    placesBy();
    expect(logged).toMatchObject([{ level: 40, msg: expect.stringMatching(/^CORE_MEDIA is not set/) as string }]);
  });

  test('N1: nothing, where they are', () => {
    placesBy({ CORE_MEDIA: '203.0.113.0/24,192.0.2.0/24,0.0.0.0/0' });
    expect(logged).toEqual([]);
  });

  test('N1: that they name this machine', () => {
    placesBy({ CORE_MEDIA: '203.0.113.0/24,127.0.0.0/8,192.0.2.1' });
    expect(logged).toMatchObject([{ level: 40, networks: ['127.0.0.0/8', '192.0.2.1/32'] }]);
  });
});
