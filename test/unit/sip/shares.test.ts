import { shareLimits, type ShareLimits } from '../../../lib/shares/limits';
import { sdp } from './fake-anchor';
import { establish } from './established-call';
import { calleeDialog, callerDialog, freePort, SipPeer, type Message, type PeerDialog } from './sip-peer';
import { TestEdge } from './test-edge';

const usual = shareLimits();
const few = { perSecond: 0, burst: 3 };

let edge: TestEdge;
let core: SipPeer;

interface Narrow {
  ue?: Partial<ShareLimits['ue']>;
  source?: Partial<ShareLimits['source']>;
  deliveredInDialog?: ShareLimits['deliveredInDialog'];
  progressOfCall?: ShareLimits['progressOfCall'];
  exchanges?: number;
}

async function start(narrow: Narrow, settings = {}): Promise<void> {
  const ue = { ...usual.ue, ...narrow.ue };
  const shares = { ...usual, ...narrow, ue, source: { ...usual.source, ...narrow.source } };
  edge = await TestEdge.start({ shares, settings });
  core = edge.coreNextHop;
}

afterEach(async () => {
  await edge.close();
});

/** A registered UE of its own connection and identity, and its Path. */
async function ueOf(user: string, over: 'tcp' | 'udp' = 'tcp'): Promise<{ ue: SipPeer; path: string }> {
  const ue = over === 'tcp' ? await edge.stranger() : await SipPeer.udp('127.2.0.2', edge.access);
  if (over === 'udp') edge.keep(ue);
  return { ue, path: await edge.register(ue, { To: `<sip:${user}@ims.example>` }) };
}

const call = (ue: SipPeer, uri = 'sip:bob@ims.example') => ue.request('INVITE', uri, {}, sdp('offer'));
const callTo = (ue: SipPeer, path: string) =>
  core.request('INVITE', `sip:ue@${ue.address}:${ue.port}`, { Route: path }, sdp('offer'));

async function refused(caller: SipPeer, invite: Message, status: number): Promise<Message> {
  const answer = await caller.next(`${status} INVITE`);
  expect(answer.header('Call-ID')).toBe(invite.header('Call-ID'));
  caller.ack(invite, answer);
  return answer;
}

/** Ends what was left open, so that nobody asks again. */
async function decline(callee: SipPeer, caller: SipPeer, invites: Message[]): Promise<void> {
  for (const invite of invites) {
    callee.respond(await callee.next('INVITE'), 486);
    const answer = await caller.next((message) => message.status === 486);
    caller.ack(invite, answer);
  }
}

describe('X4: calls that nobody answers', () => {
  test('of one UE are bounded, over all its connections; those of another are not touched', async () => {
    await start({ ue: { unanswered: 2 } });
    const { ue } = await ueOf('alice');
    const invites = [call(ue), call(ue), call(ue)];
    const answer = await refused(ue, invites[2]!, 503);
    expect(Number(answer.header('Retry-After'))).toBeGreaterThan(0);
    const { ue: second } = await ueOf('alice');
    await refused(second, call(second), 503);
    const { ue: other } = await ueOf('carol');
    call(other, 'sip:dave@ims.example');
    await core.next((message) => message.method === 'INVITE' && message.startLine.includes('dave'));
  });

  test('make room once they are answered', async () => {
    await start({ ue: { unanswered: 1 } });
    const { ue } = await ueOf('alice');
    const first = call(ue);
    core.respond(await core.next('INVITE'), 200, {}, sdp('answer'));
    ue.ack(first, await ue.next('200 INVITE'));
    await edge.logged('call answered');
    const second = call(ue);
    await decline(core, ue, [second]);
  });

  test('to one UE are bounded: its callers get 486, and it may call itself', async () => {
    await start({ ue: { unanswered: 2 } });
    const { ue, path } = await ueOf('alice');
    const invites = [callTo(ue, path), callTo(ue, path), callTo(ue, path)];
    await refused(core, invites[2]!, 486);
    const own = call(ue);
    await decline(core, ue, [own]);
    const { ue: other, path: otherPath } = await ueOf('carol');
    callTo(other, otherPath);
    await other.next('INVITE');
  });
});

