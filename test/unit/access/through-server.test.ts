import { once } from 'node:events';
import { connect as connectTls } from 'node:tls';
import { AccessListener } from '../../../lib/access/access-listener';
import type { UeTransport } from '../../../lib/access/ue-flow';
import { Srf } from '../../../lib/drachtio/srf';
import type { Dialog, IncomingRequest, ResponseSender } from '../../../lib/drachtio/messages';
import { createLogger } from '../../../lib/ops/logger';
import { shareLimits } from '../../../lib/shares/limits';
import { WebFront } from '../../../lib/web/web-front';
import { freePort, uriOf, type Message } from '../sip/sip-peer';
import { secret, startSipServer, type SipServer } from '../sip/sip-server';
import { selfSigned } from './self-signed';
import { SharedPort } from './shared-port';
import { WebSocketUe } from './websocket-ue';
import { request, response, Wire } from './wire';

/*
 * UEs with Contacts that lead nowhere, through the listener and a real SIP server to an app and back. Had anything
 * gone another way than over the UE's connection, it would have arrived nowhere.
 */

const sdp = 'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n';
const contact = '<sip:alice@10.1.2.3:5062;transport=tls;ob>';
const withSdp = { Contact: contact, 'Content-Type': 'application/sdp' };

/** Where UEs of each transport believe that they are, which has to be reachable for nobody. */
const hosts: Record<UeTransport, { host: string; uri: string }> = {
  tcp: { host: '10.1.2.3:5062', uri: 'sip:alice@10.1.2.3:5062;transport=tls' },
  tls: { host: '10.1.2.3:5062', uri: 'sip:alice@10.1.2.3:5062;transport=tls' },
  ws: { host: 'df7jal23ls0d.invalid', uri: 'sip:alice@df7jal23ls0d.invalid;transport=ws' },
  wss: { host: 'df7jal23ls0d.invalid', uri: 'sip:alice@df7jal23ls0d.invalid;transport=ws' },
};

let server: SipServer;
let serverAt: { address: string; port: number };
let listener: AccessListener;
let web: WebFront;
let shared: SharedPort;
let srf: Srf;
const messages: IncomingRequest[] = [];
const invites: { answered: Promise<Dialog>; request: IncomingRequest }[] = [];
/** Of the INVITEs that are left with a reliable 183. */
const cancels: Promise<unknown>[] = [];
const ues: (Wire | WebSocketUe)[] = [];

beforeAll(async () => {
  serverAt = { address: '127.0.0.1', port: await freePort('127.0.0.1') };
  const core = await freePort('127.1.0.1');
  server = await startSipServer([
    `sip:127.0.0.1:${serverAt.port};transport=tcp`,
    `sip:127.1.0.1:${core};transport=udp,tcp`,
  ]);
  web = new WebFront({ sites: {}, shares: shareLimits(), logger: createLogger('silent') });
  await web.start();
  listener = new AccessListener({
    listen: [
      { host: '127.2.0.1', port: 0, transport: 'tcp' },
      { host: '127.2.0.1', port: 0, transport: 'tls' },
    ],
    ...{ tls: selfSigned('edge.test'), http: web, shown: ['127.2.0.1'] },
    server: serverAt,
    logger: createLogger('silent'),
  });
  await listener.start();
  shared = await SharedPort.open(listener);
  srf = new Srf({ host: '127.0.0.1', port: server.adminPort, secret, retryMaxDelay: 200 });
  srf.handle('REGISTER', (_request, reply) =>
    reply.send(200, undefined, { headers: { Contact: `${contact};expires=600` } }),
  );
  srf.handle('MESSAGE', (message, reply) => {
    messages.push(message);
    reply.send(200, undefined);
  });
  srf.handle('OPTIONS', (_request, reply) => reply.send(200, undefined));
  srf.handle('INVITE', (invite, reply) => {
    if (invite.get('supported') === '100rel') {
      cancels.push(once(invite, 'cancel'));
      reply.send(183, undefined, { headers: { Require: '100rel' } });
      return;
    }
    invites.push({ request: invite, answered: srf.createUas(invite, reply, { localSdp: sdp }) });
  });
  srf.connect();
  await once(srf, 'connect');
  const first = await ue('tcp');
  // The server may read the app's routes after the first request of a peer.
  for (let status = 503; status === 503;) {
    first.send(request('OPTIONS'));
    ({ status } = await first.next());
  }
});

