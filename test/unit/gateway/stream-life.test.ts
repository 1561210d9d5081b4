import { once } from 'node:events';
import { pino } from 'pino';
import { defaultLimits } from '../../../lib/gateway/limits';
import type { Stream } from '../../../lib/gateway/stream';
import { TcpGateway } from '../../../lib/gateway/tcp-gateway';
import { FakeAnchor } from './fake-anchor';
import { planeUnderTest } from './plane-under-test';
import { TestUe } from './test-ue';

const ufrag = 'Ab12Cd34';
const pwd = 'thePasswordThatRtpengineChose';
const user = `${ufrag}:ueue`;
const { unansweredMs } = defaultLimits;
const rtp = (marker: number) => Buffer.alloc(172, marker).fill(0x80, 0, 1).fill(0, 1, 2);

let gateway: TcpGateway;
let anchor: FakeAnchor;
let ues: TestUe[];
let time: number;
let told: [string, number][];
let stream: Stream;

/** Time passes, and the gateway looks at its streams once. */
function elapse(ms: number): void {
  time += ms;
  jest.advanceTimersByTime(2500);
}

async function dial(): Promise<TestUe> {
  const ue = await TestUe.connect(gateway.address()[0]!.port);
  ues.push(ue);
  return ue;
}

async function dialSelected(): Promise<TestUe> {
  const ue = await dial();
  const selected = once(gateway, 'selected');
  await ue.ask(user, pwd, true);
  await selected;
  return ue;
}

async function dialIdle(): Promise<TestUe> {
  const ue = await dial();
  await ue.ask(user, pwd);
  return ue;
}

beforeEach(async () => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance'] });
  time = 1000;
  ues = [];
  told = [];
  anchor = await FakeAnchor.open(pwd);
  stream = { ufrag, pwd, anchor: anchor.address, content: 'rtp', kind: 'audio', call: 'call-1', line: 0 };
  const listen = [{ address: '127.0.0.1', port: 0 }];
  const logger = pino({ level: 'silent' });
  gateway = new TcpGateway({ listen, advertised: [], logger, now: () => time, plane: planeUnderTest });
  for (const event of ['selected', 'connection-lost', 'media-lost'] as const) {
    gateway.on(event, ({ remote }) => told.push([event, remote.port]));
  }
  await gateway.listen();
  gateway.addStream(stream);
});

afterEach(async () => {
  for (const ue of ues) ue.close();
  await gateway.close();
  anchor.close();
  jest.useRealTimers();
});

