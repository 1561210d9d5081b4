import { once } from 'node:events';
import type { Socket } from 'node:net';
import { Srf } from '../../../lib/drachtio/srf';
import { EmbeddedEdge } from '../../../lib/embedded/embedded-edge';
import type { PeerFlow } from '../../../lib/embedded/peer-flow';
import { limits } from '../../../lib/embedded/limits';
import { Timers } from '../../../lib/embedded/timers';
import { ServerTransactions } from '../../../lib/embedded/transaction-tables';
import { createLogger } from '../../../lib/ops/logger';
import { SipMessage } from '../../../lib/wire/sip-message';
import { request, Wire } from '../access/wire';
import { parse } from '../sip/sip-peer';

const sdp = 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n';

let edge: EmbeddedEdge;
let app: Srf;
const wires: Wire[] = [];

async function start(isFronted = false): Promise<void> {
  const logger = createLogger('silent');
  const admin = { host: '127.0.0.1', port: 0 };
  edge = await EmbeddedEdge.start({
    contacts: ['sip:127.0.0.1:0;transport=tcp'],
    admin,
    secret: 's',
    logger,
    isFronted,
  });
  app = new Srf({ host: '127.0.0.1', port: edge.adminPort, secret: 's' });
}

/** After the app's handlers are there. */
async function connectApp(): Promise<void> {
  app.connect();
  await once(app, 'connect');
}

async function ue(): Promise<Wire> {
  const wire = await Wire.connect(Number(/:(\d+);/.exec(edge.contacts[0] ?? '')?.[1]));
  wires.push(wire);
  return wire;
}

const tcp = () => ({ Via: `SIP/2.0/TCP 10.1.2.3;branch=z9hG4bK${Math.random()}`, Contact: '<sip:a@127.0.0.1>' });

/** The app's end of its link. */
function link(): Socket {
  const { srf } = app as unknown as { srf: { app: { client: { mapServer: Map<Socket, unknown> } } } };
  return [...srf.app.client.mapServer.keys()][0]!;
}

afterEach(async () => {
  for (const wire of wires.splice(0)) wire.socket.destroy();
  app.close();
  await edge.close();
});

describe('X7: many connections of one address', () => {
  const beyond = limits.tcpConnectionsPerAddress + 1;

  test('are bounded', async () => {
    await start();
    const all = await Promise.all(Array.from({ length: beyond }, ue));
    await Promise.race(all.map((each) => each.closed));
  });

  test('are not where they are those of an access listener', async () => {
    await start(true);
    const all = await Promise.all(Array.from({ length: beyond }, ue));
    for (const each of all) each.send(request('OPTIONS', tcp()));
    const answers = await Promise.all(all.map((each) => each.next()));
    expect(answers).toHaveLength(beyond);
  });
});

test('X7: one connection cannot take all transactions: others are served', async () => {
  await start();
  const seen: string[] = [];
  const arrived = new Promise<void>((resolve) => {
    app.handle('OPTIONS', (options) => {
      seen.push(options.get('call-id') ?? '');
      if (options.get('call-id') === 'good') resolve();
    });
  });
  await connectApp();
  const good = await ue();
  const greedy = await ue();
  // The server may read the app's routes after the first request.
  for (let status = 503; status === 503;) {
    greedy.send(request('OPTIONS', tcp()));
    status = await Promise.race([
      greedy.next().then((answer) => answer.status),
      new Promise<number>((resolve) => {
        const look = setInterval(() => {
          if (seen.length === 0) return;
          clearInterval(look);
          resolve(0);
        }, 5);
      }),
    ]);
  }
  const { length: before } = seen;
  for (let i = 0; i < limits.transactionsOfConnection; i++) greedy.send(request('OPTIONS', tcp()));
  await greedy.bytes(1);
  expect(parse(greedy.text).startLine).toContain('503');
  expect(greedy.text).toContain('Retry-After');
  good.send(request('OPTIONS', { ...tcp(), 'Call-ID': 'good' }));
  await arrived;
  expect(seen.length).toBeLessThanOrEqual(before + limits.transactionsOfConnection);
});

test('X7: a request that came over TCP is over with its answer: it cannot be repeated', async () => {
  await start();
  jest.useFakeTimers();
  const timers = new Timers();
  const servers = new ServerTransactions(timers);
  const flow = (transport: 'udp' | 'tcp') =>
    ({ local: { transport, host: '127.0.0.1', port: 5060 }, send: () => undefined }) as unknown as PeerFlow;
  const left = ['tcp', 'udp'].map((transport) => {
    const options = new SipMessage('OPTIONS sip:a@b SIP/2.0').add('Via', `SIP/2.0/X h;branch=z9hG4bK${transport}`);
    servers.open(options, flow(transport as 'udp' | 'tcp'), 100)?.reject(200, 'OK');
    return options;
  });
  jest.advanceTimersByTime(1);
  expect(left.map((each) => servers.of(each) !== undefined)).toEqual([false, true]);
  timers.close();
  jest.useRealTimers();
});

test('X6: requests inside a call beyond what the app reads get 503, the link and the call stay', async () => {
  await start();
  let ended: () => void = () => undefined;
  const hungUp = new Promise<void>((resolve) => (ended = resolve));
  app.handle('INVITE', async (invite, answer) => {
    await app.createUas(invite, answer, { localSdp: sdp, onDialog: (dialog) => void dialog.on('destroy', ended) });
  });
  await connectApp();
  const wire = await ue();
  const withSdp = { 'Content-Type': 'application/sdp', Contact: '<sip:alice@127.0.0.1>' };
  let ok = parse('');
  let invite = parse('');
  // The server may read the app's routes after the first request.
  while (ok.status !== 200) {
    const text = request('INVITE', { ...tcp(), ...withSdp }, sdp);
    invite = parse(text);
    wire.send(text);
    do ok = await wire.next();
    while (ok.status < 200);
  }
  const dialog = (method: string, cseq: number) => ({
    ...tcp(),
    From: invite.header('From'),
    To: ok.header('To'),
    'Call-ID': invite.header('Call-ID'),
    CSeq: `${cseq} ${method}`,
  });
  wire.send(request('ACK', dialog('ACK', 1)));
  const lost = jest.fn();
  link().on('close', lost);
  link().pause();
  const long = Object.fromEntries(Array.from({ length: 7 }, (_, i) => [`X-Long-${i}`, 'x'.repeat(8000)]));
  let refused = 0;
  for (let i = 0; i < 300; i++) {
    wire.send(request('INFO', { ...dialog('INFO', i + 2), ...long }));
    await new Promise((resolve) => setImmediate(resolve));
    refused = wire.text.split('SIP/2.0 503').length - 1;
  }
  while (refused === 0) refused = (await wire.next()).status === 503 ? 1 : 0;
  expect(lost).not.toHaveBeenCalled();
  wire.send(request('BYE', dialog('BYE', 1000)));
  link().resume();
  await hungUp;
});