afterEach(() => {
  ues.splice(0).forEach(drop);
});

afterAll(async () => {
  srf.close();
  await listener.close();
  await web.close();
  await shared.close();
  await server.stop();
});

/** The port that UEs of this transport dial. */
function portOf(transport: UeTransport): number {
  const point = listener.points.find((each) => each.transport === transport);
  return point?.port ?? shared.port;
}

async function ue(transport: UeTransport): Promise<Wire | WebSocketUe> {
  const port = portOf(transport);
  const near = transport.startsWith('ws') ? WebSocketUe.connect(port, transport === 'wss') : streamUe(transport, port);
  ues.push(await near);
  return near;
}

function drop(near: Wire | WebSocketUe): void {
  if (near instanceof Wire) near.socket.destroy();
  else near.socket.terminate();
}

async function streamUe(transport: UeTransport, port: number): Promise<Wire> {
  const at = { host: '127.2.0.1', port };
  return transport === 'tcp'
    ? await Wire.connect(port, at.host)
    : new Wire(connectTls({ ...at, rejectUnauthorized: false }));
}

const via = (transport: UeTransport) => ({
  Via: `SIP/2.0/${transport.toUpperCase()} ${hosts[transport].host};rport;branch=z9hG4bK${Math.random()}`,
});

describe.each(['tcp', 'tls', 'ws', 'wss'] as const)('a UE behind a NAT, over %s (J2)', (transport) => {
  const { uri } = hosts[transport];
  const contact = `<${uri};ob>`;
  const withSdp = { Contact: contact, 'Content-Type': 'application/sdp' };
  const shown = () => `sip:127.2.0.1:${portOf(transport)};transport=${transport === 'wss' ? 'ws' : transport}`;

  /** Registers; the flow is what the app would keep. */
  async function registered(): Promise<{ near: Wire | WebSocketUe; next: string }> {
    const near = await ue(transport);
    near.send(request('REGISTER', { ...via(transport), Contact: contact }));
    expect(await near.next()).toMatchObject({ status: 200 });
    near.send(request('MESSAGE', via(transport)));
    expect((await near.next()).all('Via')).toEqual([expect.stringContaining(';received=127.0.0.1;rport=')]);
    const { source_address: address, source_port: port } = messages.at(-1) ?? fail('no MESSAGE');
    expect(listener.flowAt(address, port)).toMatchObject({ transport, remoteAddress: '127.0.0.1' });
    return { near, next: `sip:${address}:${port};transport=tcp` };
  }

  /** Requests of the app in a dialog, and one of the UE: all on the UE's connection. */
  async function confirmed(
    near: Wire | WebSocketUe,
    dialog: Dialog,
    own: { from: string; to: string; target: string },
  ): Promise<void> {
    const modified = srf.requestInDialog(dialog, {
      method: 'INVITE',
      headers: { ...withSdp, Contact: dialog.local.contact },
      body: sdp,
    });
    const reinvite = await near.next();
    expect([reinvite.method, uriOf(reinvite)]).toEqual(['INVITE', `${uri};ob`]);
    expect(reinvite.all('Route')).toEqual([]);
    expect(reinvite.header('Contact')).toContain(shown());
    near.send(response(reinvite, 200, withSdp, sdp));
    expect((await near.next()).method).toBe('ACK');
    await modified;

    const refreshed = once(dialog, 'update') as Promise<[IncomingRequest, ResponseSender]>;
    const headers = {
      ...via(transport),
      From: own.from,
      To: own.to,
      'Call-ID': dialog.sip.callId,
      CSeq: '20 UPDATE',
      Contact: contact,
    };
    near.send(request('UPDATE', headers, '', own.target));
    const [, reply] = await refreshed;
    reply.send(200, undefined);
    expect(await near.next()).toMatchObject({ status: 200, method: 'UPDATE' });

    const ended = dialog.destroy();
    const bye = await near.next();
    expect([bye.method, bye.all('Route')]).toEqual(['BYE', []]);
    near.send(response(bye, 200));
    await ended;
  }

  test('G11, G12: a call to it: INVITE, ACK, re-INVITE and BYE are on its connection', async () => {
    const { near, next } = await registered();
    const answered = new Promise<Dialog>((resolve) => {
      const headers = { 'Content-Type': 'application/sdp' };
      const options = { method: 'INVITE', proxy: next, body: sdp, headers } as const;
      void srf.request(uri, options, (sent) => {
        sent.on('response', (answer, acknowledge) => {
          if (answer.status < 200) return;
          acknowledge();
          resolve(srf.uacDialog(sent, answer));
        });
      });
    });
    const invite = await near.next();
    expect(uriOf(invite)).toBe(uri);
    expect(invite.header('Contact')).toContain(shown());
    near.send(response(invite, 180, { Contact: contact }));
    near.send(response(invite, 200, withSdp, sdp));
    const dialog = await answered;
    const ack = await near.next();
    expect([ack.method, uriOf(ack), ack.all('Route')]).toEqual(['ACK', `${uri};ob`, []]);
    await confirmed(near, dialog, {
      from: `${invite.header('To')};tag=answerer`,
      to: invite.header('From'),
      target: targetOf(invite),
    });
  });

  test('G11: a call of it: what the app sends in the dialog is on its connection', async () => {
    const { near } = await registered();
    const from = '<sip:alice@ims.example>;tag=caller';
    const dialogHeaders = { From: from, 'Call-ID': `own-${transport}` };
    near.send(request('INVITE', { ...via(transport), ...withSdp, ...dialogHeaders }, sdp));
    const ringing = await near.next();
    const ok = ringing.status === 100 ? await near.next() : ringing;
    expect([ok.status, ok.all('Record-Route'), ok.all('Via').length]).toEqual([200, [], 1]);
    expect(ok.header('Contact')).toContain(shown());
    const { answered, request: arrived } = invites.at(-1) ?? fail('no INVITE');
    const dialog = await answered;
    const acked = once(dialog, 'ack');
    near.send(
      request('ACK', { ...via(transport), ...dialogHeaders, To: ok.header('To'), CSeq: '1 ACK' }, '', targetOf(ok)),
    );
    await acked;
    expect(arrived.get('route')).toBeUndefined();
    await confirmed(near, dialog, { from, to: ok.header('To'), target: targetOf(ok) });
  });
});