test('X4: the media of a call is charged to the identity of the UE, whoever calls', async () => {
  await start({});
  const { ue, path } = await ueOf('alice');
  call(ue);
  await core.next('INVITE');
  expect(edge.anchor.owner).toBe('alice@ims.example');
  edge.anchor.owner = undefined;
  callTo(ue, path);
  await ue.next('INVITE');
  expect(edge.anchor.owner).toBe('alice@ims.example');
});

test('N3: calls at once of one UE are bounded in both directions together', async () => {
  await start({ ue: { callsAtOnce: 2 } });
  const { ue, path } = await ueOf('alice');
  call(ue);
  callTo(ue, path);
  await core.next('INVITE');
  await ue.next('INVITE');
  await refused(ue, call(ue), 503);
  await refused(core, callTo(ue, path), 486);
});

test('N3: calls a second to one UE are bounded, be they given up at once', async () => {
  await start({ ue: { calls: few } });
  const { ue, path } = await ueOf('alice');
  for (let i = 0; i < 3; i++) await decline(ue, core, [callTo(ue, path)]);
  await refused(core, callTo(ue, path), 486);
});

describe('X12: emergency calls', () => {
  async function startWithEcscf(narrow: Parameters<typeof start>[0]): Promise<SipPeer> {
    const port = await freePort('127.1.0.112');
    await start(narrow, { emergency: { nextHop: `sip:127.1.0.112:${port}`, numbers: ['112'] } });
    const ecscf = await SipPeer.udp('127.1.0.112', edge.core, port);
    edge.keep(ecscf);
    return ecscf;
  }

  test('of strangers are bounded for the place that they come from, not for each connection', async () => {
    const ecscf = await startWithEcscf({ source: { emergencyCallsAtOnce: 3 } });
    const ues = [await edge.stranger(), await edge.stranger(), await edge.stranger(), await edge.stranger()];
    for (const ue of ues.slice(0, 3)) {
      call(ue, 'urn:service:sos');
      await ecscf.next('INVITE');
    }
    const last = ues[3]!;
    const answer = await refused(last, call(last, 'urn:service:sos'), 503);
    expect(Number(answer.header('Retry-After'))).toBeLessThanOrEqual(3);
    // A registered UE of the same place has its own.
    const { ue } = await ueOf('alice');
    call(ue, 'sip:112@ims.example');
    await ecscf.next('INVITE');
  });

  test('of a registered UE have room beside as many other calls as it may have', async () => {
    const ecscf = await startWithEcscf({ ue: { callsAtOnce: 1 } });
    const { ue } = await ueOf('alice');
    call(ue);
    await core.next('INVITE');
    await refused(ue, call(ue), 503);
    call(ue, 'sip:112@ims.example');
    await ecscf.next('INVITE');
  });
});

describe('N3: UEs that reach the SIP server by themselves', () => {
  test('X6: strangers of one place get 503 beyond their share, and the core sees nothing of it', async () => {
    await start({ source: { registrations: few } });
    const ue = await SipPeer.udp('127.2.0.2', edge.access);
    edge.keep(ue);
    for (let i = 0; i < 10; i++) {
      ue.request('REGISTER', 'sip:ims.example', { To: `<sip:user${i}@ims.example>`, Contact: ue.contact });
    }
    for (let i = 0; i < 7; i++) {
      expect(Number((await ue.next('503 REGISTER')).header('Retry-After'))).toBeGreaterThan(0);
    }
    for (let i = 0; i < 3; i++) core.respond(await core.next('REGISTER'), 401);
    for (let i = 0; i < 3; i++) await ue.next('401 REGISTER');
    expect(core.history.filter(({ method, status }) => method === 'REGISTER' && status === 0)).toHaveLength(3);
  });

  test('a registered one has its own share', async () => {
    await start({ source: { registrations: few, requests: few } });
    const { ue } = await ueOf('alice', 'udp');
    const stranger = await SipPeer.udp('127.2.0.2', edge.access);
    edge.keep(stranger);
    for (let i = 0; i < 10; i++) stranger.request('OPTIONS', 'sip:bob@ims.example');
    for (let i = 0; i < 7; i++) await stranger.next('503 OPTIONS');
    ue.request('MESSAGE', 'sip:bob@ims.example', { 'Content-Type': 'text/plain' }, 'hello');
    core.respond(await core.next('MESSAGE'), 202);
    await ue.next('202 MESSAGE');
  });
});

