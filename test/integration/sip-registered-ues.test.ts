import { Lab } from './support/lab';
import { describeInNamespaces } from './support/namespaces';
import { expectApart, SipPairs, type Direction } from './support/sip-pair';
import type { Sipp } from './support/sipp';

const directions: Direction[] = ['originating', 'terminating'];

/** What the registrar grants, beside the time. */
const granted =
  ';expires=600' +
  '\r\nService-Route: <sip:orig@192.0.2.2:5060;lr;n=1>, <sip:scscf@192.0.2.2:5060;lr;n=2>' +
  '\r\nP-Associated-URI: <sip:first@example.net>, "Second" <tel:+12025550101>';

/** What a UE must not say to the core, or not so. */
const claims = [
  'P-Asserted-Identity: <sip:president@example.net>',
  'P-Charging-Vector: icid-value=claimed',
  'P-Charging-Function-Addresses: ccf=192.0.2.99',
  'P-Access-Network-Info: IEEE-802.11;i-wlan-node-id=00009f86d081',
  'Security-Verify: ipsec-3gpp;q=0.1',
  'X-Edge80-Request-URI: sip:claimed.example',
].map((line) => `\r\n${line}`);

/** What the core says among its own. */
const amongTheCore =
  '\r\nP-Charging-Vector: icid-value=1;orig-ioi=example.net\r\nP-Charging-Function-Addresses: ccf=192.0.2.99' +
  '\r\nP-Access-Network-Info: IEEE-802.11;i-wlan-node-id=00009f86d082';

const instance = (n: number, regId = 1) => `;reg-id=${regId};+sip.instance="<urn:uuid:00000000-0000-1000-8000-${n}>"`;