describe('a caller that leaves a reliable 183 without PRACK does not end the server', () => {
  /** A call that has got so far, and what the UE's requests in it have in common. */
  async function ringing(callId: string) {
    const near = await ue('tcp');
    const common = { From: '<sip:alice@ims.example>;tag=caller', 'Call-ID': callId, Contact: contact };
    near.send(request('INVITE', { ...via('tcp'), ...common, Supported: '100rel' }));
    let progress = await near.next();
    if (progress.status === 100) progress = await near.next();
    expect([progress.status, progress.header('RSeq')]).toEqual([183, expect.stringMatching(/^\d+$/)]);
    return { near, progress, common, cancelled: cancels.at(-1) };
  }

  async function expectServed(callId: string): Promise<void> {
    const near = await ue('tcp');
    const common = { From: '<sip:alice@ims.example>;tag=next', 'Call-ID': callId };
    near.send(request('INVITE', { ...via('tcp'), ...withSdp, ...common }, sdp));
    let ok = await near.next();
    if (ok.status === 100) ok = await near.next();
    expect(ok.status).toBe(200);
    const dialog = await (invites.at(-1) ?? fail('no INVITE')).answered;
    const acked = once(dialog, 'ack');
    near.send(request('ACK', { ...via('tcp'), ...common, To: ok.header('To'), CSeq: '1 ACK' }, '', targetOf(ok)));
    await acked;
  }

  test('by a BYE, which ends the call', async () => {
    const { near, progress, common, cancelled } = await ringing('early-bye');
    near.send(
      request('BYE', { ...via('tcp'), ...common, To: progress.header('To'), CSeq: '2 BYE' }, '', targetOf(progress)),
    );
    expect(await near.next()).toMatchObject({ status: 200, method: 'BYE' });
    await cancelled;
    expect(await near.next()).toMatchObject({ status: 487, method: 'INVITE' });
    await expectServed('after-bye');
  });

  test('by the end of its connection, which ends the call', async () => {
    const { near, cancelled } = await ringing('early-end');
    drop(near);
    await cancelled;
    await expectServed('after-end');
  });
});

function fail(what: string): never {
  throw new Error(what);
}

const targetOf = (message: Message) => /<([^>]+)>/.exec(message.header('Contact'))?.[1] ?? '';
