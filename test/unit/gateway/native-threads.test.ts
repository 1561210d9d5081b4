import { defaultLimits } from '../../../lib/gateway/limits';
import { framed } from '../../../lib/ice/deframer';
import type { ConnectionId } from '../../../lib/gateway/forwarding-plane';
import { Arrivals } from './arrivals';
import { describeNativePlane, planeThreads, planeUnderTest } from './plane-under-test';
import { TestUe } from './test-ue';

describeNativePlane(() => {
  test('connections are spread evenly over the threads, also when some have left; counters are those of all', async () => {
    const accepted = new Arrivals<ConnectionId>();
    const closed = new Arrivals<ConnectionId>();
    const frames = new Arrivals<ConnectionId>();
    const plane = planeUnderTest(
      { ...defaultLimits },
      {
        accepted: (connection) => accepted.push(connection),
        opening: () => ({ frames: 0 }),
        handedOver: () => undefined,
        controlFrame: (connection) => frames.push(connection),
        anchorDatagram: () => undefined,
        mediaHeard: () => undefined,
        relayed: () => undefined,
        drained: () => undefined,
        closed: (connection) => closed.push(connection),
      },
      () => 0,
    );
    await plane.listen([{ address: '127.0.0.1', port: 0 }]);
    const { port } = plane.address()[0]!;
    const ues = new Map<ConnectionId, TestUe>();
    const dial = async () => {
      const ue = await TestUe.connect(port);
      ues.set(await accepted.next(), ue);
    };
    /** Connections of each thread, which is told by the id. */
    const loads = () => {
      const each = new Array<number>(planeThreads).fill(0);
      for (const id of ues.keys()) each[id % planeThreads]! += 1;
      return each;
    };

    for (let i = 0; i < 3 * planeThreads; i++) await dial();
    expect(loads()).toEqual(new Array(planeThreads).fill(3));
    for (const [id, ue] of [...ues].filter(([of]) => of % planeThreads === 1)) {
      ue.close();
      ues.delete(await closed.next());
      expect(ues.has(id)).toBe(false);
    }
    // The worker forgets after it has told.
    while (loads()[1]! < 3) {
      await dial();
      expect(Math.max(...loads())).toBeLessThanOrEqual(4);
    }

    const stun = Buffer.alloc(20);
    for (const ue of ues.values()) {
      ue.socket.write(framed(stun));
      await frames.next();
    }
    expect(plane.counters().fromUe).toMatchObject({ stun: ues.size, bytes: ues.size * stun.length });
    for (const ue of ues.values()) ue.close();
    await plane.close();
  });
});
