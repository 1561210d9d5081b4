import type { SipPeer } from './sip-peer';
import { sdp } from './fake-anchor';
import { uriOf } from './sip-peer';
import { TestEdge } from './test-edge';

let edge: TestEdge;
let core: SipPeer;

beforeAll(async () => {
  const settings = { visitedNetworkId: 'visited.example', integrityProtected: 'no' };
  edge = await TestEdge.start({ settings });
  core = edge.coreNextHop;
});

beforeEach(() => {
  core.forget();
  edge.anchor.releases.clear();
});

afterEach(async () => {
  await edge.calls.endAll('shutdown');
});

afterAll(async () => {
  await edge.close();
});

const bob = 'sip:bob@ims.example';

/** The UE's INVITE gets to the core, where it is refused. */
async function expectServed(ue: SipPeer): Promise<void> {
  const invite = ue.request('INVITE', bob, {}, sdp('offer'));
  core.respond(await core.next('INVITE'), 486);
  ue.ack(invite, await ue.next('486 INVITE'));
}

/** The edge refuses the UE's INVITE, and the core sees nothing of it. */
async function expectRefused(ue: SipPeer): Promise<void> {
  const invites = () => core.history.filter(({ status, method }) => status === 0 && method === 'INVITE').length;
  const before = invites();
  const invite = ue.request('INVITE', bob, {}, sdp('offer'));
  ue.ack(invite, await ue.next('403 INVITE'));
  expect(invites()).toBe(before);
}

describe('REGISTER', () => {
  test('G3: tells the core network, charging and protection', async () => {
    const ue = await edge.stranger();
    ue.request('REGISTER', 'sip:ims.example', {
      Authorization: 'Digest username="alice", integrity-protected="yes"',
      'P-Charging-Vector': 'icid-value=fake',
    });
    const register = await core.next('REGISTER');
    expect(register.header('P-Visited-Network-ID')).toBe('"visited.example"');
    expect(register.all('P-Charging-Vector')).toEqual([
      expect.stringMatching(/^icid-value="[\w-]{36}";icid-generated-at=127\.1\.0\.1$/),
    ]);
    expect(register.header('Authorization')).toBe('Digest username="alice", integrity-protected="no"');
    core.respond(register, 403);
    await ue.next('403 REGISTER');
  });

  test('G7: sec-agree stays here, and the keys of a challenge reach neither UE nor log', async () => {
    const ue = await edge.stranger();
    ue.request('REGISTER', 'sip:ims.example', {
      Require: 'sec-agree',
      'Proxy-Require': 'sec-agree',
      'Security-Client': 'ipsec-3gpp; alg=hmac-sha-1-96',
    });
    const register = await core.next('REGISTER');
    expect(register.raw).not.toMatch(/sec-agree|Security-/i);
    core.respond(register, 401, {
      'WWW-Authenticate': 'Digest realm="a", nonce="b", algorithm=AKAv1-MD5, ck="c0ffee", ik="decade"',
      'Security-Server': 'ipsec-3gpp',
    });
    const challenge = await ue.next('401 REGISTER');
    expect(challenge.header('WWW-Authenticate')).toBe('Digest realm="a", nonce="b", algorithm=AKAv1-MD5');
    expect(challenge.raw).not.toMatch(/Security-Server|c0ffee|decade/);
    expect(edge.log.join('')).not.toMatch(/c0ffee|decade/);
  });

  test('G6: a UE with outbound is told how often keep-alives are wanted', async () => {
    const ue = await edge.stranger();
    ue.request('REGISTER', 'sip:ims.example', { Contact: `${ue.contact};reg-id=1;+sip.instance="<urn:uuid:6>"` });
    const register = await core.next('REGISTER');
    core.respond(register, 200, { Contact: register.header('Contact'), Require: 'outbound' });
    const ok = await ue.next('200 REGISTER');
    expect(ok.header('Flow-Timer')).toBe('120');
    expect(ok.header('Require')).toBe('outbound');
  });

  test('keeps Call-ID, CSeq and tags, by which a registrar orders what a UE sends', async () => {
    const ue = await edge.stranger();
    const sent = ue.request('REGISTER', 'sip:ims.example');
    const arrived = await core.next('REGISTER');
    expect(arrived.header('Call-ID')).toBe(sent.header('Call-ID'));
    expect(arrived.header('CSeq')).toBe(sent.header('CSeq'));
    expect(arrived.header('From')).toBe(sent.header('From'));
    core.respond(arrived, 403);
    await ue.next('403 REGISTER');
  });

  test('G21: of a UE whose domain is the edge’s address goes to the core’s', async () => {
    const ue = await edge.stranger();
    ue.request('REGISTER', `sip:${edge.access.address}:${edge.access.port}`);
    const arrived = await core.next('REGISTER');
    expect(uriOf(arrived)).toBe(`sip:${core.address}:${core.port}`);
    core.respond(arrived, 403);
    await ue.next('403 REGISTER');
  });
});

