import { warnOfLostHops } from '../../../app/next-hops';
import { EgressRelay } from '../../../lib/egress/egress-relay';
import { telling } from '../ops/told';

test('X17: at the start, next hops that do not resolve are named with their setting', async () => {
  const { logger, lines } = telling();
  const asked: string[] = [];
  const lookups = {
    addresses: (host: string) => {
      asked.push(host);
      return host === 'core.example' ? Promise.resolve(['192.0.2.2']) : Promise.reject(new Error('ENOTFOUND'));
    },
    services: () => Promise.resolve([]),
    close: () => undefined,
  };
  const egress = new EgressRelay({ hosts: ['127.0.0.1'], logger, lookups });
  warnOfLostHops(
    {
      CORE_NEXT_HOP: 'sip:nowhere.example:5060',
      FOUND: 'sip:core.example;transport=tcp',
      ADDRESS: 'sip:192.0.2.2:5060',
      NOT_FOR_THE_RELAY: 'sips:nowhere.example',
      EMERGENCY_NEXT_HOP: undefined,
    },
    egress,
    logger,
  );
  await new Promise(setImmediate);
  expect(asked).toEqual(['nowhere.example', 'core.example']);
  expect(lines).toMatchObject([{ level: 'warn', setting: 'CORE_NEXT_HOP', nextHop: 'sip:nowhere.example:5060' }]);
  await egress.close();
});