describe('N3: requests under way', () => {
  test('O11: of all, on both sides, are bounded; what is answered makes room', async () => {
    await start({ exchanges: 3 });
    const { ue, path } = await ueOf('alice');
    const { ue: other } = await ueOf('carol');
    const bob = 'sip:bob@ims.example';
    ue.request('MESSAGE', bob);
    other.request('PUBLISH', bob);
    core.request('MESSAGE', `sip:ue@${ue.address}:${ue.port}`, { Route: path });
    const [sent, published, delivered] = [
      await core.next('MESSAGE'),
      await core.next('PUBLISH'),
      await ue.next('MESSAGE'),
    ];
    other.request('MESSAGE', bob);
    expect(Number((await other.next('503 MESSAGE')).header('Retry-After'))).toBeGreaterThan(0);
    const stranger = await edge.stranger();
    stranger.request('REGISTER', 'sip:ims.example');
    await stranger.next('503 REGISTER');
    core.respond(sent, 202);
    await ue.next('202 MESSAGE');
    other.request('MESSAGE', bob);
    core.respond(await core.next('MESSAGE'), 202);
    await other.next('202 MESSAGE');
    core.respond(published, 200);
    ue.respond(delivered, 200);
    await core.next('200 MESSAGE');
  });

  test('of one UE are bounded, and leave room for another', async () => {
    await start({ ue: { underWay: 2 } });
    const { ue } = await ueOf('alice');
    for (let i = 0; i < 3; i++) ue.request('MESSAGE', 'sip:bob@ims.example', {}, '');
    expect(Number((await ue.next('503 MESSAGE')).header('Retry-After'))).toBeGreaterThan(0);
    const { ue: other } = await ueOf('carol');
    other.request('MESSAGE', 'sip:bob@ims.example');
    for (let i = 0; i < 3; i++) core.respond(await core.next('MESSAGE'), 202);
    await other.next('202 MESSAGE');
    await ue.next('202 MESSAGE');
    await ue.next('202 MESSAGE');
  });

  test('to one UE are bounded: the core gets 480', async () => {
    await start({ ue: { underWay: 2 } });
    const { ue, path } = await ueOf('alice');
    for (let i = 0; i < 3; i++) core.request('MESSAGE', `sip:ue@${ue.address}:${ue.port}`, { Route: path });
    await core.next('480 MESSAGE');
    for (let i = 0; i < 2; i++) ue.respond(await ue.next('MESSAGE'), 200);
    await core.next('200 MESSAGE');
    await core.next('200 MESSAGE');
  });
});

