import { Ends, type End } from '../../app/demo/ends';
import { Network } from '../../app/demo/network';
import type { ToolEvent } from '../../app/demo/ue-tool';
import type { Lab } from './support/lab';
import { labOfSuite } from './support/lab-of-suite';
import { describeInNamespaces } from './support/namespaces';
import { Rogue, RogueCounter } from './support/rogue';

const seconds = 4;
const packets = seconds * 50;

describeInNamespaces.each([
  { firewall: 'tcp80', path: 'tcp80' },
  { firewall: 'open', path: 'udp' },
] as const)('a rogue UDP sender during calls on $path', ({ firewall, path }) => {
  let lab: Lab;
  let edgeCounter: RogueCounter;
  let coreCounter: RogueCounter;

  labOfSuite((started) => (lab = started), { network: new Network(['ue', 'ue2']), firewall });

  beforeAll(async () => {
    [edgeCounter, coreCounter] = await Promise.all([
      RogueCounter.start(lab.network, 'edge'),
      RogueCounter.start(lab.network, 'core'),
    ]);
  }, 60_000);

  // One longer than the 3 s after which rtpengine may take another address for the sender's, one with later offers.
  test.each([
    { direction: 'originating', callerOptions: [] },
    { direction: 'terminating', callerOptions: ['--hold'] },
  ] as const)(
    'C11: gets none of it and puts nothing into it, $direction $callerOptions',
    async ({ direction, callerOptions }) => {
      let starting: Promise<Rogue> | undefined;
      const ends = new Ends(lab.network, {
        direction,
        seconds,
        callerOptions,
        // As soon as the UE knows rtpengine's port, so does the rogue.
        onEvent: (end: End, event: ToolEvent) => {
          if (end === 'ue' && event.event === 'candidates')
            starting ??= Rogue.start(lab.network, udpPortIn(event.remote));
        },
      });
      const before = await edgeCounter.packets();
      try {
        const reports = await ends.run();
        const report = await (await starting!).stop();
        expect(report.sent).toBeGreaterThan(1000);
        // It does reach the edge.
        expect((await edgeCounter.packets()) - before).toBeGreaterThan(500);
        expect(report.media).toBe(0);
        expect(await coreCounter.packets()).toBe(0);
        const sentAll = { error: null, sent: packets };
        expect(reports).toMatchObject({ ue: { ...sentAll, path }, core: sentAll });
        // Of what is sent before its sender knows of a hold, rtpengine may pass nothing: so since mr11.4.
        const least = packets - 5 * callerOptions.length;
        for (const { received } of [reports.ue, reports.core]) expect(received).toBeGreaterThanOrEqual(least);
      } finally {
        await ends.close();
        await (await starting)?.close();
      }
    },
    60_000,
  );
});

function udpPortIn(remote: readonly string[]): number {
  const udp = remote.find((candidate) => / udp /i.test(candidate));
  return Number(udp?.split(' ')[5]);
}
