import { once } from 'node:events';
import { pino } from 'pino';
import { defaultLimits } from '../../../lib/gateway/limits';
import type { AdvertisedAddress, Stream } from '../../../lib/gateway/stream';
import { TcpGateway } from '../../../lib/gateway/tcp-gateway';
import { FakeAnchor } from './fake-anchor';
import { planeUnderTest } from './plane-under-test';
import { TestUe } from './test-ue';

const ufrag = 'Ab12Cd34';
const pwd = 'thePasswordThatRtpengineChose';
const user = `${ufrag}:ueue`;
const rtp = (marker: number) => Buffer.alloc(172, marker).fill(0x80, 0, 1).fill(0, 1, 2);
const { idleMs, liveMs, movedMs, unheardMs, watchMs } = defaultLimits;

let gateway: TcpGateway;
let anchor: FakeAnchor;
let ues: TestUe[];
let time: number;
let stream: Stream;
/** What was asked for: where media goes, as of so many nominations. */
let asked: number[];

async function open(advertised: (ports: readonly number[]) => AdvertisedAddress[] = () => []): Promise<void> {
  // Two ports; which they are is known before their order is told.
  const probe = new TcpGateway({ listen: listening(), advertised: [], logger, now: () => time });
  await probe.listen();
  const listen = probe.address();
  await probe.close();
  const ports = listen.map(({ port }) => port);
  const options = { listen, advertised: advertised(ports), logger, now: () => time, plane: planeUnderTest };
  gateway = new TcpGateway(options);
  gateway.on('unanswered', (_, nominations) => asked.push(nominations));
  await gateway.listen();
  gateway.addStream(stream);
}

const logger = pino({ level: 'silent' });
const listening = () => [0, 0].map((port) => ({ address: '127.0.0.1', port }));

/** Time passes, and the gateway looks at its streams once. */
function elapse(ms: number): void {
  time += ms;
  jest.advanceTimersByTime(watchMs);
}

/** To the first or the second port. */
async function dial(at: 0 | 1 = 0): Promise<TestUe> {
  const ue = await TestUe.connect(gateway.address()[at]!.port);
  ues.push(ue);
  return ue;
}

async function dialSelected(at: 0 | 1 = 0): Promise<TestUe> {
  const ue = await dial(at);
  const selected = once(gateway, 'selected');
  await ue.ask(user, pwd, true);
  await selected;
  return ue;
}

/** What rtpengine sends arrives there. */
async function hears(ue: TestUe, marker: number): Promise<void> {
  anchor.send(rtp(marker));
  for (;;) {
    const frame = await ue.frames.next();
    if (frame.equals(rtp(marker))) return;
  }
}

beforeEach(async () => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance'] });
  time = 1000;
  ues = [];
  asked = [];
  anchor = await FakeAnchor.open(pwd);
  stream = { ufrag, pwd, anchor: anchor.address, content: 'rtp', kind: 'audio', call: 'call-1', line: 0 };
});

afterEach(async () => {
  for (const ue of ues) ue.close();
  await gateway.close();
  anchor.close();
  jest.useRealTimers();
});

