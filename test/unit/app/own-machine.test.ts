import { readConfig } from '../../../app/read-config';
import { requireOwnAddresses } from '../../../app/own-machine';

const here = {
  ACCESS_CONTACTS: 'sip:127.80.0.1:5060',
  CORE_CONTACTS: 'sip:127.80.0.2:5060',
  CORE_NEXT_HOP: 'sip:192.0.2.2',
  GATEWAY_ADDRESS: '127.80.0.3',
};
const elsewhere = { DRACHTIO_HOST: '192.0.2.8', RTPENGINE_URLS: 'tcp://192.0.2.9:2223' };
const check = (given: Record<string, string>) => requireOwnAddresses(readConfig({ ...here, ...given }));

test('takes addresses that can be bound, listed or not', async () => {
  await expect(check({})).resolves.toBeUndefined();
});

test.each<[string, Record<string, string>]>([
  ['GATEWAY_ADDRESS', { GATEWAY_ADDRESS: '192.0.2.77' }],
  ['GATEWAY_BIND', { GATEWAY_BIND: '192.0.2.77' }],
  ['ACCESS_LISTEN', { ACCESS_LISTEN: 'sip:192.0.2.77:5070;transport=tcp' }],
  ['CORE_CONTACTS', { CORE_CONTACTS: 'sip:192.0.2.77:5060' }],
  ['CORE_CONTACTS', { CORE_CONTACTS: 'sip:192.0.2.77:5060', ...elsewhere }],
  ['ACCESS_CONTACTS', { ACCESS_CONTACTS: 'sip:[2001:db8::77]:5060' }],
  ['RTPENGINE_ACCESS_INTERFACE', { RTPENGINE_ACCESS_INTERFACE: '127.0.0.1,2001:db8::77' }],
  ['RTPENGINE_CORE_INTERFACE', { RTPENGINE_CORE_INTERFACE: '192.0.2.77!127.0.0.1' }],
])('O4: names %s where the machine has no such address (case %#)', async (setting, given) => {
  await expect(check(given)).rejects.toMatchObject({
    code: 'config-invalid',
    message: expect.stringMatching(new RegExp(`^${setting} cannot be used: .*77\\); `)) as string,
  });
});

test.each<Record<string, string>>([
  { GATEWAY_ADDRESS: '192.0.2.77', GATEWAY_BIND: '127.80.0.3' },
  { ACCESS_LISTEN: 'sip:127.80.0.4:5070;transport=tcp', ACCESS_ADDRESS: '192.0.2.77' },
  { RTPENGINE_ACCESS_INTERFACE: '127.0.0.1!192.0.2.77' },
  { ...elsewhere, ACCESS_CONTACTS: 'sip:192.0.2.77:5060', RTPENGINE_ACCESS_INTERFACE: '192.0.2.77' },
])('O4: does not ask for what others open, or see (case %#)', async (given) => {
  await expect(check(given)).resolves.toBeUndefined();
});
