import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { callRecordSchema } from '../../app/call-record';
import { Ends } from '../../app/demo/ends';
import { Firewall } from '../../app/demo/firewall';
import { askAdmin } from './support/admin';
import { Lab } from './support/lab';
import { logged } from './support/logged';
import { describeInNamespaces } from './support/namespaces';
import { Prometheus } from './support/prometheus';
import { until } from './support/until';

describeInNamespaces('who runs an edge', () => {
  let lab: Lab;
  const folder = mkdtempSync(path.join(tmpdir(), 'edge80-'));
  const records = path.join(folder, 'calls');

  beforeAll(async () => {
    lab = await Lab.start({ CALL_RECORDS: records, DRAIN_SECONDS: '60' });
  }, 30_000);

  afterAll(async () => {
    await lab.close();
    rmSync(folder, { recursive: true });
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

  test('I4, I8: has Prometheus read how calls went, and why they took TCP', async () => {
    const firewall = await Firewall.raise(lab.network, 'tcp80');
    const prometheus = new Prometheus(lab.network);
    const ends = new Ends(lab.network, { direction: 'originating', seconds: 5 });
    try {
      expect(await ends.run()).toMatchObject({ ue: { error: null, path: 'tcp80' } });
      const told = (query: string) =>
        until(query, 15_000, async () => {
          const [first] = await prometheus.query(query);
          return first;
        });
      const hungUp = { direction: 'originating', answered: 'true', cause: 'hung-up' };
      expect(await told('edge80_calls_ended_total > 0')).toEqual([hungUp, 1]);
      expect(await told('edge80_streams_tcp_total')).toEqual([{ reason: 'udp-unanswered' }, 1]);
      expect(await told('edge80_time_to_media_seconds_count')).toEqual([{ path: 'tcp80' }, 1]);
      expect(await told('edge80_gateway_packets_total{way="from_ue",kind="rtp"} > 50')).toBeDefined();
      expect(await told('edge80_stream_loss_ratio_count{from="ue"}')).toBeDefined();
      expect(await told('sum(edge80_gateway_thread_cpu_seconds_total)')).toBeDefined();
      expect(await told('edge80_ready')).toEqual([{}, 1]);
      // I8: the same call, as its record has it.
      const [line = '', ...more] = readFileSync(records, 'utf8').trimEnd().split('\n');
      expect(more).toEqual([]);
      expect(callRecordSchema.parse(JSON.parse(line))).toMatchObject({
        ...{
          direction: 'originating',
          cause: 'hung-up',
          caller: 'sip:ue@example.net',
          timeToMediaMs: expect.any(Number),
        },
        streams: [{ path: 'tcp80', tcpReason: 'udp-unanswered', loss: { fromUe: expect.any(Number) } }],
      });
    } finally {
      await ends.close();
      await prometheus.close();
      await firewall.lower();
    }
  }, 60_000);

  test('I6: drains it, takes that back, and its SIGTERM, too', async () => {
    const state = async () => (await ready()).troubles;
    expect((await askAdmin(lab.network, '/drain', 'PUT')).status).toBe(200);
    expect(await state()).toEqual([{ part: 'edge', reason: 'draining', isBlocking: true }]);
    expect((await askAdmin(lab.network, '/drain', 'DELETE')).status).toBe(200);
    expect(await state()).toEqual([]);
    expect((await askAdmin(lab.network, '/drain', 'DELETE')).status).toBe(409);
    const ends = new Ends(lab.network, {
      ...{ direction: 'originating', seconds: 3 },
      onEvent: (end, event) => {
        if (end === 'ue' && event.event === 'media-flowing') lab.edge.signal('SIGTERM');
      },
    });
    const calling = ends.run();
    await until('it drains', 15_000, async () => ((await ready()).ready ? undefined : true));
    expect((await askAdmin(lab.network, '/drain', 'DELETE')).status).toBe(200);
    expect(await calling).toMatchObject({ ue: { error: null } });
    await ends.close();
    // The call has ended, and the process goes on.
    await until('no call is left', 5000, async () =>
      (JSON.parse((await askAdmin(lab.network, '/status')).text) as { calls: number }).calls === 0 ? true : undefined,
    );
    expect(await state()).toEqual([]);
  }, 60_000);

  test('I6: has its files opened anew by SIGHUP, and hears what that did', async () => {
    renameSync(records, `${records}.old`);
    lab.edge.signal('SIGHUP');
    const done = 'settings, certificate and call records are read anew';
    const [line] = await until('SIGHUP is obeyed', 5000, () => {
      const lines = logged(lab.edgeLog, done);
      return lines.length > 0 ? lines : undefined;
    });
    expect(line).toMatchObject({ taken: [], needRestart: [] });
    expect(readFileSync(records, 'utf8')).toBe('');
    expect(await ready()).toMatchObject({ ready: true });
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