describe('N3: a far end that floods', () => {
  const inCall = ['INFO', 'MESSAGE', 'OPTIONS', 'REFER', 'NOTIFY', 'UPDATE'];
  const headers = { Event: 'refer', 'Subscription-State': 'active', 'Refer-To': '<sip:carol@ims.example>' };

  async function served(of: PeerDialog, ue: SipPeer, method: string): Promise<void> {
    core.inDialog(of, method, headers);
    ue.respond(await ue.next(method), 200);
    await core.next(`200 ${method}`);
  }

  test('in a call gets 500 beyond the share of that call; other calls and messages of the UE go on', async () => {
    await start({ deliveredInDialog: { perSecond: 0, burst: inCall.length } });
    const { ue, path } = await ueOf('alice');
    const { callee } = await establish(ue, core);
    const { callee: other, caller } = await establish(ue, core);
    for (const method of inCall) await served(callee, ue, method);
    for (const method of inCall) {
      core.inDialog(callee, method, headers);
      expect((await core.next(`500 ${method}`)).header('Retry-After')).not.toBe('');
    }
    core.inDialog(callee, 'INVITE', {}, sdp('again'));
    const again = await core.next('500 INVITE');
    core.ack(again, again);
    await served(other, ue, 'INFO');
    core.request('MESSAGE', `sip:ue@${ue.address}:${ue.port}`, { Route: path });
    ue.respond(await ue.next('MESSAGE'), 200);
    await core.next('200 MESSAGE');
    // The UE has its own share, and BYE passes.
    ue.inDialog(caller, 'INFO');
    core.respond(await core.next('INFO'), 200);
    core.inDialog(callee, 'BYE');
    ue.respond(await ue.next('BYE'), 200);
    expect(edge.log.filter((line) => line.includes('of the core in a call are refused'))).toHaveLength(1);
  });

  test('in a subscription, likewise', async () => {
    await start({ deliveredInDialog: few });
    const { ue } = await ueOf('alice');
    ue.request('SUBSCRIBE', 'sip:alice@ims.example', { Event: 'presence', Expires: '600' });
    const arrived = await core.next('SUBSCRIBE');
    core.respond(arrived, 200, { Expires: '600' });
    await ue.next('200 SUBSCRIBE');
    const dialog = calleeDialog(arrived, core);
    for (let i = 0; i < 3; i++) await served(dialog, ue, 'NOTIFY');
    core.inDialog(dialog, 'NOTIFY', headers);
    expect((await core.next('500 NOTIFY')).header('Retry-After')).not.toBe('');
  });

  test('with messages to a UE gets 480 beyond its share, and another UE has its own', async () => {
    await start({ ue: { delivered: few } });
    const { ue, path } = await ueOf('alice');
    const { ue: other, path: otherPath } = await ueOf('carol');
    const send = (to: SipPeer, route: string) =>
      core.request('MESSAGE', `sip:ue@${to.address}:${to.port}`, { Route: route });
    for (let i = 0; i < 3; i++) {
      send(ue, path);
      ue.respond(await ue.next('MESSAGE'), 200);
      await core.next('200 MESSAGE');
    }
    send(ue, path);
    expect((await core.next('480 MESSAGE')).header('Retry-After')).not.toBe('');
    send(other, otherPath);
    await other.next('MESSAGE');
  });

  test.each(['core', 'ue'] as const)('with provisional responses is not heard: callee %s', async (side) => {
    await start({ progressOfCall: few });
    const { ue, path } = await ueOf('alice');
    const invite = side === 'core' ? call(ue) : callTo(ue, path);
    const [caller, callee] = side === 'core' ? [ue, core] : [core, ue];
    const arrived = await callee.next('INVITE');
    for (let i = 0; i < 20; i++) callee.respond(arrived, 183, {}, sdp(`early ${i}`));
    callee.respond(arrived, 200, {}, sdp('answer'));
    caller.ack(invite, await caller.next('200 INVITE'));
    expect(caller.history.filter(({ status }) => status === 183)).toHaveLength(3);
    expect(edge.anchor.asked.filter((asked) => asked.startsWith('answer'))).toHaveLength(4);
  });

  test('with PRACKs reaches the callee once for each reliable response, and no log in a call', async () => {
    const stderr = jest.spyOn(console, 'error').mockImplementation(() => undefined);
    await start({});
    const { ue } = await ueOf('alice');
    const invite = ue.request('INVITE', 'sip:bob@ims.example', { Supported: '100rel' }, sdp('offer'));
    const arrived = await core.next('INVITE');
    core.respond(arrived, 183, { Require: '100rel', RSeq: '1' }, sdp('early'));
    const early = await ue.next('183 INVITE');
    const dialog = callerDialog(invite, early);
    const prack = () => ue.inDialog(dialog, 'PRACK', { RAck: `${early.header('RSeq')} 1 INVITE` });
    for (let i = 0; i < 5; i++) prack();
    for (let i = 0; i < 4; i++) await ue.next('481 PRACK');
    core.respond(await core.next('PRACK'), 200);
    await ue.next('200 PRACK');
    core.respond(arrived, 200, {}, '');
    ue.ack(invite, await ue.next('200 INVITE'));
    prack();
    await ue.next('481 PRACK');
    expect(core.history.filter(({ method, status }) => method === 'PRACK' && status === 0)).toHaveLength(1);
    expect(stderr.mock.calls).toEqual([]);
    stderr.mockRestore();
  });
});

