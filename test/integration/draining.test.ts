import { setTimeout } from 'node:timers/promises';
import { Ends, type End } from '../../app/demo/ends';
import { Firewall } from '../../app/demo/firewall';
import type { NamespaceProcess } from '../../app/demo/processes';
import type { ToolEvent } from '../../app/demo/ue-tool';
import { Lab } from './support/lab';
import { logged } from './support/logged';
import { describeInNamespaces } from './support/namespaces';

const seconds = 3;
const packets = seconds * 50;

/** Two signals that come at once are taken for one. */
const between = 500;

describeInNamespaces('an edge that is told to stop in a call', () => {
  let lab: Lab;

  afterEach(async () => {
    await lab.close();
  }, 20_000);

  /** A call in which the edge is stopped as soon as there is media; what the ends report and tell. */
  async function callOf(length: number, drainSeconds: number, stop: (edge: NamespaceProcess) => Promise<void>) {
    lab = await Lab.start({ DRAIN_SECONDS: String(drainSeconds) });
    await Firewall.raise(lab.network, 'tcp80');
    const events: Record<End, ToolEvent[]> = { ue: [], core: [] };
    let stopping: Promise<void> | undefined;
    const ends = new Ends(lab.network, {
      direction: 'originating',
      seconds: length,
      onEvent: (end, event) => {
        events[end].push(event);
        if (end === 'ue' && event.event === 'media-flowing') stopping = stop(lab.edge);
      },
    });
    try {
      const reports = await ends.run();
      await stopping;
      return { reports, events };
    } finally {
      await ends.close();
    }
  }

  test('I6, X15: by SIGTERM, ends after the call, of which no packet is lost', async () => {
    const { reports } = await callOf(seconds, 300, (edge) => {
      edge.signal('SIGTERM');
      return Promise.resolve();
    });
    expect(reports).toMatchObject({
      ue: { error: null, path: 'tcp80', sent: packets, received: packets },
      core: { error: null, sent: packets, received: packets },
    });
    expect(await lab.edge.ended).toBe('code 0');
    expect(logged(lab.edgeLog, 'draining: calls under way go on, new ones are refused')).toMatchObject([{ calls: 1 }]);
    expect(logged(lab.edgeLog, 'stopping: calls are released')).toMatchObject([{ signal: 'SIGTERM', calls: 0 }]);
  }, 60_000);

  test.each<[string, number, NodeJS.Signals[]]>([
    ['by SIGTERM, when the time for it is over', 1, ['SIGTERM']],
    ['by SIGTERM, at once where there is no time for it', 0, ['SIGTERM']],
    ['by a second SIGTERM', 300, ['SIGTERM', 'SIGTERM']],
    ['by SIGINT', 300, ['SIGINT']],
  ])(
    'I6: %s: both ends get a BYE, and it ends in order',
    async (_how, drainSeconds, signals) => {
      const { events } = await callOf(60, drainSeconds, async (edge) => {
        for (const signal of signals) {
          edge.signal(signal);
          await setTimeout(between);
        }
      });
      for (const end of ['ue', 'core'] as const)
        expect(events[end]).toContainEqual(expect.objectContaining({ event: 'ended', by: 'peer' }));
      expect(await lab.edge.ended).toBe('code 0');
      expect(logged(lab.edgeLog, 'stopping: calls are released')).toMatchObject([{ calls: 1 }]);
      expect(await lab.rtpengine.calls()).toBe('');
    },
    60_000,
  );
});