describe('what is registered', () => {
  test('G8: who is not registered cannot call', async () => {
    await expectRefused(await edge.stranger());
  });

  test('G4: may call until the registration is taken back', async () => {
    const ue = await edge.ue();
    await expectServed(ue);
    await edge.register(ue, { Contact: `${ue.contact};expires=0` }, { Contact: '' });
    await expectRefused(ue);
  });

  test('G4: may call until it expires', async () => {
    const ue = await edge.stranger();
    await edge.register(ue, {}, { Contact: `${ue.contact};expires=1` });
    await expectServed(ue);
    await edge.logged('"expired"', String(ue.port));
    await expectRefused(ue);
  });

  test('G4: Contact: * takes all back', async () => {
    const ue = await edge.stranger();
    const erin = '<sip:erin@ims.example>';
    await edge.register(ue, { To: erin });
    await edge.register(ue, { To: erin, Contact: '*', Expires: '0' }, { Contact: '' });
    await expectRefused(ue);
  });

  test('a refused REGISTER registers nothing', async () => {
    const ue = await edge.stranger();
    ue.request('REGISTER', 'sip:ims.example');
    core.respond(await core.next('REGISTER'), 403);
    await ue.next('403 REGISTER');
    await expectRefused(ue);
  });

  test('G12, G20: registered anew over another connection, the UE is there at once and nowhere else', async () => {
    const contact = '<sip:frank@10.1.2.3>;+sip.instance="<urn:uuid:7>";reg-id=1';
    const frank = { To: '<sip:frank@ims.example>', Contact: contact };
    const before = await edge.stranger();
    const oldPath = await edge.register(before, frank);
    const after = await edge.stranger();
    const newPath = await edge.register(after, frank);
    const refused = core.request('INVITE', 'sip:frank@10.1.2.3', { Route: oldPath }, sdp('offer'));
    core.ack(refused, await core.next('430 INVITE'));
    const invite = core.request('INVITE', 'sip:frank@10.1.2.3', { Route: newPath }, sdp('offer'));
    after.respond(await after.next('INVITE'), 486);
    core.ack(invite, await core.next('486 INVITE'));
    expect(before.history.filter(({ method }) => method === 'INVITE')).toEqual([]);
  });

  test('G20: with its registration, a UE’s calls end', async () => {
    const ue = await edge.ue();
    const invite = ue.request('INVITE', bob, {}, sdp('offer'));
    core.respond(await core.next('INVITE'), 200, {}, sdp('answer'));
    await core.next('ACK');
    const ok = await ue.next('200 INVITE');
    ue.ack(invite, ok);
    await edge.register(ue, { Contact: `${ue.contact};expires=0` }, { Contact: '' });
    core.respond(await core.next('BYE'), 200);
    ue.respond(await ue.next('BYE'), 200);
    await edge.calls.settled();
    expect(edge.calls.size).toBe(0);
    expect([...edge.anchor.releases.values()]).toEqual([1]);
  });
});
