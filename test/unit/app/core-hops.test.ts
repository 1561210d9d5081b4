import { readConfig } from '../../../app/read-config';
import { ownPlaces } from '../../../app/own-places';
import { coreHops } from '../../../app/core-hops';

function faultBy(settings: Record<string, string> = {}, privatePorts = new Set<number>()) {
  const config = readConfig({
    ACCESS_CONTACTS: 'sip:127.0.0.1:5080;transport=tcp',
    CORE_CONTACTS: 'sip:192.0.2.1:5260',
    CORE_NEXT_HOP: 'sip:192.0.2.9:5360',
    EMERGENCY_NEXT_HOP: 'sip:192.0.2.9:460',
    GATEWAY_ADDRESS: '198.51.100.3',
    GATEWAY_BIND: '10.0.0.3',
    RTPENGINE_URLS: 'tcp://192.0.2.8:22222',
    RTPENGINE_CORE_INTERFACE: '10.0.0.5!192.0.2.5',
    DRACHTIO_HOST: '192.0.2.8',
    ...settings,
  });
  const hops = coreHops(config, ownPlaces(config, privatePorts));
  return (address: string, port = 5060) =>
    hops.fault({ host: address, port, transport: 'tcp' }, { address, port, transport: 'tcp' });
}

test.each(['192.0.2.1', '198.51.100.3', '10.0.0.3', '10.0.0.5', '192.0.2.5'])(
  'N1: no SIP goes to what the settings say is this machine: %s',
  (address) => {
    expect(faultBy()(address)).toBe('own-address');
  },
);

test('N1: nor to ports of control; but to the next hops of the settings', () => {
  const fault = faultBy();
  expect([fault('192.0.2.8', 22_222), fault('192.0.2.8', 9022)]).toEqual(['control-port', 'control-port']);
  expect([fault('192.0.2.9', 460), fault('192.0.2.9', 461)]).toEqual([undefined, 'low-port']);
});

test('N1: a private port is seen although it was chosen later', () => {
  const privatePorts = new Set<number>();
  const fault = faultBy({ CORE_NEXT_HOP: 'sip:127.0.0.1:5360' }, privatePorts);
  expect(fault('127.0.0.1', 33_333)).toBeUndefined();
  privatePorts.add(33_333);
  expect(fault('127.0.0.1', 33_333)).toBe('control-port');
});

test('a next hop that the relay does not send to itself is none', () => {
  expect(faultBy({ CORE_NEXT_HOP: 'sips:192.0.2.9:360' })('192.0.2.9', 360)).toBe('low-port');
});
