import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { framed } from '../../../lib/ice/deframer';
import type { ConnectionId, ForwardingPlane } from '../../../lib/gateway/forwarding-plane';
import { defaultLimits } from '../../../lib/gateway/limits';
import { Arrivals } from './arrivals';
import { planeUnderTest } from './plane-under-test';
import { TestUe } from './test-ue';

let plane: ForwardingPlane;
let accepted: Arrivals<ConnectionId>;
let frames: Arrivals<Buffer>;
let drained: Arrivals<ConnectionId>;
let closed: Arrivals<{ connection: ConnectionId; reason: string }>;
let ues: TestUe[];
/** Called with each frame, before it counts as arrived. */
let onFrame: (connection: ConnectionId, frame: Buffer) => void;

beforeEach(async () => {
  accepted = new Arrivals();
  frames = new Arrivals();
  drained = new Arrivals();
  closed = new Arrivals();
  ues = [];
  onFrame = () => undefined;
  plane = planeUnderTest(
    { ...defaultLimits },
    {
      accepted: (connection) => accepted.push(connection),
      opening: () => ({ frames: 0 }),
      handedOver: () => undefined,
      controlFrame: (connection, frame) => {
        onFrame(connection, frame);
        frames.push(Buffer.from(frame));
      },
      anchorDatagram: () => undefined,
      mediaHeard: () => undefined,
      relayed: () => undefined,
      drained: (connection) => drained.push(connection),
      closed: (connection, reason) => closed.push({ connection, reason }),
    },
    () => performance.now(),
  );
  await plane.listen([{ address: '127.0.0.1', port: 0 }]);
});

afterEach(async () => {
  for (const ue of ues) ue.close();
  await plane.close();
  await plane.close();
  expect(plane.counters().open).toBe(0);
});

/** A connection that control admits with its first frame. */
async function dialByteStream(): Promise<{ ue: TestUe; connection: ConnectionId }> {
  const ue = await TestUe.connect(plane.address()[0]!.port);
  ues.push(ue);
  const connection = await accepted.next();
  onFrame = (from) => plane.admit(from, 'msrp');
  ue.send(Buffer.from('first'));
  await frames.next();
  onFrame = () => undefined;
  return { ue, connection };
}

