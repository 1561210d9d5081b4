import { readConfig } from '../../../app/read-config';
import { proxiesOf, publicPorts, sharedPorts } from '../../../app/public-ports';
import { parsePrefix } from '../../../lib/ip-prefix';

const wanted = {
  ACCESS_CONTACTS: 'sip:198.51.100.1:5060;transport=udp,tcp',
  CORE_CONTACTS: 'sip:192.0.2.1:5060',
  CORE_NEXT_HOP: 'sip:192.0.2.2:5060',
  GATEWAY_ADDRESS: '198.51.100.1,2001:db8::1',
};

test.each([
  [{}, [80], true],
  [{ PUBLIC_PORTS: '80,443' }, [80, 443], true],
  [{ GATEWAY_PORTS: '443' }, [443], false],
  [{ ACCESS_CONTACTS: 'sip:198.51.100.1:5060;transport=udp' }, [80], false],
])('J1: with %j the ports are %j, shared: %j', (settings, ports, areShared) => {
  const found = publicPorts(readConfig({ ...wanted, ...settings }));
  expect([found.ports.map(({ port }) => port), found.areShared]).toEqual([ports, areShared]);
});

test('J1: shared ports are ours by each address that UEs may know', () => {
  const config = readConfig({ ...wanted, GATEWAY_BIND: '10.0.0.1,fd00::1', PUBLIC_PORTS: '443' });
  expect(sharedPorts(config)).toEqual({
    addresses: ['198.51.100.1', '2001:db8::1'],
    contacts: ['198.51.100.1', '[2001:db8::1]', '10.0.0.1', '[fd00::1]'].map((at) => `sip:${at}:443;transport=tcp`),
    hasHttps: true,
  });
  expect(sharedPorts(readConfig({ ...wanted, GATEWAY_PORTS: '443' }))).toBeUndefined();
});

test('J7: proxies are told by their networks, of either family', () => {
  const isProxy = proxiesOf([parsePrefix('192.0.2.0/24')!, parsePrefix('2001:db8:1::/48')!]);
  expect(['192.0.2.7', '::ffff:192.0.2.7', '2001:db8:1::7'].map(isProxy)).toEqual([true, true, true]);
  expect(['192.0.3.7', '2001:db8:2::7', 'nonsense'].map(isProxy)).toEqual([false, false, false]);
  expect(proxiesOf()('192.0.2.7')).toBe(false);
});
