import { once } from 'node:events';
import { Srf } from '../../../lib/drachtio/srf';
import { EgressRelay } from '../../../lib/egress/egress-relay';
import type { Way } from '../../../lib/egress/errand';
import { freePort, SipPeer } from '../sip/sip-peer';
import { secret, startSipServer, type SipServer } from '../sip/sip-server';
import { answer, lines, silent } from './messages';
import { TcpCore } from './peers';

const routes = ['<sip:pcscf.example;lr>', '<sip:scscf.example;lr>'];

/** The app, the SIP server and the relay as they work together; `DRACHTIO_BIN` for the real drachtio-server. */
describe('a SIP server sends by way of the egress relay', () => {
  let server: SipServer;
  let srf: Srf;
  let relay: EgressRelay;
  let core: SipPeer;
  /** The core's own way to the server. */
  let coreToServer: SipPeer;
  let tcpCore: TcpCore;

  beforeEach(async () => {
    const access = { address: '127.2.0.1', port: await freePort('127.2.0.1') };
    const inner = { address: '127.1.0.1', port: await freePort('127.1.0.1') };
    server = await startSipServer(
      [access, inner].map(({ address, port }) => `sip:${address}:${port};transport=udp,tcp`),
    );
    const port = await freePort('127.1.0.1');
    relay = new EgressRelay({ hosts: ['127.1.0.1'], port, logger: silent });
    await relay.start();
    core = await SipPeer.udp('127.1.0.2', { address: '127.1.0.1', port });
    coreToServer = await SipPeer.udp('127.1.0.2', inner);
    tcpCore = await TcpCore.open('127.1.0.2');
    srf = new Srf({ host: '127.0.0.1', port: server.adminPort, secret, retryMaxDelay: 200 });
    srf.connect();
    await once(srf, 'connect');
  });

  afterEach(async () => {
    srf.close();
    await relay.close();
    for (const peer of [core, coreToServer]) peer.close();
    await tcpCore.close();
    await server.stop();
  });

  const nextHop = () => `sip:${core.address}:${core.port}`;

  /** An INVITE that is acknowledged, and its dialog ended, as soon as it is answered. Resolves with the BYE's answer. */
  async function call({ proxy, headers }: Way): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const options = { method: 'INVITE' as const, proxy, headers, body: 'v=0\r\n' };
      void srf.request('sip:bob@ims.example', options, (request) => {
        request.on('response', (response, acknowledge) => {
          if (response.status < 200) return;
          acknowledge();
          srf
            .uacDialog(request, response)
            .destroy()
            .then(() => resolve(), reject);
        });
      });
    });
  }

  test('an INVITE has its Route set; ACK and BYE of a dialog without Record-Route go through the relay', async () => {
    const ended = call(relay.send({ nextHop: nextHop(), routes }));
    const invite = await core.next('INVITE');
    expect(invite.startLine).toBe('INVITE sip:bob@ims.example SIP/2.0');
    expect(invite.all('Route')).toEqual(routes);
    expect(invite.all('X-Edge80-Errand')).toEqual([]);
    expect(invite.all('Via')).toHaveLength(2);
    core.respond(invite, 180);
    core.respond(invite, 200, { 'Content-Type': 'application/sdp' }, 'v=0\r\n');
    const ack = await core.next('ACK');
    expect(ack.startLine).toBe(`ACK sip:${core.tag}@${core.address}:${core.port} SIP/2.0`);
    const bye = await core.next('BYE');
    expect([ack.all('Via'), bye.all('Via')].map((vias) => vias.length)).toEqual([2, 2]);
    core.respond(bye, 200);
    await ended;
  });

  test('the same over TCP', async () => {
    const ended = call(relay.send({ nextHop: `sip:${tcpCore.at};transport=tcp`, routes }));
    const connection = await tcpCore.connection();
    const invite = await connection.inbox.next();
    expect(lines(invite, 'Route')).toEqual(routes);
    const type = { Contact: `<sip:bob@${tcpCore.at}>`, 'Content-Type': 'application/sdp' };
    connection.send(answer(invite, 200, type, 'v=0\r\n').replace(/(\r\nTo: [^\r]*)/, '$1;tag=b1'));
    expect(await connection.inbox.next()).toMatch(/^ACK sip:bob@/);
    const bye = await connection.inbox.next();
    expect(bye).toMatch(/^BYE sip:bob@/);
    connection.send(answer(bye, 200));
    await ended;
  });

  test('with a Record-Route in the 2xx, ACK and BYE follow it, through the relay or not', async () => {
    const ended = call(relay.send({ nextHop: nextHop(), routes }));
    const route = `<${nextHop()};lr>`;
    const type = { 'Content-Type': 'application/sdp' };
    core.respond(await core.next('INVITE'), 200, { 'Record-Route': route, ...type }, 'v=0\r\n');
    expect((await core.next('ACK')).all('Route')).toEqual([route]);
    const bye = await core.next('BYE');
    expect(bye.all('Route')).toEqual([route]);
    (bye.all('Via').length === 2 ? core : coreToServer).respond(bye, 200);
    await ended;
  });

  test('a CANCEL and the ACK of the 487 go the way of their INVITE', async () => {
    const { proxy, headers } = relay.send({ nextHop: nextHop(), routes });
    await srf.request('sip:bob@ims.example', { method: 'INVITE', proxy, headers, body: 'v=0\r\n' }, (request) => {
      request.on('response', ({ status }) => {
        if (status === 180) request.cancel({}, () => undefined);
      });
    });
    const invite = await core.next('INVITE');
    core.respond(invite, 180);
    const cancel = await core.next('CANCEL');
    core.respond(cancel, 200);
    core.respond(invite, 487);
    const ack = await core.next('ACK');
    for (const follower of [cancel, ack]) {
      expect([follower.all('Route'), follower.all('Via')[0]]).toEqual([routes, invite.all('Via')[0]]);
    }
  });

  test('a request whose next hop refuses the connection is answered 503', async () => {
    const nobody = `sip:127.1.0.2:${await freePort('127.1.0.2')};transport=tcp`;
    const response = await srf.send('sip:bob@ims.example', {
      method: 'MESSAGE',
      ...relay.send({ nextHop: nobody, routes }),
    });
    expect(response.status).toBe(503);
  });
});
