import { BaresipCalls } from './support/baresip-calls';
import type { Lab } from './support/lab';
import { labOfSuite } from './support/lab-of-suite';
import { logged } from './support/logged';
import { describeInNamespaces } from './support/namespaces';
import { until } from './support/until';

describeInNamespaces(
  'baresip and a core with plain RTP, through a firewall that is open',
  () => {
    let lab: Lab;
    let calls: BaresipCalls;

    /** What the edge has of the media of calls that are over. */
    const records = () => logged(lab.edgeLog, 'media released');

    /** The newest SDP of baresip, as the core got it. */
    const lastSdp = async () => (await calls.core.sdps()).at(-1) ?? '';

    afterEach(async () => {
      await calls.hangUp();
    }, 20_000);

    afterAll(async () => {
      await calls.close();
    }, 20_000);

    labOfSuite((started) => (lab = started));

    beforeAll(async () => {
      calls = await BaresipCalls.start(lab.network);
    }, 20_000);

    test.each([
      { direction: 'originating', ice: false },
      { direction: 'terminating', ice: false },
      { direction: 'terminating', ice: true },
    ] as const)(
      'A6: it registers, and tones go both ways over UDP, $direction, ICE: $ice',
      async ({ direction, ice }) => {
        await calls.register({ ice });
        await calls.call(direction);
        await calls.tonesPass();
        const before = records().length;
        await calls.hangUp();
        const record = await until('its media is released', 5000, () => records()[before]);
        expect(record).toMatchObject({ streams: [{ path: 'udp' }] });
      },
    );

    test('B17, F2: either end holds the other, and takes it back', async () => {
      await calls.register({ ice: true });
      await calls.call('originating');
      await calls.tonesPass();
      await calls.hold(true);
      await until('the core is on hold', 5000, async () => (await lastSdp()).includes('a=sendonly') || undefined);
      await calls.core.hearsNothing();
      await calls.hold(false);
      await until('the core is taken back', 5000, async () => (await lastSdp()).includes('a=sendrecv') || undefined);
      await calls.tonesPass();
      await calls.core.hold(true);
      expect(await lastSdp()).toContain('a=recvonly');
      await calls.core.hearsNothing();
      await calls.core.hold(false);
      await calls.tonesPass();
    });
  },
  { programs: ['baresip'] },
);
