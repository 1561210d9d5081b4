import { AccessFront } from '../../../app/access-front';
import { readConfig } from '../../../app/read-config';
import { createLogger } from '../../../lib/ops/logger';
import { shareLimits } from '../../../lib/shares/limits';
import { RequestShares } from '../../../lib/shares/request-shares';
import { freePort } from '../sip/sip-peer';
import { FakeSipServer, request, Wire } from '../access/wire';

function front(settings: Record<string, string>): AccessFront {
  const config = readConfig({
    ACCESS_CONTACTS: 'sip:198.51.100.1:5060;transport=udp sip:127.0.0.1:5080;transport=tcp',
    CORE_CONTACTS: 'sip:192.0.2.1:5060',
    CORE_NEXT_HOP: 'sip:192.0.2.2:5060',
    GATEWAY_ADDRESS: '198.51.100.1',
    ACCESS_LISTEN: 'sips:127.0.0.1:15061',
    ...settings,
  });
  const shares = shareLimits();
  return new AccessFront(config, undefined, { shares, requests: new RequestShares(shares) }, createLogger('silent'));
}

test('UEs reach the first TCP contact of the SIP server', async () => {
  const server = await FakeSipServer.start();
  const { port } = server.at;
  const opened = front({
    ACCESS_LISTEN: `sip:127.0.0.1:${await freePort('127.0.0.1')};transport=tcp`,
    ACCESS_CONTACTS: `sip:198.51.100.1:5060;transport=udp sip:127.0.0.1:${port};transport=udp,tcp`,
  });
  await opened.listener.start();
  const ue = await Wire.connect(opened.listener.points[0]?.port ?? 0);
  ue.send(request('REGISTER'));
  expect((await (await server.connection()).next()).method).toBe('REGISTER');
  await opened.close();
  await opened.close();
  await server.stop();
});
