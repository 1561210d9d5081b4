import { Ends, type End } from '../../app/demo/ends';
import { Firewall } from '../../app/demo/firewall';
import type { ToolEvent } from '../../app/demo/ue-tool';
import { breakConnection, closeTcp80, mend, type Break } from './support/broken-connection';
import { Lab } from './support/lab';
import { logged } from './support/logged';
import { describeInNamespaces } from './support/namespaces';

const seconds = 5;
const packets = seconds * 50;

/** SIP apart from what breaks. */
const sipPort = 5060;

describeInNamespaces('a UE whose connection to TCP 80 breaks during a call', () => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await Lab.start({ MEDIA_LOST: 'release' });
    await Firewall.raise(lab.network, [80, sipPort]);
  }, 60_000);

  afterAll(async () => {
    await lab.close();
  }, 20_000);

  afterEach(async () => {
    await mend(lab.network);
    await lab.nothingLeft();
  }, 20_000);

  /** A call of which something breaks as soon as there is media; what the ends report and tell. */
  async function brokenCall(breakIt: () => Promise<void>, length = seconds) {
    const events: Record<End, ToolEvent[]> = { ue: [], core: [] };
    let breaking: Promise<void> | undefined;
    const ends = new Ends(lab.network, {
      direction: 'originating',
      seconds: length,
      sipPort,
      callerOptions: ['--consent', '0.5'],
      onEvent: (end, event) => {
        events[end].push(event);
        if (end === 'ue' && event.event === 'media-flowing') breaking = breakIt();
      },
    });
    try {
      const reports = await ends.run();
      await breaking;
      return { reports, events };
    } finally {
      await ends.close();
    }
  }

  test.each<[Break, number]>([
    ['reset', 100],
    // Until two consent checks are unanswered; what was sent meanwhile is lost.
    ['silence', 175],
  ])(
    'by %s comes back on a new one, and media goes on (E2, E3, C13)',
    async (how, mostLost) => {
      const { reports, events } = await brokenCall(() => breakConnection(lab.network, how));
      const steps = events.ue.filter(({ event }) => /^(pair-selected|media-flowing|connection-lost)$/.test(event));
      expect(steps.map((step) => [step.event, 'path' in step && step.path])).toEqual([
        ['pair-selected', 'tcp80'],
        ['media-flowing', 'tcp80'],
        ['connection-lost', 'tcp80'],
        ['pair-selected', 'tcp80'],
      ]);
      const [, flowing, lost, back] = steps.map(({ t }) => t);
      const { ue, core } = reports;
      process.stderr.write(
        `${how}: noticed ${lost! - flowing!} ms after it, back in ${back! - lost!} ms; ` +
          `lost ${core.sent - ue.received} packets to the UE and ${ue.sent - core.received} from it\n`,
      );
      expect(reports).toMatchObject({
        ue: { ok: true, path: 'tcp80', sent: packets },
        core: { ok: true, sent: packets },
      });
      expect(ue.received).toBeGreaterThan(packets - mostLost);
      expect(core.received).toBeGreaterThan(packets - mostLost);
    },
    60_000,
  );

  test('and does not come back within 30 s: the loss is told, and both ends get a BYE (E4)', async () => {
    const before = lab.edgeLog.length;
    const { events } = await brokenCall(() => closeTcp80(lab.network), 60);
    expect(logged(lab.edgeLog.slice(before), 'nothing comes from the UE any more')).toMatchObject([
      { line: 0, path: 'tcp80' },
    ]);
    for (const end of ['ue', 'core'] as const)
      expect(events[end]).toContainEqual(expect.objectContaining({ event: 'ended', by: 'peer' }));
  }, 90_000);
});