describe('a UE that nominates two ports', () => {
  const at = (port: number, rank?: 'lowest' | 'above-relay'): AdvertisedAddress => ({
    address: '198.51.100.1',
    port,
    family: 4,
    ...(rank && { rank }),
  });

  test.each<[string, (ports: readonly number[]) => AdvertisedAddress[], 0 | 1]>([
    ['the first one', ([first, second]) => [at(first!), at(second!)], 0],
    ['the first one, whatever their order on the machine', ([first, second]) => [at(second!), at(first!)], 1],
    ['the one above relays', ([first, second]) => [at(first!, 'lowest'), at(second!, 'above-relay')], 1],
  ])('S20, C12: has its media on the port that is wanted most: %s', async (_, advertised, most) => {
    await open(advertised);
    const wanted = await dialSelected(most);
    const other = await dial(most === 0 ? 1 : 0);
    await other.ask(user, pwd, true);
    await other.ask(user, pwd);
    await hears(wanted, 1);
    wanted.send(rtp(2));
    expect(await anchor.media.next()).toEqual(rtp(2));
    expect(gateway.counters().nominations).toMatchObject({ started: 1 });
  });

  test('S20, C12: has it there too if that one comes second', async () => {
    await open((ports) => ports.map((port) => at(port)));
    await dialSelected(1);
    const wanted = await dialSelected(0);
    await hears(wanted, 1);
  });

  test('S20, C12: has it on the other one where it sends it', async () => {
    await open((ports) => ports.map((port) => at(port)));
    const wanted = await dialSelected(0);
    const other = await dial(1);
    await other.ask(user, pwd, true);
    const selected = once(gateway, 'selected');
    other.send(rtp(3));
    await selected;
    other.send(rtp(4));
    while (!(await anchor.media.next()).equals(rtp(4)));
    await hears(other, 5);
    wanted.send(rtp(6));
    await wanted.ask(user, pwd);
    // What is still on its way from there is no use of it: only when the other one is silent.
    elapse(0);
    other.send(rtp(7));
    await hears(other, 8);
  });

  test('S20, C12: has it on the first one where it sends it, though it nominated another right after', async () => {
    await open();
    const first = await dialSelected();
    const second = await dialSelected();
    const selected = once(gateway, 'selected');
    first.send(rtp(1));
    await selected;
    expect(await anchor.media.next()).toEqual(rtp(1));
    await hears(first, 2);
    expect(second.socket.closed).toBe(false);
  });

  test('S20, C12: has it on the first one where it goes on to send, and nothing of that is lost', async () => {
    await open();
    const first = await dialSelected();
    first.send(rtp(1));
    expect(await anchor.media.next()).toEqual(rtp(1));
    await dialSelected();
    first.send(rtp(2), rtp(3));
    await first.ask(user, pwd);
    while (gateway.counters().fromUe.rtp < 3) await new Promise(setImmediate);
    const selected = once(gateway, 'selected');
    jest.advanceTimersByTime(movedMs);
    jest.advanceTimersByTime(movedMs);
    await selected;
    expect(await anchor.media.next()).toEqual(rtp(2));
    expect(await anchor.media.next()).toEqual(rtp(3));
    await hears(first, 4);
  });

  test('C12: stays on the second one, though some that it sent before is still on its way on the first', async () => {
    await open();
    const first = await dialSelected();
    first.send(rtp(1));
    expect(await anchor.media.next()).toEqual(rtp(1));
    const second = await dialSelected();
    first.send(rtp(2));
    await first.ask(user, pwd);
    second.send(rtp(3));
    expect(await anchor.media.next()).toEqual(rtp(3));
    jest.advanceTimersByTime(movedMs);
    second.send(rtp(4));
    expect(await anchor.media.next()).toEqual(rtp(4));
    jest.advanceTimersByTime(movedMs);
    expect(gateway.counters().nominations).toMatchObject({ started: 2 });
    await hears(second, 5);
  });

  test('S20, C12: has it on the other one when the first one is dead, whichever is wanted more', async () => {
    await open((ports) => ports.map((port) => at(port)));
    const dead = await dialSelected(0);
    elapse(liveMs);
    const other = await dialSelected(1);
    await hears(other, 1);
    expect(dead.socket.closed).toBe(false);
  });

  test('C12: falls back to the port that is wanted more of those that are left', async () => {
    await open((ports) => ports.map((port) => at(port)));
    const first = await dialSelected(0);
    const second = await dialSelected(0);
    const other = await dial(1);
    await other.ask(user, pwd, true);
    const selected = once(gateway, 'selected');
    second.close();
    await selected;
    await hears(first, 1);
  });

  test('C12: one that moves from one connection to the other is followed once nothing more comes on the first', async () => {
    await open();
    const first = await dialSelected();
    first.send(rtp(1));
    await anchor.media.next();
    const second = await dial();
    await second.ask(user, pwd);
    second.send(rtp(2));
    await second.ask(user, pwd);
    first.send(rtp(3));
    expect(await anchor.media.next()).toEqual(rtp(3));
    jest.advanceTimersByTime(movedMs);
    const selected = once(gateway, 'selected');
    jest.advanceTimersByTime(movedMs);
    await selected;
    await hears(second, 4);
  });
});