describe('N3: subscriptions', () => {
  const subscribe = (ue: SipPeer) => ue.request('SUBSCRIBE', 'sip:alice@ims.example', { Event: 'reg', Expires: '600' });

  test('are over where the SIP server is lost: a UE may have as many again', async () => {
    await start({ ue: { subscriptions: 1 } });
    const { ue } = await ueOf('alice');
    for (const isLost of [false, true]) {
      subscribe(ue);
      core.respond(await core.next('SUBSCRIBE'), 200, { Expires: '600' });
      await ue.next('200 SUBSCRIBE');
      if (isLost) break;
      const back = new Promise((resolve) => edge.srf.once('connect', resolve));
      edge.cutLink();
      await back;
      await edge.routed();
    }
  });

  test('of one UE are bounded, over all its connections and spellings; those of another are not touched', async () => {
    await start({ ue: { subscriptions: 1 } });
    const { ue } = await ueOf('alice');
    subscribe(ue);
    core.respond(await core.next('SUBSCRIBE'), 200, { Expires: '600' });
    await ue.next('200 SUBSCRIBE');
    const { ue: second } = await ueOf('%61lice');
    for (const full of [ue, second]) {
      subscribe(full);
      expect((await full.next('503 SUBSCRIBE')).header('Retry-After')).not.toBe('');
    }
    const { ue: other } = await ueOf('carol');
    subscribe(other);
    core.respond(await core.next('SUBSCRIBE'), 200, { Expires: '600' });
    await other.next('200 SUBSCRIBE');
  });
});

describe('N3: bindings', () => {
  const contactsOf = (count: number, from = 0) =>
    Array.from({ length: count }, (_, i) => `<sip:alice@192.0.2.9:${from + i + 1}>`).join(', ');

  test('a REGISTER with many Contacts is refused before the core sees it', async () => {
    await start({});
    const ue = await edge.stranger();
    ue.request('REGISTER', 'sip:ims.example', { Contact: contactsOf(11), Expires: '600' });
    await ue.next('400 REGISTER');
    expect(core.history.map(({ method }) => method)).not.toContain('REGISTER');
  });

  test('of one identity are bounded; those that are there are refreshed and taken back', async () => {
    await start({});
    const { ue } = await ueOf('alice');
    const To = '<sip:alice@ims.example>';
    for (let from = 0; from < 90; from += 10)
      await edge.register(ue, { To, Contact: contactsOf(10, from), Expires: '600' });
    await edge.register(ue, { To, Contact: contactsOf(9, 90), Expires: '600' });
    ue.request('REGISTER', 'sip:ims.example', { To, Contact: contactsOf(1, 99), Expires: '600' });
    expect((await ue.next('503 REGISTER')).header('Retry-After')).not.toBe('');
    await edge.register(ue, { To, Contact: contactsOf(10), Expires: '600' });
    await edge.register(ue, { To, Contact: contactsOf(1, 99), Expires: '0' });
  });
});
