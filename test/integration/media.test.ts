import { Ends, type EndReports, type EndsOptions } from '../../app/demo/ends';
import { addresses } from '../../app/demo/network';
import { until } from './support/until';
import type { Lab } from './support/lab';
import { labOfSuite } from './support/lab-of-suite';
import { logged } from './support/logged';
import { describeInNamespaces } from './support/namespaces';

const seconds = 2;
const packets = seconds * 50;

const directions = ['originating', 'terminating'] as const;

/** Calls between a UE with ICE-TCP and a core without ICE, one after the other through one edge. */
describeInNamespaces.each([
  { firewall: 'tcp80', path: 'tcp80' },
  { firewall: 'open', path: 'udp' },
] as const)('media where the firewall is $firewall', ({ firewall, path }) => {
  let lab: Lab;

  const call = async (options: Omit<EndsOptions, 'seconds'>): Promise<EndReports> => {
    const ends = new Ends(lab.network, { seconds, ...options });
    try {
      return await ends.run();
    } finally {
      await ends.close();
    }
  };

  const everyPacket = {
    ue: { error: null, path, sent: packets, received: packets },
    core: { error: null, sent: packets, received: packets },
  };

  labOfSuite((started) => (lab = started), { firewall });

  test.each(directions)(
    'takes the expected path and loses no packet, %s (A5, A6, D7)',
    async (direction) => {
      const reports = await call({ direction });
      expect(reports).toMatchObject(everyPacket);
      // The core speaks RTCP on a port of its own, the UE in one stream with its RTP.
      expect(reports.core.rtcpReceived).toBeGreaterThan(0);
      expect(reports.ue.rtcpReceived).toBeGreaterThan(0);
    },
    60_000,
  );

  test('A6: the edge knows the path, the UE’s address and what passed, and leaves a record of it', async () => {
    const before = lab.edgeLog.length;
    // rtpengine leaves out reports that come within a second of the last: in 4 s there may be none.
    const ends = new Ends(lab.network, { seconds: 8, direction: 'originating' });
    await ends.run().finally(() => ends.close());
    const record = await until('the record of the call', 5000, () =>
      Promise.resolve(logged(lab.edgeLog.slice(before), 'media released')[0]),
    );
    const remote = { address: addresses.ue, port: expect.any(Number) };
    expect(logged(lab.edgeLog.slice(before), 'media has its path')).toMatchObject([{ line: 0, path, remote }]);
    expect(record).toMatchObject({
      streams: [
        {
          ...{ line: 0, path, remote, reconnects: 0, dropped: 0, rttMs: expect.any(Number) },
          ...(path === 'udp' ? {} : { tcpReason: 'udp-unanswered' }),
          packets: { access: expect.any(Number), core: expect.any(Number) },
        },
      ],
    });
    const [{ packets: counted }] = record['streams'] as [{ packets: { access: number; core: number } }];
    // RTCP comes on top toward the edge.
    expect(Math.min(counted.access, counted.core)).toBeGreaterThanOrEqual(packets);
  }, 60_000);

  test.each(directions)(
    'with the offer in the 200 and the answer in the ACK, %s (F7)',
    async (direction) => {
      expect(await call({ direction, callerOptions: ['--offerless'] })).toMatchObject(everyPacket);
    },
    60_000,
  );

  test.each(directions)(
    'goes on after hold and resume, %s',
    async (direction) => {
      const reports = await call({ direction, callerOptions: ['--hold'] });
      const sentAll = { error: null, sent: packets };
      expect(reports).toMatchObject({ ue: { ...sentAll, path }, core: sentAll });
      // Of what is sent before its sender knows of the hold, rtpengine may pass nothing from the offer on: so since mr11.4.
      for (const { received } of [reports.ue, reports.core]) expect(received).toBeGreaterThanOrEqual(packets - 5);
    },
    60_000,
  );
});
