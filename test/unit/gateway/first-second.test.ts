import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { defaultLimits, type GatewayLimits } from '../../../lib/gateway/limits';
import type { MediaStream } from '../../../lib/gateway/stream';
import { TcpGateway } from '../../../lib/gateway/tcp-gateway';
import { parseStun } from '../../../lib/ice/stun-message';
import { createLogger } from '../../../lib/ops/logger';
import { controlTexts } from './control-texts';
import { FakeAnchor } from './fake-anchor';
import { planeUnderTest } from './plane-under-test';
import { TestUe } from './test-ue';

const ufrag = 'Ab12Cd34';
const pwd = 'thePasswordThatRtpengineChose';
const user = `${ufrag}:ueue`;
const rtp = (marker: number, size = 172) => Buffer.alloc(size, marker).fill(0x80, 0, 1).fill(0, 1, 2);
const rtcp = Buffer.from([0x80, 200, 0, 6, ...new Array<number>(24).fill(1)]);
const dtls = Buffer.from([22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1]);

/** The longest pause that there is: no nomination is repeated only because the machine is busy. */
const nominationRetryMs = 1000;

let gateway: TcpGateway;
let anchor: FakeAnchor;
let ues: TestUe[];
let isOver: boolean;

const stream = (changes: Partial<MediaStream> = {}): MediaStream => ({
  ...{ ufrag, pwd, anchor: anchor.address, content: 'dtls', kind: 'audio', call: 'call-1', line: 0 },
  ...changes,
});

async function open(limits: Partial<GatewayLimits> = {}): Promise<void> {
  gateway = new TcpGateway({
    ...{ listen: [{ address: '127.0.0.1', port: 0 }], advertised: [], logger: createLogger('silent') },
    limits: { nominationRetryMs, heldMs: 60_000, ...limits },
    plane: planeUnderTest,
  });
  await gateway.listen();
  gateway.addStream(stream());
}

/** A UE with a valid pair. */
async function dial(): Promise<TestUe> {
  const ue = await TestUe.connect(gateway.address()[0]!.port);
  ues.push(ue);
  await ue.ask(user, pwd);
  return ue;
}

async function nominate(ue: TestUe): Promise<void> {
  const selected = once(gateway, 'selected');
  ue.send(ue.check(user, pwd, true));
  await selected;
}

/** Like an rtpengine that has accepted the pair: it sends media right behind its answer, if it has one. */
function sendRightAfter(...packets: Buffer[]): void {
  anchor.socket.on('message', (request, from) => {
    if ('fault' in parseStun(request)) return;
    for (const packet of packets) anchor.socket.send(packet, from.port, from.address);
  });
}

async function until(condition: () => boolean): Promise<void> {
  while (!isOver && !condition()) await new Promise(setImmediate);
}

/** What the UE gets next, with STUN by its name. */
async function received(ue: TestUe, count: number): Promise<(Buffer | string)[]> {
  const frames: (Buffer | string)[] = [];
  while (frames.length < count) {
    const frame = await ue.frames.next();
    const message = parseStun(frame);
    frames.push('fault' in message ? frame : message.class);
  }
  return frames;
}

async function atAnchor(count: number): Promise<Buffer[]> {
  const packets: Buffer[] = [];
  while (packets.length < count) packets.push(await anchor.media.next());
  return packets;
}

beforeEach(async () => {
  isOver = false;
  ues = [];
  anchor = await FakeAnchor.open(pwd);
});

afterEach(async () => {
  isOver = true;
  for (const ue of ues) ue.close();
  await gateway.close();
  anchor.close();
});

