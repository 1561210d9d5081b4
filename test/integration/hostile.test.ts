import { assault } from '../../bench/hostile/assault';
import { attacks } from '../../bench/hostile/attacks/attacks';
import { areDescriptorsBack, EdgeUsage, type Holding } from '../../bench/hostile/edge-usage';
import { GoodSide } from '../../bench/hostile/good-side';
import { HostileLab } from '../../bench/hostile/lab';
import { describeInNamespaces } from './support/namespaces';
import { until } from './support/until';

/** How often each is tried, and what its attacker has to see: some only give the edge work that it is to bear. */
const expected: Record<string, { most: number; until?: string }> = {
  'idle-80': { most: 4400, until: 'closed' },
  'idle-80-nat': { most: 400 },
  'idle-sip': { most: 4400, until: 'closed' },
  'idle-sip-nat': { most: 400 },
  'flood-80': { most: 2000 },
  'flood-sip': { most: 2000 },
  'big-frames': { most: 200, until: 'closed' },
  http: { most: 500, until: 'closed' },
  'undecided-80': { most: 4400, until: 'closed' },
  'http-stalls': { most: 1000 },
  'tls-stalls-80': { most: 1000 },
  'websocket-unmasked': { most: 500, until: 'closed' },
  'websocket-fragments': { most: 100, until: 'closed' },
  'websocket-keep-alives': { most: 100, until: 'closed' },
  'tls-stalls': { most: 1000 },
  'wrong-checks': { most: 500, until: 'closed' },
  'right-checks': { most: 4000, until: 'answers' },
  'tls-renegotiation': { most: 4, until: 'not renegotiated' },
  'register-flood': { most: 1000, until: 'answered 503' },
  'register-flood-one': { most: 1000, until: 'answered 503' },
  'options-flood-one': { most: 2000, until: 'answered 503' },
  'options-flood-many': { most: 2000, until: 'answered 503' },
  'invite-flood': { most: 1000, until: 'answered 503' },
  'invite-flood-ue': { most: 600, until: 'answered 503' },
  'calls-unanswered': { most: 30, until: 'answered 503' },
  'msrp-unanswered': { most: 50, until: 'answered 503' },
  'in-call-flood': { most: 1000, until: 'closed' },
  'keep-alives': { most: 100 },
  'long-messages': { most: 10, until: 'closed' },
  'turn-strangers': { most: 50, until: 'closed' },
  'turn-allocates': { most: 500, until: 'answered 486' },
  'turn-elsewhere': { most: 1000, until: 'closed' },
  'turn-lying-lengths': { most: 60, until: 'closed' },
};

/** An attack that is not refused ends after these, s. */
const seconds = 30;

/** What new UEs have for each answer, ms: as long as SIP waits, since nobody is to fail for want of a fast machine. */
const patience = 30_000;

/** ms; connections that attackers have closed are noticed within */
const settleMs = 10_000;

describeInNamespaces('N2, N3: ten calls and new UEs beside attackers', () => {
  let lab: HostileLab;
  let good: GoodSide;
  let usage: EdgeUsage;
  let before: Holding;

  beforeAll(async () => {
    lab = await HostileLab.start();
    usage = new EdgeUsage(lab.lab.edge);
    good = await GoodSide.start(lab, { calls: 10, perSecond: 3, patience });
    before = usage.now();
    good.measure();
  }, 60_000);

  afterAll(async () => {
    await good.close();
    await lab.close();
  }, 20_000);

  test('each attack of bench:hostile is tried', () => {
    expect(Object.keys(expected)).toEqual(Object.keys(attacks));
  });

  test.each(Object.entries(expected))(
    'beside %s all goes on',
    async (attack, { most, until: seen }) => {
      const came = good.newcomers.length;
      const { counts, failure } = await assault(lab, attack, { seconds, most, until: seen });
      expect(failure).toBeNull();
      expect(Object.keys(counts)).not.toEqual([]);
      if (seen !== undefined) expect(counts).toHaveProperty([seen]);
      expect(lab.lab.edge.running).toBe(true);
      expect(good.newcomers.slice(came).filter(({ error }) => error !== null)).toEqual([]);
    },
    60_000,
  );

  test('no packet was lost, no call ended, and descriptors are given back', async () => {
    await good.pause();
    expect(good.newcomers.length).toBeGreaterThan(20);
    expect(good.newcomers.filter(({ error }) => error !== null)).toEqual([]);
    await until('descriptors are given back', settleMs, () => areDescriptorsBack(usage.now(), before) || undefined);
    const { ue, core } = await good.end();
    expect(ue.calls.map(({ held, path }) => ({ held, path }))).toEqual(
      Array.from({ length: 10 }, () => ({ held: true, path: 'tcp80' })),
    );
    const sum = (calls: readonly { sent: number; received: number }[], key: 'sent' | 'received') =>
      calls.reduce((total, call) => total + call[key], 0);
    expect(sum(core.calls, 'received')).toBe(sum(ue.calls, 'sent'));
    expect(sum(ue.calls, 'received')).toBe(sum(core.calls, 'sent'));
  }, 120_000);
});