describe('media that rtpengine sends elsewhere', () => {
  /** As told with `unanswered`. */
  let asked: number[];
  beforeEach(() => {
    asked = [];
    gateway.on('unanswered', (_, nominations) => asked.push(nominations));
  });

  const nextPriority = async () => (await anchor.requests.next()).priority;
  const selectedPort = () => gateway.streamStatus(ufrag)?.mapped?.port;

  test('C18: is asked for when the UE repeats its nomination and nothing came, not before and not when it came', async () => {
    const ue = await dialSelected();
    elapse(500);
    anchor.send(rtp(1));
    await ue.frames.next();
    await ue.ask(user, pwd, true);
    elapse(unansweredMs - 1);
    await ue.ask(user, pwd, true);
    expect(asked).toEqual([]);
    elapse(1);
    expect(asked).toEqual([1]);
  });

  test('C18: is asked for when the UE sends its own', async () => {
    const ue = await dialSelected();
    ue.send(rtp(1));
    await anchor.media.next();
    elapse(unansweredMs - 1);
    expect(asked).toEqual([]);
    elapse(1);
    expect(asked).toEqual([1]);
  });

  test('C18: won back, the connection is another candidate, above the checks that were seen; then above all', async () => {
    const ue = await dial();
    const selected = once(gateway, 'selected');
    ue.send(ue.check(user, pwd, true, 1350565887));
    await selected;
    expect(await nextPriority()).toBe((1 << 8) | 255);
    const before = selectedPort();
    const again = once(gateway, 'unanswered');
    gateway.winBack(ufrag, 1);
    const raised = await nextPriority();
    expect(raised).toBe(1350565887 + 256);
    // Whether that was enough is asked at once.
    expect((await again)[1]).toBe(2);
    expect(selectedPort()).not.toBe(before);
    expect(anchor.peer?.priority).toBe(raised);
    anchor.send(rtp(3));
    await ue.frames.next();
    expect(await ue.frames.next()).toEqual(rtp(3));
    gateway.winBack(ufrag, 2);
    expect(await nextPriority()).toBeGreaterThan(126 * 2 ** 24 + 0xff_ffff);
    expect(gateway.counters().nominations).toMatchObject({ started: 3, succeeded: 2, raised: 2 });
  });

  test('C18: a question that a nomination has overtaken, and one right after the highest of all, changes nothing', async () => {
    await dialSelected();
    for (const count of [1, 2]) {
      const again = once(gateway, 'unanswered');
      gateway.winBack(ufrag, count - 1);
      gateway.winBack(ufrag, count);
      gateway.winBack(ufrag, count);
      if (count === 1) await again;
    }
    expect(gateway.counters().nominations).toMatchObject({ started: 2, raised: 1 });
    elapse(1000);
    gateway.winBack(ufrag, 2);
    expect(gateway.counters().nominations).toMatchObject({ started: 3, raised: 2 });
  });

  test('C18: is asked for at once when a UE that had its media here comes back, not of one that never used it', async () => {
    const first = await dialSelected();
    elapse(1000);
    const second = await dialSelected();
    expect(asked).toEqual([]);
    second.send(rtp(1));
    await anchor.media.next();
    first.close();
    // Connections end in no order of theirs: the first one would be nominated again, where the second ended before it.
    while (gateway.counters().open > 1) await new Promise(setImmediate);
    const lost = once(gateway, 'connection-lost');
    second.close();
    await lost;
    await dialSelected();
    expect(asked).toEqual([3]);
  });

  test('of a stream without a connection, or an unknown one, there is nothing to win back', () => {
    gateway.winBack(ufrag, 0);
    gateway.winBack('unknown', 0);
    expect(gateway.counters().nominations).toMatchObject({ started: 0, raised: 0 });
  });
});

describe('connections that are not selected', () => {
  test('E1 C12: are closed 10 s after the selection, once the UE was heard on the selected one', async () => {
    const idle = await dialIdle();
    const first = await dialSelected();
    const last = await dialSelected();
    await last.ask(user, pwd);
    elapse(9_999);
    expect(gateway.counters().open).toBe(3);
    elapse(1);
    await Promise.all([idle.closed, first.closed]);
    expect((await last.ask(user, pwd)).class).toBe('success');
    expect(gateway.counters()).toMatchObject({ open: 1, selected: 1, closes: { 'other-selected': 2 } });
  });

  test('E1 E6: one that came after the selection has its own 10 s to nominate', async () => {
    const first = await dialSelected();
    await first.ask(user, pwd);
    elapse(20_000);
    const second = await dialIdle();
    await first.ask(user, pwd);
    elapse(9_999);
    expect(gateway.counters().open).toBe(2);
    elapse(1);
    await second.closed;
    expect(gateway.counters()).toMatchObject({ open: 1, closes: { 'other-selected': 1 } });
  });

  test('E1: stay while the UE is silent on the selected one; the one that it kept takes over', async () => {
    const kept = await dialSelected();
    const ours = await dialSelected();
    await kept.ask(user, pwd);
    elapse(29_999);
    expect(gateway.counters().open).toBe(2);
    const selected = once(gateway, 'selected');
    elapse(1);
    await ours.closed;
    await selected;
    anchor.send(rtp(1));
    expect(await kept.frames.next()).toEqual(rtp(1));
    expect(told.map(([event]) => event)).not.toContain('media-lost');
  });

  test('E4: of several that the UE nominated, the one that it is heard on takes over, not another silent one', async () => {
    const kept = await dialSelected();
    await dialSelected();
    const ours = await dialSelected();
    await kept.ask(user, pwd);
    const selected = once(gateway, 'selected');
    elapse(30_000);
    await ours.closed;
    await selected;
    anchor.send(rtp(1));
    expect(await kept.frames.next()).toEqual(rtp(1));
  });
});