describeInNamespaces('registered UEs', () => {
  let lab: Lab;
  let pairs: SipPairs;

  /** Registers UEs that stay, one after the other, and tells their Paths. */
  const register = async (...ues: { incoming?: string; keywords?: Record<string, string> }[]) => {
    const all: { ue: Sipp; path: string }[] = [];
    for (const options of ues) {
      const registrar = await pairs.core({ scenario: 'registering/grants.core' });
      const ue = await pairs.ue({ scenario: 'registering/stays.ue', ...options });
      await Promise.all([ue.logged('registered'), registrar.succeeded()]);
      all.push({ ue, path: registrar.value('path') });
    }
    return all;
  };

  /** What the core gets for a MESSAGE along a Path. */
  const messageAlong = async (path: string): Promise<number> => {
    const core = await pairs.core({ scenario: 'requests/along.core', server: false, keywords: { path } });
    await core.succeeded();
    return core.received()[0]?.status ?? 0;
  };

  beforeAll(async () => {
    lab = await Lab.start({
      VISITED_NETWORK_ID: 'visited.example',
      INTEGRITY_PROTECTED: 'no',
      EMERGENCY_NEXT_HOP: 'sip:192.0.2.2:5060',
    });
    pairs = new SipPairs(lab);
  }, 60_000);

  afterAll(async () => {
    await lab.close();
  }, 20_000);

  afterEach(async () => {
    await pairs.close();
    await lab.nothingLeft();
  }, 20_000);

  test('registering: Path, network and charging for the core, and neither sec-agree nor keys pass (G1, G3, G6, G7, G21)', async () => {
    const core = await pairs.core({ scenario: 'registering/challenged.core', keywords: { granted } });
    const ue = await pairs.ue({ scenario: 'registering/challenged.ue' });
    await Promise.all([ue.succeeded(), core.succeeded()]);
    expectApart({ ue, core });
    const [first, second] = core.received('REGISTER');
    for (const register of [first, second]) {
      expect(register?.lines('path')).toEqual([expect.stringMatching(/^<sip:[\w-]{32,}@192\.0\.2\.1:\d+;lr;ob>$/)]);
      expect(register?.hasOption('require', 'path')).toBe(true);
      expect(register?.toString()).not.toMatch(/sec-agree|claimed/);
      expect(register?.lines('p-visited-network-id')).toEqual(['"visited.example"']);
      expect(register?.lines('p-charging-vector')).toHaveLength(1);
      expect(register?.get('authorization')).toMatch(/, integrity-protected="no"$/);
      expect(register?.get('authorization')).not.toContain('"yes"');
    }
    expect(second?.get('p-charging-vector')).not.toBe(first?.get('p-charging-vector'));
    const [challenge] = ue.received(401);
    expect(challenge?.get('www-authenticate')).toMatch(/nonce="bm9uY2U=".*qop="auth"/);
    expect(challenge?.toString()).not.toMatch(/c0ffee|decade|ck=|ik=/);
    expect(lab.edgeLog.join()).not.toMatch(/c0ffee|decade/);
    const [ok] = ue.received(200);
    expect(ok?.get('flow-timer')).toBe('120');
    expect(ok?.get('via')).toMatch(/;keep=120/);
    expect(ok?.get('via')).toMatch(/;received=198\.51\.100\.2.*;rport=\d+|;rport=\d+.*;received=198\.51\.100\.2/);
    expect(ok?.get('p-associated-uri')).toContain('sip:first@example.net');
  }, 40_000);

  test('a UE without outbound gets no ob in its Path, and no Flow-Timer (G1, G6)', async () => {
    const [plain] = await register({});
    expect(plain?.path).toMatch(/;lr>$/);
    expect(plain?.ue.received(200)[0]?.get('flow-timer')).toBeUndefined();
  }, 40_000);

  test.each([
    ['the preferred identity, which is one of its own', '<tel:+12025550101>', /"Second" <tel:\+12025550101>/],
    ['the default identity, where it prefers a stranger’s', '<sip:king@example.net>', /<sip:first@example\.net>/],
  ])(
    'originating: the Service-Route, and %s, whatever the UE says (G8, G9, G10)',
    async (_, preferred, asserted) => {
      const invite = [...claims, `\r\nP-Preferred-Identity: ${preferred}`, '\r\nRoute: <sip:198.51.100.1;lr>'].join('');
      const { ue, core } = await pairs.run('originating', 'calls/answered', { granted, invite, answer: amongTheCore });
      const [received] = core.received('INVITE');
      expect(received?.values('route')).toEqual([
        '<sip:orig@192.0.2.2:5060;lr;n=1>',
        '<sip:scscf@192.0.2.2:5060;lr;n=2>',
      ]);
      expect(received?.lines('p-asserted-identity')).toEqual([expect.stringMatching(asserted)]);
      expect(received?.lines('p-access-network-info')).toEqual(['IEEE-802.11;i-wlan-node-id=00009f86d081']);
      expect(received?.toString()).not.toMatch(/claimed|president/);
      expect(ue.received(200).at(-1)?.cseq?.method).toBe('BYE');
    },
    40_000,
  );

  test('a UE that is not registered gets 403, and the core sees nothing of it (G8)', async () => {
    const core = await pairs.core({ scenario: 'registering/grants.core' });
    const ue = await pairs.ue({ scenario: 'requests/unregistered.ue' });
    await ue.succeeded();
    expect(core.received()).toEqual([]);
  }, 40_000);

  test.each(directions)(
    '%s: MESSAGE, OPTIONS, PUBLISH, INFO and NOTIFY outside of dialogs (G10, G18)',
    async (direction) => {
      const invite = direction === 'originating' ? claims.join('') : amongTheCore;
      const { ue, core } = await pairs.run(direction, 'requests/outside', { calls: 5, granted, invite });
      const [caller, callee] = direction === 'originating' ? [ue, core] : [core, ue];
      for (const method of ['MESSAGE', 'OPTIONS', 'PUBLISH', 'INFO', 'NOTIFY']) {
        expect([method, callee.received(method).length]).toEqual([method, 1]);
      }
      const statuses = caller.received().filter(({ status, cseq }) => status > 0 && cseq?.method !== 'REGISTER');
      expect(statuses.map(({ status }) => status)).toEqual([202, 200, 200, 200, 489]);
      expect(statuses[1]?.get('accept')).toBe('application/sdp, text/plain');
      expect(statuses[2]?.get('sip-etag')).toBe('first');
      expect(statuses[3]?.body.trim()).toBe('words');
      expect(statuses[4]?.get('allow-events')).toBe('presence');
      expect(callee.received('PUBLISH')[0]?.body.trim()).toBe('<presence/>');
    },
    40_000,
  );

  test.each(directions)(
    '%s: SUBSCRIBE, NOTIFY, refresh and end (G18)',
    async (direction) => {
      const { ue, core } = await pairs.run(direction, 'requests/subscription', { granted });
      const [caller, callee] = direction === 'originating' ? [ue, core] : [core, ue];
      expect(callee.received('SUBSCRIBE').map((each) => each.get('expires'))).toEqual(['600', '600', '0']);
      expect(caller.received('NOTIFY').map((each) => each.get('subscription-state'))).toEqual([
        'active;expires=600',
        'active;expires=600',
        'terminated;reason=timeout',
      ]);
      expect(caller.received('NOTIFY')[0]?.body.trim()).toBe('<presence/>');
    },
    40_000,
  );

  test('requests that are not served get an answer: REFER and unknown methods 405, others 481 (G18)', async () => {
    const core = await pairs.core({ scenario: 'registering/grants.core' });
    const ue = await pairs.ue({ scenario: 'requests/not-served.ue' });
    await Promise.all([ue.succeeded(), core.succeeded()]);
  }, 40_000);

  test('several UEs of one user are each found by their own Path (G4, G12)', async () => {
    const incoming = 'requests/message.callee';
    const [one, other] = await register(
      { incoming, keywords: { contact_params: instance(1) } },
      { incoming, keywords: { contact_params: instance(2) } },
    );
    expect(await messageAlong(one?.path ?? '')).toBe(200);
    expect(other?.ue.received('MESSAGE')).toEqual([]);
    expect(await messageAlong(other?.path ?? '')).toBe(200);
    expect(one?.ue.received('MESSAGE')).toHaveLength(1);
  }, 40_000);

  test('a UE that registers over a new connection is found there at once, and the old token gets 430 (G2, G4)', async () => {
    const ue = { incoming: 'requests/message.callee', keywords: { contact_params: instance(3) } };
    const [before, after] = await register(ue, ue);
    expect(await messageAlong(before?.path ?? '')).toBe(430);
    expect(await messageAlong(after?.path ?? '')).toBe(200);
    before?.ue.sawNothingElse();
  }, 40_000);

  test('a token that was changed gets 403, one of a connection that is gone 430 (G2)', async () => {
    const [{ ue, path } = { ue: undefined, path: '' }] = await register({});
    expect(await messageAlong(path.replace(/sip:./, (start) => (start === 'sip:A' ? 'sip:B' : 'sip:A')))).toBe(403);
    await ue?.close();
    expect(await messageAlong(path)).toBe(430);
  }, 40_000);

  test('a registration that is taken back ends the UE’s call, and its next request gets 403 (G4, G20)', async () => {
    const core = await pairs.core({ scenario: 'calls/deregistered.core', keywords: { granted } });
    const ue = await pairs.ue({ scenario: 'registering/leaves.ue', incoming: 'calls/released.callee' });
    await Promise.all([ue.logged('left'), ue.logged('complete'), core.succeeded()]);
    expect(ue.received(403)).toHaveLength(1);
  }, 40_000);

  test.each(directions)(
    '%s: a registration that expires ends the call on both sides (G4, G20)',
    async (direction) => {
      await pairs.run(direction, 'calls/released', { granted: ';expires=1' });
    },
    40_000,
  );

  test.each(directions)(
    '%s: a connection that is lost ends the call toward the core (G20)',
    async (direction) => {
      const { ue, core } = await pairs.start(direction, 'calls/released', { granted });
      await Promise.all([ue.logged('up'), core.logged('up')]);
      await ue.close();
      await core.succeeded();
    },
    40_000,
  );

  test.each([
    ['INFO, re-INVITE and UPDATE', 'calls/stranger.ue'],
    ['BYE', 'calls/stranger-hangs-up.ue'],
  ])(
    '%s of another UE get 403, and the call goes on (G11)',
    async (_, scenario) => {
      const { ue, core } = await pairs.start('originating', 'calls/released', { granted });
      await Promise.all([ue.logged('up'), core.logged('up')]);
      const [ok] = ue.received(200).filter(({ cseq }) => cseq?.method === 'INVITE');
      const tag = (header: string) => /;tag=([^;]+)/.exec(ok?.get(header) ?? '')?.[1] ?? '';
      const keywords = { from_tag: tag('from'), to_tag: tag('to'), contact: 'mallory@10.9.8.8:5060;transport=tcp' };
      const stranger = await pairs.ue({ scenario, callId: ok?.callId ?? '', keywords });
      await stranger.succeeded();
      expect(core.received().map(({ method }) => method)).toEqual(['REGISTER', 'INVITE', 'ACK']);
      await ue.close();
      await core.succeeded();
    },
    40_000,
  );

  test('an emergency call of a UE that is not registered goes to the E-CSCF (G19)', async () => {
    const core = await pairs.core({ scenario: 'calls/answered.callee', role: 'callee' });
    const ue = await pairs.ue({ scenario: 'calls/emergency.ue' });
    await Promise.all([ue.succeeded(), core.succeeded()]);
    expectApart({ ue, core });
    const [invite] = core.received('INVITE');
    expect(invite?.requestUri).toBe('urn:service:sos.police');
    expect(invite?.values('route')).toEqual(['<sip:192.0.2.2:5060;lr>']);
  }, 40_000);
});
