import { Ends, type End, type EndReports } from '../../app/demo/ends';
import { Firewall } from '../../app/demo/firewall';
import { addresses, addresses6 } from '../../app/demo/network';
import type { ToolEvent } from '../../app/demo/ue-tool';
import type { Lab } from './support/lab';
import { labOfSuite } from './support/lab-of-suite';
import { describeInNamespaces } from './support/namespaces';

const seconds = 1;
const packets = seconds * 50;

const families = { IPv4: addresses.edgeAccess, IPv6: addresses6.edgeAccess };
const cases = [
  { family: 'IPv4', direction: 'originating' },
  { family: 'IPv6', direction: 'originating' },
  { family: 'IPv6', direction: 'terminating' },
] as const;

describeInNamespaces('a gateway with an IPv4 and an IPv6 address', () => {
  let lab: Lab;

  labOfSuite((started) => (lab = started), {
    settings: {
      GATEWAY_ADDRESS: Object.values(families).join(','),
    },
  });

  async function call(
    { family, direction }: (typeof cases)[number],
    ueOptions: string[] = [],
    callerOptions: string[] = [],
  ): Promise<[EndReports, ToolEvent[]]> {
    const events: ToolEvent[] = [];
    const onEvent = (end: End, event: ToolEvent) => {
      if (end === 'ue') events.push(event);
    };
    const ends = new Ends(lab.network, {
      seconds,
      direction,
      edgeAddress: families[family],
      onEvent,
      ueOptions,
      callerOptions,
    });
    try {
      return [await ends.run(), events];
    } finally {
      await ends.close();
    }
  }

  const withoutIce = cases.filter(({ family }) => family === 'IPv6');

  test.each(withoutIce)(
    'O1, I3: a UE on $family without ICE, $direction, has its media',
    async (each) => {
      const [reports] = await call(each, ['--no-ice']);
      // Without an error there was media both ways. What a called UE sends before its answer is taken is lost.
      expect(reports).toMatchObject({ ue: { error: null, path: 'udp', received: packets }, core: { error: null } });
    },
    60_000,
  );

  test.each(withoutIce)(
    'O2, H1: a UE on $family without ICE, $direction, has its MSRP',
    async (each) => {
      const [{ ue, core }] = await call(each, ['--no-ice'], ['--media', 'msrp']);
      expect([ue, core]).toMatchObject([
        { error: null, msrp: expect.anything() },
        { error: null, msrp: expect.anything() },
      ]);
    },
    60_000,
  );

  const everyPacket = (path: string) => ({
    ue: { error: null, path, sent: packets, received: packets },
    core: { error: null, sent: packets, received: packets },
  });

  // The firewall is raised after the first three.
  test.each(cases)(
    'I3, A6: a UE on $family, $direction, takes UDP where it is open',
    async (each) => {
      const [reports] = await call(each);
      expect(reports).toMatchObject(everyPacket('udp'));
    },
    60_000,
  );

  describe('where TCP 80 alone passes', () => {
    beforeAll(async () => {
      await Firewall.raise(lab.network, 'tcp80');
    });

    test.each(cases)(
      'I3, B21: a UE on $family, $direction, takes TCP 80, of which it gets both addresses',
      async (each) => {
        const [reports, events] = await call(each);
        expect(reports).toMatchObject(everyPacket('tcp80'));
        const { remote } = events.find(({ event }) => event === 'candidates') as unknown as { remote: string[] };
        const passive = remote.filter((candidate) => candidate.endsWith('typ host tcptype passive'));
        expect(passive.map((candidate) => candidate.split(' ').slice(3, 6))).toEqual([
          ['8388863', families.IPv4, '80'],
          ['8389119', families.IPv6, '80'],
        ]);
      },
      60_000,
    );
  });
});