describe('a stream of bytes (RFC 6544 §10)', () => {
  test('H1: all its frames go to control, whatever they begin with and however long they are', async () => {
    const { ue } = await dialByteStream();
    const sent = [Buffer.from('MSRP a786hjs2 SEND'), Buffer.from([0x80, 8]), Buffer.alloc(8000, 'x'), Buffer.from([1])];
    ue.send(...sent);
    for (const frame of sent) expect(await frames.next()).toEqual(frame);
  });

  test('H1: what follows the first frame in the same segment is judged as what control made of it', async () => {
    const ue = await TestUe.connect(plane.address()[0]!.port);
    ues.push(ue);
    const connection = await accepted.next();
    onFrame = () => plane.admit(connection, 'msrp');
    const long = Buffer.alloc(defaultLimits.firstFrameBytes + 1, 'm');
    ue.send(Buffer.from('first'), long);
    expect(await frames.next()).toEqual(Buffer.from('first'));
    expect(await frames.next()).toEqual(long);
  });

  test('H1: frames that are written arrive in order, with STUN between them, and control hears when all is taken', async () => {
    const { ue, connection } = await dialByteStream();
    const written = Array.from({ length: 50 }, (_, i) => Buffer.alloc(1000 + i, i));
    for (const frame of written) plane.write(connection, framed(frame));
    const message = Buffer.alloc(20, 1);
    plane.send(connection, message);
    const arrived: Buffer[] = [];
    while (arrived.length < written.length + 1) arrived.push(await ue.frames.next());
    const content = Buffer.concat(arrived.filter((frame) => !frame.equals(message)));
    expect(content.equals(Buffer.concat(written))).toBe(true);
    expect(arrived).toContainEqual(message);
    expect(await drained.next()).toBe(connection);
  });

  test('H1: nothing written is dropped while the UE does not read; STUN passes what waits', async () => {
    const { ue, connection } = await dialByteStream();
    ue.socket.pause();
    const content = randomBytes(8000);
    const written = 2000;
    for (let i = 0; i < written; i++) plane.write(connection, framed(content));
    plane.send(connection, Buffer.alloc(20, 1));
    ue.socket.resume();
    let whole = 0;
    let before = 0;
    for (let i = 0; i <= written; i++) {
      const frame = await ue.frames.next();
      if (frame.length === 20) before = whole;
      else if (frame.equals(content)) whole += 1;
    }
    expect(whole).toBe(written);
    expect(before).toBeLessThan(written);
    expect(await drained.next()).toBe(connection);
  });

  test('H1: paused, a UE is not read: its own kernel takes no more; resumed, nothing is missing', async () => {
    const { ue, connection } = await dialByteStream();
    plane.pause(connection);
    const sent = 2000;
    for (let i = 0; i < sent; i++) ue.send(Buffer.alloc(8000, i & 0xff));
    // What was read already may still come.
    await new Promise(setImmediate);
    expect(ue.socket.writableLength).toBeGreaterThan(0);
    plane.resume(connection);
    for (let i = 0; i < sent; i++) expect((await frames.next())[0]).toBe(i & 0xff);
    expect(plane.status(connection)?.received).toBe(sent * 8002 + 7);
  });

  test('H1: finished, it is closed after the UE got all that was written, with the reason given', async () => {
    const { ue, connection } = await dialByteStream();
    const written = Array.from({ length: 500 }, (_, i) => Buffer.alloc(8000, i & 0xff));
    for (const frame of written) plane.write(connection, framed(frame));
    plane.finish(connection, 'stream-ended');
    plane.write(connection, framed(Buffer.from('too late')));
    await once(ue.socket, 'end');
    for (const frame of written) expect(frame.equals(await ue.frames.next())).toBe(true);
    expect(ue.frames.length).toBe(0);
    expect(await closed.next()).toEqual({ connection, reason: 'stream-ended' });
    expect(plane.status(connection)).toBeUndefined();
    expect(plane.counters()).toMatchObject({ open: 0, closes: { 'stream-ended': 1 } });
  });

  test('H1: finished with frames of the UE unread, and then ended by it, it is closed for the reason given', async () => {
    const { ue, connection } = await dialByteStream();
    onFrame = () => {
      onFrame = () => undefined;
      plane.write(connection, framed(Buffer.alloc(60_000)));
      plane.finish(connection, 'stream-ended');
      plane.pause(connection);
      // Meanwhile all that the UE sends is there, and its end.
      const start = performance.now();
      while (performance.now() - start < 30) continue;
    };
    ue.send(...Array.from({ length: 3000 }, () => Buffer.alloc(30)));
    ue.socket.end();
    expect(await closed.next()).toEqual({ connection, reason: 'stream-ended' });
    expect((await ue.frames.next()).length).toBe(60_000);
  });
});

test('closed by control, it is told once, and every method leaves it alone', async () => {
  const { ue, connection } = await dialByteStream();
  plane.closeConnection(connection, 'stream-ended');
  plane.closeConnection(connection, 'peer');
  for (const id of [connection, 4711]) {
    plane.admit(id, 'rtp');
    plane.send(id, Buffer.alloc(20));
    plane.openAnchor(id, { address: '127.0.0.1', port: 9 });
    plane.sendToAnchor(id, Buffer.alloc(20));
    plane.select(id, 200);
    plane.write(id, Buffer.alloc(20));
    plane.pause(id);
    plane.resume(id);
    plane.finish(id, 'peer');
    expect(plane.status(id)).toBeUndefined();
  }
  await ue.closed;
  expect(await closed.next()).toEqual({ connection, reason: 'stream-ended' });
  await plane.close();
  expect(closed.length).toBe(0);
});

test('E8: many connections at once are each told once, and each ends once', async () => {
  const many = 200;
  const dialled = await Promise.all(Array.from({ length: many }, () => TestUe.connect(plane.address()[0]!.port)));
  ues.push(...dialled);
  const ids = new Set<ConnectionId>();
  for (let i = 0; i < many; i++) ids.add(await accepted.next());
  expect(ids.size).toBe(many);
  expect(plane.counters()).toMatchObject({ accepted: many, open: many });
  for (const ue of dialled) ue.close();
  for (let i = 0; i < many; i++) ids.delete((await closed.next()).connection);
  expect(ids.size).toBe(0);
});
