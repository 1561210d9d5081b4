import { readConfig } from '../../../app/read-config';
import { changesBetween, takenOver } from '../../../app/reload';

const wanted = {
  ...{ ACCESS_CONTACTS: 'sip:198.51.100.1:5080;transport=tcp', CORE_CONTACTS: 'sip:192.0.2.1:5060' },
  ...{ CORE_NEXT_HOP: 'sip:192.0.2.2:5060', GATEWAY_ADDRESS: '198.51.100.1' },
};
const before = readConfig(wanted);

test('I6: SIGHUP takes over what can change, and names what needs a restart', () => {
  const now = readConfig({ ...wanted, LOG_LEVEL: 'debug', MAX_CALLS: '7', PUBLIC_PORTS: '80,443' });
  expect(changesBetween(before, now)).toEqual({ taken: ['MAX_CALLS', 'LOG_LEVEL'], waiting: ['PUBLIC_PORTS'] });
  const held = takenOver(before, now);
  expect(held).toEqual({ ...before, LOG_LEVEL: 'debug', MAX_CALLS: 7 });
  expect(changesBetween(held, now)).toEqual({ taken: [], waiting: ['PUBLIC_PORTS'] });
});
