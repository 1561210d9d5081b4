import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { ConnectionId, ForwardingPlane } from '../../../lib/gateway/forwarding-plane';
import { defaultLimits } from '../../../lib/gateway/limits';
import { describeNativePlane, planeUnderTest } from './plane-under-test';

const many = 200;

function handingOver(): void {
  test('J1: a connection that is closed while it is handed over ends, and is told of once', async () => {
    const told = new Map<ConnectionId, string[]>();
    let before: ConnectionId | undefined;
    const plane: ForwardingPlane = planeUnderTest(
      { ...defaultLimits },
      {
        accepted: (id) => void told.set(id, []),
        opening: (id) => {
          // The plane may not have given it away yet.
          if (before !== undefined) plane.closeConnection(before, 'address-limit');
          before = id;
          return { handOver: 0 };
        },
        handedOver: (id, socket) => {
          told.get(id)?.push('handed-over');
          socket.destroy();
        },
        controlFrame: () => undefined,
        anchorDatagram: () => undefined,
        mediaHeard: () => undefined,
        relayed: () => undefined,
        drained: () => undefined,
        closed: (id, reason) => void told.get(id)?.push(reason),
      },
      () => 0,
    );
    await plane.listen([{ address: '127.0.0.1', port: 0 }]);
    const sockets: Socket[] = [];
    const ended = Array.from({ length: many }, async () => {
      const near = connect({ host: '127.0.0.1', port: plane.address()[0]!.port });
      sockets.push(near);
      near.on('error', () => undefined).resume();
      near.write('GET / HTTP/1.1\r\n');
      await once(near, 'close');
    });
    await Promise.all(ended);
    expect([...told.values()].filter((reasons) => reasons.length !== 1)).toEqual([]);
    expect([told.size, plane.counters().open]).toEqual([many, 0]);
    await plane.close();
  });
}

handingOver();
describeNativePlane(handingOver);
