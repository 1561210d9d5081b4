import { Ends, type EndReports } from '../../app/demo/ends';
import { parseObject } from '../../app/demo/json-line';
import { addresses } from '../../app/demo/network';
import type { RoundCounts } from '../../bench/soak/counts';
import { logged } from './support/logged';
import { describeInNamespaces } from './support/namespaces';
import { NodeLab, sipAt, type NodeName } from './support/node-lab';
import { until } from './support/until';

const other = (name: NodeName): NodeName => (name === 'one' ? 'two' : 'one');

describeInNamespaces('a P-CSCF with two media nodes, behind a firewall that passes TCP 80 alone', () => {
  let lab: NodeLab;

  beforeAll(async () => {
    lab = await NodeLab.start();
  }, 60_000);

  afterAll(async () => {
    await lab.close();
  }, 20_000);

  afterEach(async () => {
    await lab.nothingLeft();
  }, 40_000);

  /** A call, and what is done while its media flows. */
  async function call(
    seconds: number,
    during: (at: NodeName) => Promise<unknown> = () => Promise.resolve(),
    direction: 'originating' | 'terminating' = 'originating',
  ): Promise<EndReports> {
    const before = logged(lab.log, 'media has its path').length;
    const ends = new Ends(lab.network, { direction, seconds, sipPort: 80 });
    try {
      const acting = until('media flows', 20_000, () => logged(lab.log, 'media has its path')[before]).then(
        async () => await during(await lab.nodeOfCall()),
      );
      const [reports] = await Promise.all([ends.run(), acting]);
      return reports;
    } finally {
      await ends.close();
    }
  }

  const paths = (before: number) => logged(lab.log, 'media has its path').slice(before);

  test.each(['originating', 'terminating'] as const)(
    'K6, K7: a call goes over TCP 80 of one, %s, and its path and record come to the P-CSCF',
    async (direction) => {
      const before = lab.log.length;
      const { ue, core } = await call(2, undefined, direction);
      expect([ue.ok, core.ok, ue.streams[0]?.path]).toEqual([true, true, 'tcp80']);
      const lines = lab.log.slice(before);
      expect(logged(lines, 'media has its path')).toMatchObject([{ path: 'tcp80', remote: { address: addresses.ue } }]);
      const [released] = await until('its media is released', 5000, () => {
        const told = logged(lab.log.slice(before), 'media released');
        return told.length > 0 ? told : undefined;
      });
      expect(released).toMatchObject({ streams: [{ path: 'tcp80', reconnects: 0 }] });
    },
    60_000,
  );

  test('K6: many calls are spread over both', async () => {
    const core = lab.program('core', 'bench/paths/core.js', [addresses.core, 'example.net', '40']);
    await core.line('it was ready', 20_000, (line) => (line === 'ready' ? true : undefined));
    const args = [sipAt.address, sipAt.port, addresses.ue, 'example.net', 10, 12].map(String);
    const ues = lab.program('ue', 'bench/soak/ues.js', args);
    const counts = ues.line('it was over', 60_000, parseObject);
    try {
      await until('both have calls', 20_000, async () =>
        (await lab.status('one')).calls > 1 && (await lab.status('two')).calls > 1 ? true : undefined,
      );
      const { calls, failures } = (await counts) as unknown as RoundCounts;
      expect([calls > 20, failures]).toEqual([true, {}]);
    } finally {
      await Promise.all([ues.close(), core.close()]);
    }
  }, 90_000);

  test('K6: a node that drains keeps the calls that it has, and gets no new one until that is taken back', async () => {
    let drained: NodeName = 'one';
    const { ue } = await call(2, async (at) => {
      drained = at;
      await lab.drain(at, 'PUT');
    });
    expect(ue.ok).toBe(true);
    for (let i = 0; i < 2; i++)
      await call(1, (at) => {
        expect(at).toBe(other(drained));
        return Promise.resolve();
      });
    await lab.drain(drained, 'DELETE');
  }, 90_000);

  test('K6: of a node that freezes new calls go to the other, and its own are there when it is back', async () => {
    const { ue } = await call(6, async (at) => {
      lab.signal(at, 'SIGSTOP');
      await until('the P-CSCF sees it', 3000, async () => {
        const { media } = (await lab.status('pcscf')) as { media?: { rtpengines: { isUp: boolean }[] } };
        return media?.rtpengines.some(({ isUp }) => !isUp) === true ? true : undefined;
      });
      lab.signal(at, 'SIGCONT');
    });
    expect(ue.ok).toBe(true);
  }, 90_000);

  test('K6: of a node that is killed and started anew, the call moves to the other', async () => {
    const before = logged(lab.log, 'media has its path').length;
    let killed: NodeName = 'one';
    const { ue, core } = await call(14, async (at) => {
      killed = at;
      lab.signal(at, 'SIGKILL');
      await lab.startNode(at);
      await until('it has a path again', 15_000, () => paths(before)[1]);
      expect((await lab.status('pcscf')).calls).toBe(1);
    });
    expect([ue.streams[0]?.path, core.ok]).toEqual(['tcp80', true]);
    expect((await lab.status(killed)).calls).toBe(0);
  }, 120_000);
});