describe('a UE that comes back', () => {
  test.each([
    ['RST', (ue: TestUe) => void ue.socket.resetAndDestroy()],
    ['FIN', (ue: TestUe) => void ue.socket.end()],
    ['silence', () => undefined],
  ])('E3: after %s, media goes on on the new connection', async (how, leave) => {
    const first = await dialSelected();
    elapse(1000);
    const lost = once(gateway, 'connection-lost');
    leave(first);
    if (how !== 'silence') await lost;
    const second = await dialSelected();
    second.send(rtp(2));
    expect(await anchor.media.next()).toEqual(rtp(2));
    elapse(10_000);
    await first.closed;
    expect(gateway.counters().open).toBe(1);
    expect(gateway.streamStatus(ufrag)).toMatchObject({ reconnects: 1, remote: { port: second.port } });
  });
});

test('E6 C12: connections that are nominated one right after the other are no reconnect', async () => {
  await dialSelected();
  elapse(999);
  await dialSelected();
  expect(gateway.streamStatus(ufrag)).toMatchObject({ reconnects: 0 });
});

describe('media that is lost', () => {
  test('E4: is told once, 30 s after the connection ended, and again only after a new selection', async () => {
    for (let round = 1; round <= 2; round++) {
      const ue = await dialSelected();
      const lost = once(gateway, 'connection-lost');
      ue.close();
      await lost;
      elapse(29_999);
      expect(told.filter(([event]) => event === 'media-lost')).toHaveLength(round - 1);
      elapse(1);
      elapse(60_000);
      expect(told.filter(([event]) => event === 'media-lost')).toHaveLength(round);
    }
  });

  test('E4 C13: nothing came for 30 s, not even a consent check: told once, and the connection is closed', async () => {
    const ue = await dialSelected();
    const { port } = ue;
    elapse(29_999);
    await ue.ask(user, pwd);
    elapse(1);
    elapse(29_999);
    expect(gateway.counters().open).toBe(1);
    elapse(1);
    await ue.closed;
    elapse(60_000);
    expect(gateway.counters().closes.silent).toBe(1);
    expect(told).toEqual([
      ['selected', port],
      ['media-lost', port],
      ['connection-lost', port],
    ]);
  });

  test('E2 E4: is not told of a stream that was removed', async () => {
    const ue = await dialSelected();
    gateway.removeStream(ufrag);
    await ue.closed;
    elapse(60_000);
    expect(told.map(([event]) => event)).toEqual(['selected']);
  });
});

describe('a check that was sent before', () => {
  test('C10: from a stranger closes its connection, and the media stays where it is', async () => {
    const ue = await dial();
    const check = ue.check(user, pwd, true);
    const selected = once(gateway, 'selected');
    ue.send(check);
    await selected;
    await ue.nextMessage();
    const thief = await dial();
    thief.send(check);
    await thief.closed;
    expect(thief.frames.length).toBe(0);
    expect(gateway.counters()).toMatchObject({ open: 1, nominations: { started: 1 }, closes: { replay: 1 } });
    anchor.send(rtp(3));
    expect(await ue.frames.next()).toEqual(rtp(3));
  });

  test('C10 C12: from another connection of the stream is not answered and selects nothing', async () => {
    const ue = await dial();
    const check = ue.check(user, pwd);
    ue.send(check);
    await ue.nextMessage();
    const other = await dialIdle();
    other.send(check);
    const fresh = other.check(user, pwd);
    other.send(fresh);
    expect((await other.nextMessage()).transactionId).toEqual(fresh.subarray(8, 20));
  });
});

test('C3 C11 E8: a second client that knows the ufrag but not the password gets nothing', async () => {
  const ue = await dialSelected();
  await anchor.requests.next();
  const before = gateway.counters();
  const second = await dial();
  second.send(second.check(user, 'guessed', true), rtp(4));
  await second.closed;
  expect(second.frames.length + anchor.requests.length + anchor.media.length).toBe(0);
  expect(gateway.counters()).toMatchObject({ toAnchor: before.toAnchor, nominations: before.nominations, open: 1 });
  expect((await ue.ask(user, pwd)).class).toBe('success');
});
