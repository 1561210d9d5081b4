import { askAdmin } from './support/admin';
import { Lab } from './support/lab';
import { logged } from './support/logged';
import { describeInNamespaces } from './support/namespaces';
import { until } from './support/until';

describeInNamespaces('who runs an edge', () => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await Lab.start();
  }, 30_000);

  afterAll(async () => {
    await lab.close();
  }, 20_000);

  const ready = async () => {
    const { status, text } = await askAdmin(lab.network, '/ready');
    return { status, ...(JSON.parse(text) as { ready: boolean; troubles: { part: string }[] }) };
  };

  const becomes = (isReady: boolean) =>
    until(isReady ? 'it is ready' : 'it is not ready', 30_000, async () => {
      const said = await ready();
      return said.ready === isReady ? said : undefined;
    });

  test('I7: sees that it is ready, and what it carries', async () => {
    expect(await ready()).toEqual({ status: 200, ready: true, troubles: [] });
    const status = await askAdmin(lab.network, '/status');
    expect([status.status, JSON.parse(status.text)]).toEqual([200, expect.objectContaining({ calls: 0 })]);
  });

  test('I7: sees that its rtpengine stands still, and that it is back', async () => {
    lab.rtpengine.signal('SIGSTOP');
    expect(await becomes(false)).toMatchObject({ status: 503, troubles: [{ part: 'rtpengine', isBlocking: true }] });
    lab.rtpengine.signal('SIGCONT');
    expect(await becomes(true)).toMatchObject({ status: 200, troubles: [] });
  }, 70_000);

  const withServer = process.env['DRACHTIO_BIN'] ? test : test.skip;

  withServer(
    'P19: sees that drachtio-server stands still though its link stands (a real one: DRACHTIO_BIN)',
    async () => {
      lab.drachtio?.signal('SIGSTOP');
      expect(await becomes(false)).toMatchObject({ status: 503, troubles: [{ part: 'drachtio', isBlocking: true }] });
      expect((await askAdmin(lab.network, '/live')).status).toBe(200);
      expect(
        logged(lab.edgeLog, 'drachtio does not answer: nothing can be set up or ended until it does'),
      ).toHaveLength(1);
      lab.drachtio?.signal('SIGCONT');
      expect(await becomes(true)).toMatchObject({ status: 200, troubles: [] });
    },
    70_000,
  );
});
