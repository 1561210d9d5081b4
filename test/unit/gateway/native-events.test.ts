import { framed } from '../../../lib/ice/deframer';
import type { ConnectionId, ForwardingPlaneListener } from '../../../lib/gateway/forwarding-plane';
import { defaultLimits } from '../../../lib/gateway/limits';
import type { NativeAddon, NativeEvent, NativePlane } from '../../../lib/gateway/native-addon';
import { NativeForwardingPlane } from '../../../lib/gateway/native-forwarding-plane';
import { Arrivals } from './arrivals';
import { describeNativePlane, planeUnderTest } from './plane-under-test';
import { TestUe } from './test-ue';

const at = { address: '192.0.2.1', port: 1 };

/** What a plane whose addon has all of `events` at once tells, and in which turn of the loop of another one. */
async function handedOn(events: NativeEvent[]) {
  const told: { id: ConnectionId; bytes: number; first: number | undefined; turn: number }[] = [];
  const handled: ConnectionId[] = [];
  let wake: () => void = () => undefined;
  let left = events;
  class FakePlane {
    constructor(_limits: unknown, _threads: number, woken: () => void) {
      wake = woken;
    }
    take(): NativeEvent[] {
      const taken = left;
      left = [];
      return taken;
    }
    handled(id: ConnectionId): void {
      handled.push(id);
    }
  }
  const addon = { Plane: FakePlane as unknown as new () => NativePlane } as NativeAddon;
  let turn = 0;
  const note = (id: ConnectionId, bytes: Buffer) => {
    told.push({ id, bytes: bytes.length, first: bytes[0], turn });
  };
  const listener: ForwardingPlaneListener = {
    accepted: (id) => note(id, Buffer.alloc(0)),
    opening: () => ({ frames: 0 }),
    handedOver: () => undefined,
    controlFrame: note,
    anchorDatagram: note,
    mediaHeard: () => undefined,
    relayed: () => undefined,
    drained: () => undefined,
    closed: () => undefined,
  };
  new NativeForwardingPlane(addon, 1, { ...defaultLimits }, listener);
  let isOver = false;
  const other = () => {
    turn += 1;
    if (!isOver) setImmediate(other);
  };
  other();
  wake();
  while (told.length < events.length) await new Promise(setImmediate);
  isOver = true;
  await new Promise(setImmediate);
  const turns = Array.from({ length: turn + 1 }, (_, i) => told.filter((one) => one.turn === i));
  return { told, handled, turns };
}

const accepted = (id: ConnectionId): NativeEvent => ({ kind: 'accepted', id, remote: at, local: at });
const frame = (id: ConnectionId, length: number, first = 0): NativeEvent => ({
  kind: 'controlFrame',
  id,
  bytes: Buffer.alloc(length, first),
});

describe('Z6: what the native plane tells', () => {
  test('is handed on a little in each turn of the loop, however much there is', async () => {
    const { turns } = await handedOn(Array.from({ length: 5000 }, (_, id) => accepted(id)));
    expect(Math.max(...turns.map((one) => one.length))).toBeLessThanOrEqual(64);
  });

  test('is handed on by its bytes, too, in order, and each frame is handled', async () => {
    const frames = Array.from({ length: 600 }, (_, i) => frame(i % 3, 20_000, i & 255));
    const { told, handled, turns } = await handedOn([accepted(0), accepted(1), accepted(2), ...frames]);
    const bytes = turns.map((one) => one.reduce((sum, { bytes: more }) => sum + more, 0));
    expect(Math.max(...bytes)).toBeLessThanOrEqual(65_536 + 20_000);
    expect(told.slice(3).map(({ first }) => first)).toEqual(frames.map((_, i) => i & 255));
    expect(handled).toEqual(frames.map(({ id }) => id));
  });
});

describeNativePlane(() => {
  test('Z6: what other connections tell does not wait behind MSRP, and of MSRP nothing is missing', async () => {
    const opened = new Arrivals<ConnectionId>();
    const order: [ConnectionId, number | undefined][] = [];
    const msrp = new Set<ConnectionId>();
    let admitted = 0;
    const plane = planeUnderTest(
      { ...defaultLimits },
      {
        accepted: (id) => opened.push(id),
        opening: () => ({ frames: 0 }),
        handedOver: () => undefined,
        controlFrame: (id, bytes) => {
          if (bytes.length < 100) {
            plane.admit(id, 'msrp');
            admitted += 1;
          } else order.push([id, bytes[1]]);
        },
        anchorDatagram: () => undefined,
        mediaHeard: () => undefined,
        relayed: () => undefined,
        drained: () => undefined,
        closed: () => undefined,
      },
      () => 0,
    );
    await plane.listen([{ address: '127.0.0.1', port: 0 }]);
    const dial = () => TestUe.connect(plane.address()[0]!.port);
    const stranger = await dial();
    const strangerId = await opened.next();
    const ues: TestUe[] = [];
    for (let i = 0; i < 20; i++) {
      const ue = await dial();
      ues.push(ue);
      msrp.add(await opened.next());
      ue.send(Buffer.alloc(20));
    }
    while (admitted < ues.length) await new Promise(setImmediate);

    // As an RTP packet looks, so that it is counted. As many as are read before control has handled one.
    const packet = (number: number) => Buffer.alloc(1000, number).fill(0x80, 0, 1);
    for (const ue of ues) ue.socket.write(Buffer.concat(Array.from({ length: 16 }, (_, i) => framed(packet(i)))));
    // The threads work while this one does not.
    while (plane.counters().fromUe.rtp < ues.length * 16) continue;
    // Begins as STUN does: what else a stranger begins with waits for this thread.
    const check = Buffer.concat([Buffer.from('000100002112a442', 'hex'), Buffer.alloc(200)]);
    stranger.send(check);
    while (plane.counters().fromUe.stun < ues.length + 1) continue;
    while (order.length < ues.length * 16 + 1) await new Promise(setImmediate);

    expect(order[0]).toEqual([strangerId, 1]);
    for (const id of msrp) {
      expect(order.filter(([from]) => from === id).map(([, number]) => number)).toEqual([...Array(16).keys()]);
    }
    for (const ue of [stranger, ...ues]) ue.close();
    await plane.close();
  });
});