describe('a UE that has nominated no connection', () => {
  test('S21, C19: sends media on one: it is asked where rtpengine has it, and follows above all', async () => {
    await open();
    const ue = await dial();
    ue.send(ue.check(user, pwd, false, 1350565887));
    await ue.nextMessage();
    const unanswered = once(gateway, 'unanswered');
    ue.send(rtp(1));
    await unanswered;
    expect(asked).toEqual([0]);
    expect(gateway.counters().nominations).toMatchObject({ started: 0 });
    const again = once(gateway, 'unanswered');
    gateway.winBack(ufrag, 0);
    expect((await anchor.requests.next()).username).toBe(user);
    // At once, whether that was enough.
    expect((await again)[1]).toBe(1);
    gateway.winBack(ufrag, 1);
    expect((await anchor.requests.next()).priority).toBeGreaterThan(126 * 2 ** 24 + 0xff_ffff);
    while (gateway.counters().nominations.succeeded < 2) await new Promise(setImmediate);
    await hears(ue, 2);
  });

  test('S21, C19: what was raised is known, with what it would have been, until it is lowered', async () => {
    await open();
    await dialSelected();
    expect(gateway.raisedOf(ufrag)).toEqual([]);
    const lowest = (await anchor.requests.next()).priority;
    gateway.winBack(ufrag, 1);
    const raised = await anchor.requests.next();
    while (gateway.counters().nominations.succeeded < 2) await new Promise(setImmediate);
    const { address, port } = raised.from;
    expect(gateway.raisedOf(ufrag)).toEqual([{ address, port, priority: lowest + 256 }]);
    gateway.lower(ufrag);
    expect((await anchor.requests.next()).priority).toBe(lowest + 512);
    expect(gateway.raisedOf(ufrag)).toEqual([]);
    expect(gateway.raisedOf('unknown')).toEqual([]);
    gateway.lower('unknown');
  });

  test('S21, C19: that sends nothing on a raised one is told of, ever less often, until it sends again', async () => {
    await open();
    const unheard: number[] = [];
    gateway.on('unheard', (_, times) => unheard.push(times));
    const ue = await dialSelected();
    jest.advanceTimersByTime(unheardMs * 10);
    expect(unheard).toEqual([]);
    gateway.winBack(ufrag, 1);
    while (gateway.counters().nominations.succeeded < 2) await new Promise(setImmediate);
    jest.advanceTimersByTime(unheardMs * 3);
    expect(unheard).toEqual([1, 2]);
    jest.advanceTimersByTime(unheardMs);
    expect(unheard).toEqual([1, 2, 3]);
    ue.send(rtp(1));
    await anchor.media.next();
    jest.advanceTimersByTime(unheardMs * 4);
    expect(unheard).toEqual([1, 2, 3]);
    gateway.removeStream(ufrag);
    jest.advanceTimersByTime(unheardMs * 100);
    expect(unheard).toEqual([1, 2, 3]);
  });

  test('S15, E9: has those closed on which nothing comes any more, and keeps those that it checks', async () => {
    await open();
    const [silent, checked] = [await dial(), await dial()];
    for (const ue of [silent, checked]) await ue.ask(user, pwd);
    elapse(0);
    elapse(idleMs - 1);
    await checked.ask(user, pwd);
    expect(gateway.counters().open).toBe(2);
    elapse(1);
    elapse(watchMs);
    await silent.closed;
    expect(gateway.counters()).toMatchObject({ open: 1, closes: { silent: 1 } });
    for (let i = 0; i < 10; i++) {
      elapse(idleMs / 2);
      await checked.ask(user, pwd);
    }
    expect(gateway.counters().open).toBe(1);
  });
});
