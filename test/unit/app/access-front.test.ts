import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { AccessFront } from '../../../app/access-front';
import type { SharedPorts } from '../../../app/public-ports';
import { readConfig } from '../../../app/read-config';
import { createLogger } from '../../../lib/ops/logger';
import { shareLimits } from '../../../lib/shares/limits';
import { RequestShares } from '../../../lib/shares/request-shares';
import { freePort } from '../sip/sip-peer';
import { FakeSipServer, request, Wire } from '../access/wire';

function front(settings: Record<string, string>, shared?: SharedPorts): AccessFront {
  const config = readConfig({
    ACCESS_CONTACTS: 'sip:198.51.100.1:5060;transport=udp sip:127.0.0.1:5080;transport=tcp',
    CORE_CONTACTS: 'sip:192.0.2.1:5060',
    CORE_NEXT_HOP: 'sip:192.0.2.2:5060',
    GATEWAY_ADDRESS: '198.51.100.1',
    ACCESS_LISTEN: 'sips:127.0.0.1:15061',
    ...settings,
  });
  const shares = shareLimits();
  return new AccessFront(config, shared, { shares, requests: new RequestShares(shares) }, createLogger('silent'));
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

describe('J6: HTTP on shared ports', () => {
  const shared = { addresses: ['127.0.0.1'], contacts: [], hasHttps: false };
  const opened = (settings: Record<string, string>) =>
    front({ ACCESS_LISTEN: '', PUBLIC_PORTS: '80', ...settings }, shared);

  test('the web phone and SIP.js are where edge80 is', async () => {
    const on = opened({ WEB_PHONE: 'on' });
    await on.start();
    const port = createServer({ pauseOnConnect: true }, (socket) => {
      const at = { address: '127.0.0.1', port: 1 };
      on.listener.take({ socket, remote: at, local: at }, 'http');
    }).listen(0, '127.0.0.1');
    await once(port, 'listening');
    const base = `http://127.0.0.1:${(port.address() as AddressInfo).port}`;
    const pages = await Promise.all(['/phone/', '/phone/sip.js/index.js'].map((path) => fetch(base + path)));
    expect(pages.map(({ status }) => status)).toEqual([200, 200]);
    await on.close();
    port.close();
  });

  test('a folder for ACME that is not there ends the start, in one line', () => {
    expect(() => opened({ ACME_CHALLENGES: '/no/such/folder' })).toThrow(
      'ACME_CHALLENGES is neither an http URL nor a folder: /no/such/folder.',
    );
  });
});
