import { createServer, type AddressInfo } from 'node:net';
import { EventEmitter, once } from 'node:events';
import type { Srf } from '../../../lib/drachtio/srf';
import type { EdgeError } from '../../../lib/errors';
import { createLogger } from '../../../lib/ops/logger';
import type { PhoneCall } from '../../../lib/ue/phone-call';
import { CorePhone } from '../../../lib/ue/core-phone';
import { SipLink } from '../../../lib/ue/sip-link';
import type { UeEvent } from '../../../lib/ue/ue-event';
import { UserAgent } from '../../../lib/ue/user-agent';

const logger = createLogger('silent');
const patience = 10_000;
const limit = 10;

/** A port that was free a moment ago: the core needs one number for UDP and TCP. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('a UE and a core phone, without an edge between them', () => {
  let core: CorePhone;
  let agent: UserAgent;
  let calls: PhoneCall[];
  const events: Record<'ue' | 'core', UeEvent[]> = { ue: [], core: [] };
  const happened = new EventEmitter();
  const observe = (end: 'ue' | 'core') => (event: UeEvent) => {
    events[end].push(event);
    happened.emit('event');
  };
  const named = (end: 'ue' | 'core', name: UeEvent['event']) => events[end].filter(({ event }) => event === name);

  beforeEach(async () => {
    calls = [];
    events.ue = [];
    events.core = [];
    const listen = { host: '127.0.0.1', port: await freePort() };
    core = await CorePhone.open({
      listen,
      domain: 'example.net',
      limit,
      logger,
      observer: observe('core'),
    });
    agent = await UserAgent.open({
      edge: listen,
      local: '127.0.0.1',
      user: 'alice',
      domain: 'example.net',
      limit,
      logger,
      observer: observe('ue'),
    });
  });

  afterEach(async () => {
    for (const call of calls) call.media.close();
    await agent.close();
    await agent.close();
    await core.close();
  });

  async function callCore(options: { offerless?: boolean } = {}): Promise<[PhoneCall, PhoneCall]> {
    const both = [agent.call('sip:core@example.net', { patience, ...options }), core.take(patience)] as const;
    calls = await Promise.all(both);
    return calls as [PhoneCall, PhoneCall];
  }

  /** Resolves when all packets of both ends were sent. */
  async function mediaSent(): Promise<void> {
    while (!calls.every(({ media }) => media.audio.finished)) await once(happened, 'event');
  }

  it('registers, and takes it back', async () => {
    await agent.register();
    expect(agent.registered).toBe(true);
    expect(named('ue', 'registered')).toEqual([{ event: 'registered', aor: 'sip:alice@example.net', expires: 600 }]);
    const [seen] = named('core', 'registered');
    expect(seen).toMatchObject({ aor: 'sip:alice@example.net', path: '' });
    await agent.unregister();
    expect(agent.registered).toBe(false);
    expect(named('core', 'unregistered')).toHaveLength(1);
  });

  it.each([false, true])('calls and hangs up, every packet counted at both ends (offerless: %s)', async (offerless) => {
    const [ours, theirs] = await callCore({ offerless });
    await mediaSent();
    await ours.hangUp();
    expect([await ours.ended, await theirs.ended]).toEqual(['us', 'peer']);
    for (const { media } of [ours, theirs]) {
      expect(media.audio.reports()).toEqual([
        expect.objectContaining({ path: 'udp', sent: limit, received: limit, lost: 0 }),
      ]);
    }
    expect(events.ue.map(({ event }) => event)).toEqual(
      expect.arrayContaining(['ready', 'calling', 'ringing', 'answered', 'media-flowing', 'media-sent', 'ended']),
    );
  });

  it('is called once it has registered', async () => {
    const calling = core.callRegistered('alice', { patience });
    const incoming = agent.take(patience);
    await agent.register();
    calls = await Promise.all([calling, incoming]);
    expect(calls.map(({ direction }) => direction)).toEqual(['originating', 'terminating']);
    await mediaSent();
    await calls[0]!.hangUp();
    expect(await calls[1]!.ended).toBe('peer');
  });

  it('is put on hold and taken back, and sends nothing meanwhile', async () => {
    const [ours, theirs] = await callCore();
    await theirs.hold(true);
    expect(named('ue', 'held')).toEqual([{ event: 'held', by: 'peer' }]);
    await theirs.hold(false);
    expect(named('ue', 'resumed')).toEqual([{ event: 'resumed', by: 'peer' }]);
    await mediaSent();
    expect(theirs.media.audio.reports()[0]).toMatchObject({ sent: limit, received: limit, lost: 0 });
    await ours.hangUp();
  });

  it('a second call during the first is busy', async () => {
    await callCore();
    await expect(agent.call('sip:core@example.net', { patience })).rejects.toMatchObject({
      code: 'call-refused',
      sipStatus: 486,
      message: 'The call was refused: 486 Busy Here.',
    });
  });

  it('nobody calls, nobody registers: says so', async () => {
    await expect(agent.take(1)).rejects.toMatchObject({ code: 'no-call' });
    await expect(core.callRegistered('bob', { patience: 1 })).rejects.toMatchObject({ code: 'not-registered' });
  });
});