describe('what rtpengine sends as soon as it has accepted the pair', () => {
  test('C16 C20, S13: waits for the selection, whatever it is, and comes behind the answer to the check', async () => {
    await open();
    sendRightAfter(dtls, rtp(1), rtcp);
    const ue = await dial();
    await nominate(ue);
    expect(await received(ue, 4)).toEqual(['success', dtls, rtp(1), rtcp]);
    expect(gateway.counters().drops['not-selected']).toBe(0);
  });

  test('C16, S13: waits while its answer is lost and the nomination is repeated', async () => {
    await open({ nominationRetryMs: 5 });
    anchor.deaf = 2;
    sendRightAfter(dtls, rtp(1));
    const ue = await dial();
    await nominate(ue);
    expect(await received(ue, 7)).toEqual(['success', dtls, rtp(1), dtls, rtp(1), dtls, rtp(1)]);
  });

  test('C16, S13: waits when a connection is nominated anew, since rtpengine has moved', async () => {
    await open();
    const ue = await dial();
    await nominate(ue);
    anchor.close();
    anchor = await FakeAnchor.open(pwd);
    sendRightAfter(rtp(2));
    gateway.addStream(stream());
    expect(await received(ue, 2)).toEqual(['success', rtp(2)]);
  });

  test('C16: DTLS does not wait where none was negotiated', async () => {
    await open();
    gateway.addStream(stream({ ufrag: 'plain', content: 'rtp', line: 1 }));
    sendRightAfter(dtls, rtp(1));
    const ue = await TestUe.connect(gateway.address()[0]!.port);
    ues.push(ue);
    const selected = once(gateway, 'selected');
    ue.send(ue.check('plain:ueue', pwd, true));
    await selected;
    expect(await received(ue, 2)).toEqual(['success', rtp(1)]);
    expect(gateway.counters().drops['first-byte']).toBe(1);
  });

  test('C16: waits within the bytes of a UE that reads slowly, the newest of it', async () => {
    await open({ nominationRetryMs: 20, queueBytes: 5 * 8002 });
    anchor.deaf = 1000;
    const ue = await dial();
    ue.send(ue.check(user, pwd, true));
    const { from } = await anchor.requests.next();
    for (let i = 0; i < 8; i++) anchor.socket.send(rtp(i, 8000), from.port, from.address);
    await until(() => gateway.counters().drops['queue-bytes'] === 3);
    anchor.deaf = 0;
    const waited = [3, 4, 5, 6, 7].map((marker) => rtp(marker, 8000));
    expect(await received(ue, 6)).toEqual(['success', ...waited]);
  });

  test('C16: ends with its connection, and is counted', async () => {
    await open();
    anchor.deaf = 1000;
    const ue = await dial();
    ue.send(ue.check(user, pwd, true));
    const { from } = await anchor.requests.next();
    for (const packet of [dtls, rtp(1), rtcp]) anchor.socket.send(packet, from.port, from.address);
    await until(() => gateway.counters().fromAnchor.rtcp === 1);
    ue.close();
    await until(() => gateway.counters().open === 0);
    expect(gateway.counters()).toMatchObject({ toUe: { dtls: 0, rtp: 0, rtcp: 0 }, drops: { 'connection-ended': 3 } });
  });

  test('C16: waits for the connection that it came to, and passes there when another one is selected', async () => {
    await open();
    anchor.deaf = 1;
    const [first, second] = [await dial(), await dial()];
    first.send(first.check(user, pwd, true));
    const { from } = await anchor.requests.next();
    anchor.socket.send(dtls, from.port, from.address);
    await until(() => gateway.counters().fromAnchor.dtls === 1);
    sendRightAfter(rtp(2));
    await nominate(second);
    anchor.socket.send(rtp(3), from.port, from.address);
    expect(await received(second, 2)).toEqual(['success', rtp(2)]);
    expect(await received(first, 3)).toEqual(['success', dtls, rtp(3)]);
  });

  test('C16: does not wait on one that has given way to another', async () => {
    await open();
    const [first, second] = [await dial(), await dial()];
    await nominate(first);
    const { from } = await anchor.requests.next();
    await nominate(second);
    anchor.socket.send(rtp(1), from.port, from.address);
    expect(await received(first, 2)).toEqual(['success', rtp(1)]);
  });
});