describe('a UE whose edge refuses', () => {
  const opened: { close(): unknown }[] = [];

  afterEach(async () => {
    for (const one of opened.splice(0).reverse()) await one.close();
  });

  /** A SIP server that answers as `handlers` says, and a UE that takes it for its edge. */
  async function ueOf(handlers: (srf: Srf) => void, password?: string): Promise<UserAgent> {
    const edge = { host: '127.0.0.1', port: await freePort() };
    const contacts = [`sip:${edge.host}:${edge.port};transport=tcp`];
    opened.push(await SipLink.open({ contacts, logger }, handlers));
    return await ueAt(edge, password);
  }

  async function ueAt(edge: { host: string; port: number }, password?: string): Promise<UserAgent> {
    const local = '127.0.0.1';
    const name = { user: 'alice', domain: 'example.net', password };
    const agent = await UserAgent.open({ edge, local, ...name, logger, observer: () => undefined });
    opened.push(agent);
    return agent;
  }

  const challenge = { headers: { 'WWW-Authenticate': 'Digest realm="example.net", nonce="abc", qop="auth"' } };

  it('tells the status of a refused registration', async () => {
    const agent = await ueOf((srf) => srf.handle('REGISTER', (_, response) => response.send(403, undefined)));
    const failure = { code: 'registration-refused', sipStatus: 403 };
    await expect(agent.register()).rejects.toMatchObject(failure);
    expect(agent.registered).toBe(false);
  });

  it('answers a challenge with its password, in the same sequence of requests', async () => {
    const seen: [authorization: boolean, callId: string | undefined, sequence: number][] = [];
    const agent = await ueOf((srf) => {
      srf.handle('REGISTER', (request, response) => {
        const { seq } = request.getParsedHeader('cseq');
        seen.push([request.has('Authorization'), request.get('Call-ID'), seq]);
        if (request.has('Authorization'))
          response.send(200, undefined, { headers: { Contact: '<sip:a@b>;expires=60' } });
        else response.send(401, undefined, challenge);
      });
    }, 'secret');
    await agent.register();
    const [[first, callId], [second, sameCallId]] = seen as [(typeof seen)[0], (typeof seen)[0]];
    expect([first, second]).toEqual([false, true]);
    expect(sameCallId).toBe(callId);
    expect(seen.map(([, , sequence]) => sequence)).toEqual([1, 2]);
  });

  it('gives up after a second challenge', async () => {
    let requests = 0;
    const agent = await ueOf((srf) => {
      srf.handle('REGISTER', (_, response) => {
        requests += 1;
        response.send(401, undefined, challenge);
      });
    }, 'wrong');
    await expect(agent.register()).rejects.toMatchObject({ code: 'registration-refused', sipStatus: 401 });
    expect(requests).toBe(2);
  });

  it('tells the status and the warning of a refused call', async () => {
    const agent = await ueOf((srf) => {
      srf.handle('INVITE', (_, response) =>
        response.send(488, undefined, { headers: { Warning: '305 edge "Incompatible media format"' } }),
      );
    });
    const refused = agent.call('sip:bob@example.net', { patience });
    await expect(refused).rejects.toThrow(
      'The call was refused: 488 Not Acceptable Here (305 edge "Incompatible media format").',
    );
  });

  it('answers a challenged call', async () => {
    const agent = await ueOf((srf) => {
      srf.handle('INVITE', (request, response) => {
        if (request.has('Proxy-Authorization')) response.send(486, undefined);
        else response.send(407, undefined, { headers: { 'Proxy-Authenticate': 'Digest realm="r", nonce="n"' } });
      });
    }, 'secret');
    await expect(agent.call('sip:bob@example.net', { patience })).rejects.toMatchObject({ sipStatus: 486 });
  });

  it('gives up a call that is not answered, with CANCEL', async () => {
    let cancelled: () => void = () => undefined;
    const cancel = new Promise<void>((resolve) => (cancelled = resolve));
    const agent = await ueOf((srf) => {
      srf.handle('INVITE', (request, response) => {
        request.on('cancel', cancelled);
        response.send(180, undefined);
      });
    });
    await expect(agent.call('sip:bob@example.net', { patience: 100 })).rejects.toMatchObject({
      code: 'call-unanswered',
    });
    await cancel;
  });

  it('closed while it rings: gives the call up with CANCEL, and waits for no call any more', async () => {
    let rings: () => void = () => undefined;
    const ringing = new Promise<void>((resolve) => (rings = resolve));
    let cancelled: () => void = () => undefined;
    const cancel = new Promise<void>((resolve) => (cancelled = resolve));
    const agent = await ueOf((srf) => {
      srf.handle('INVITE', (request, response) => {
        request.on('cancel', cancelled);
        response.send(180, undefined);
        rings();
      });
    });
    const outcomes = Promise.allSettled([agent.call('sip:bob@example.net', { patience }), agent.take(patience)]);
    await ringing;
    await agent.close();
    await cancel;
    const reasons = (await outcomes).map((outcome) => (outcome as { reason?: EdgeError }).reason?.code);
    expect(reasons).toEqual(['closed', 'closed']);
  });

  it('sends a text, and answers a challenge to it', async () => {
    const seen: { uri: string; type: string | undefined; body: string }[] = [];
    const agent = await ueOf((srf) => {
      srf.handle('MESSAGE', (request, response) => {
        seen.push({ uri: request.uri, type: request.get('Content-Type'), body: request.body });
        if (request.has('Authorization')) response.send(200, undefined);
        else response.send(401, undefined, challenge);
      });
    }, 'secret');
    await agent.message('sip:bob@example.net', 'Grüße');
    const sent = { uri: 'sip:bob@example.net', type: 'text/plain;charset=utf-8', body: 'Grüße' };
    expect(seen).toEqual([sent, sent]);
  });

  it('tells the status of a refused text', async () => {
    const agent = await ueOf((srf) => srf.handle('MESSAGE', (_, response) => response.send(404, undefined)));
    const failure = { code: 'message-refused', sipStatus: 404, message: 'The message was refused: 404 Not Found.' };
    await expect(agent.message('sip:bob@example.net', 'hello')).rejects.toMatchObject(failure);
  });

  it.each([
    ['text/plain', 200, [{ event: 'message', from: 'sip:bob@example.net', text: 'hello' }]],
    ['application/vnd.3gpp.sms', 415, []],
  ])('answers a MESSAGE of %s with %d', async (type, status, told) => {
    const edge = { host: '127.0.0.1', port: await freePort() };
    const link = await SipLink.open(
      { contacts: [`sip:${edge.host}:${edge.port};transport=tcp`], logger },
      () => undefined,
    );
    opened.push(link);
    const events: UeEvent[] = [];
    const observer = (event: UeEvent) => events.push(event);
    const agent = await UserAgent.open({
      edge,
      local: edge.host,
      user: 'alice',
      domain: 'example.net',
      logger,
      observer,
    });
    opened.push(agent);
    const [ready] = events;
    const response = await link.srf.send(ready?.event === 'ready' ? ready.sip : '', {
      method: 'MESSAGE',
      headers: { From: '<sip:bob@example.net>', To: '<sip:alice@example.net>', 'Content-Type': type },
      body: 'hello',
    });
    expect(response.status).toBe(status);
    expect(events.slice(1)).toEqual(told);
  });

  it('says that the edge cannot be reached', async () => {
    // A port that was free may be another test's by now.
    const agent = await ueAt({ host: '127.0.0.1', port: 9 });
    const failure = (await agent.register().catch((error: unknown) => error)) as EdgeError;
    expect(failure.code).toBe('edge-unreachable');
  });
});