describe('what a UE sends on a valid pair before it nominates', () => {
  test('C17, S14: waits, whatever it is, and passes with the nomination, before what comes later', async () => {
    await open();
    const ue = await dial();
    ue.send(dtls, rtp(1), rtcp);
    expect((await ue.ask(user, pwd)).class).toBe('success');
    await nominate(ue);
    ue.send(rtp(2));
    expect(await atAnchor(4)).toEqual([dtls, rtp(1), rtcp, rtp(2)]);
    expect(gateway.counters().drops['not-selected']).toBe(0);
  });

  test('C17: comes in one go with its checks', async () => {
    await open();
    const ue = await TestUe.connect(gateway.address()[0]!.port);
    ues.push(ue);
    ue.send(ue.check(user, pwd), rtp(1), ue.check(user, pwd, true), rtp(2));
    expect(await atAnchor(2)).toEqual([rtp(1), rtp(2)]);
  });

  test('C17: waits within a number of packets and of bytes, the newest of it', async () => {
    const { heldFrames, heldBytes } = defaultLimits;
    await open();
    const [many, large] = [await dial(), await dial()];
    const packets = Array.from({ length: heldFrames + 8 }, (_, i) => rtp(i));
    many.send(...packets);
    await nominate(many);
    expect(await atAnchor(heldFrames)).toEqual(packets.slice(8));
    expect(gateway.counters().drops['not-selected']).toBe(8);

    const kept = Math.floor(heldBytes / 8000);
    const largePackets = Array.from({ length: kept + 2 }, (_, i) => rtp(i, 8000));
    large.send(...largePackets);
    await nominate(large);
    expect(await atAnchor(kept)).toEqual(largePackets.slice(2));
    expect(gateway.counters().drops['not-selected']).toBe(10);
  });

  test('C17, N3: waits once for its stream, on however many connections it comes', async () => {
    const { heldBytes } = defaultLimits;
    const kept = Math.floor(heldBytes / 8000);
    await open();
    const [first, second, third] = [await dial(), await dial(), await dial()];
    for (const [index, ue] of [first, second, first].entries()) {
      ue.send(...Array.from({ length: kept }, (_, i) => rtp(i, 8000)));
      await until(() => gateway.counters().fromUe.rtp === kept * (index + 1));
    }
    await nominate(third);
    await until(() => gateway.counters().toAnchor.rtp + gateway.counters().drops['not-selected'] === 3 * kept);
    expect(gateway.counters().toAnchor.rtp).toBe(kept);
    await atAnchor(kept);
  });

  test('C16 C17: what waited too long is not passed any more, either way', async () => {
    await open({ heldMs: 1 });
    anchor.deaf = 1;
    const ue = await dial();
    ue.send(rtp(1), ue.check(user, pwd, true));
    const { from } = await anchor.requests.next();
    anchor.socket.send(rtp(2), from.port, from.address);
    await until(() => gateway.counters().fromAnchor.rtp === 1);
    await delay(5);
    const selected = once(gateway, 'selected');
    await selected;
    await until(() => {
      const { drops } = gateway.counters();
      return drops['not-selected'] + drops['queue-age'] === 2;
    });
    ue.send(rtp(3));
    expect(await atAnchor(1)).toEqual([rtp(3)]);
  });

  test('C17: ends with its connection, and is counted once', async () => {
    await open();
    const ue = await dial();
    ue.send(rtp(1), rtp(2));
    await until(() => gateway.counters().fromUe.rtp === 2);
    ue.close();
    await until(() => gateway.counters().open === 0);
    await until(() => gateway.counters().drops['not-selected'] === 2);
    expect(gateway.streamStatus(ufrag)?.dropped).toBe(2);
    expect(anchor.media.length).toBe(0);
  });

  test('C17: passes with the connection that is selected, on whichever it came', async () => {
    await open();
    const sources: number[] = [];
    anchor.socket.on('message', (packet, { port }) => {
      if ('fault' in parseStun(packet)) sources.push(port);
    });
    const [first, second, third] = [await dial(), await dial(), await dial()];
    first.send(dtls, rtp(1));
    anchor.deaf = 1;
    second.send(second.check(user, pwd, true), rtp(2));
    await until(() => gateway.counters().fromUe.rtp === 2);
    await nominate(third);
    // In the order of each connection.
    const passed = await atAnchor(3);
    expect(passed.filter((packet) => !packet.equals(rtp(2)))).toEqual([dtls, rtp(1)]);
    expect(new Set(sources)).toEqual(new Set([anchor.peer?.from.port]));
    expect(gateway.counters()).toMatchObject({ toAnchor: { dtls: 1, rtp: 2 }, drops: { 'not-selected': 0 } });
  });

  test('C17, S20: waits on one that has given way too, and passes, in order, as the UE is seen to use that one', async () => {
    await open();
    const [first, second] = [await dial(), await dial()];
    await nominate(first);
    await nominate(second);
    first.send(dtls, rtp(1), rtp(2));
    expect(await atAnchor(3)).toEqual([dtls, rtp(1), rtp(2)]);
    expect(gateway.counters().drops['not-selected']).toBe(0);
  });

  test('C17, D2, N1: what would not pass does not wait', async () => {
    await open();
    gateway.addStream(stream({ ufrag: 'plain', content: 'rtp', line: 1 }));
    const ue = await TestUe.connect(gateway.address()[0]!.port);
    ues.push(ue);
    await ue.ask('plain:ueue', pwd);
    const selected = once(gateway, 'selected');
    ue.send(dtls, Buffer.from([64, 0, 0, 0]), controlTexts()[0]![1], rtp(1), ue.check('plain:ueue', pwd, true));
    await selected;
    expect(await atAnchor(1)).toEqual([rtp(1)]);
    expect(gateway.counters().drops).toMatchObject({ 'first-byte': 2, 'control-text': 1, 'not-selected': 0 });
  });

  test('C17: does not wait for one who has proved nothing', async () => {
    await open();
    const stranger = await TestUe.connect(gateway.address()[0]!.port);
    ues.push(stranger);
    stranger.send(rtp(1), stranger.check(user, pwd, true));
    await stranger.closed;
    expect(stranger.frames.length).toBe(0);
    expect(anchor.requests.length).toBe(0);
  });
});
