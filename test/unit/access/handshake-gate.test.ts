import { once } from 'node:events';
import { Socket } from 'node:net';
import { HandshakeGate } from '../../../lib/access/handshake-gate';
import { createLogger } from '../../../lib/ops/logger';
import { OccasionalLog } from '../../../lib/ops/occasional-log';
import { shareLimits } from '../../../lib/shares/limits';

const [attacker, other, known] = ['192.0.2.66', '198.51.100.1', '203.0.113.1'];

let now: number;
let gate: HandshakeGate;
let begun: Record<string, number>;

/** Lets time pass in steps that the retries fall into. */
function pass(ms: number): void {
  for (let gone = 0; gone < ms; gone += 10) {
    now += 10;
    jest.advanceTimersByTime(10);
  }
}

function come(address: string, times = 1): Socket[] {
  return Array.from({ length: times }, () => {
    const socket = new Socket();
    gate.enter(socket, address, () => (begun[address] = (begun[address] ?? 0) + 1));
    return socket;
  });
}

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance'] });
  now = 0;
  begun = {};
  const log = new OccasionalLog(createLogger('silent'));
  gate = new HandshakeGate(shareLimits(), { isKnown: (source) => source === known, patience: 10_000, log }, () => now);
});

afterEach(() => {
  jest.useRealTimers();
});

test('X13: a source has its burst at once, and then so many a second of those that wait', () => {
  come(attacker, 1000);
  expect(begun).toEqual({ [attacker]: 200 });
  expect(gate.counts()).toEqual({ 'source-handshakes': 800 });
  pass(1000);
  expect(begun).toEqual({ [attacker]: 250 });
  come(other);
  expect(begun).toEqual({ [attacker]: 250, [other]: 1 });
});

test('an IPv6 /64 is one source', () => {
  for (let i = 0; i < 1000; i++) come(`2001:db8::${i.toString(16)}`);
  expect(gate.counts()).toEqual({ 'source-handshakes': 800 });
});

test('X13: a UE behind the NAT of who flooded gets in within its patience', () => {
  come(attacker, 400);
  const socket = new Socket();
  const begin = jest.fn();
  gate.enter(socket, attacker, begin);
  expect(begin).not.toHaveBeenCalled();
  pass(5000);
  expect(begin).toHaveBeenCalledTimes(1);
  expect(socket.destroyed).toBe(false);
  pass(20_000);
  expect(begin).toHaveBeenCalledTimes(1);
  expect(socket.destroyed).toBe(false);
});

test('X13: a connection that finds no room within its patience is closed, and not before', async () => {
  const sockets = come(attacker, 2000);
  pass(9990);
  expect(sockets.filter(({ destroyed }) => destroyed)).toEqual([]);
  pass(500);
  const late = sockets.filter(({ destroyed }) => destroyed);
  await Promise.all(late.map((socket) => once(socket, 'close')));
  const closed = late.length;
  expect(closed + begun[attacker]!).toBe(2000);
  expect(begun[attacker]).toBeLessThanOrEqual(200 + 50 * 10.5);
  expect(gate.counts()).toEqual({ 'source-handshakes': 1800, 'too-late': closed });
  const logTimer = 1;
  expect(jest.getTimerCount()).toBe(logTimer);
});

test('X13: a flood from many places leaves half of the burst to where UEs have registered from', () => {
  for (let i = 0; i < 300; i++) come(`10.0.0.${i % 250}`);
  expect(Object.values(begun).reduce((sum, count) => sum + count)).toBe(200);
  expect(gate.counts()).toEqual({ 'strangers-handshakes': 100 });
  come(known, 150);
  expect(begun[known]).toBe(150);
});

test('a connection that ended while it was held is not tried again, and leaves no timer', async () => {
  come(attacker, 200);
  const before = jest.getTimerCount();
  const [held] = come(attacker);
  const logTimer = 1;
  expect(jest.getTimerCount()).toBe(before + 1 + logTimer);
  held!.destroy();
  pass(1000);
  await once(held!, 'close');
  expect(begun).toEqual({ [attacker]: 200 });
  expect(jest.getTimerCount()).toBe(before + logTimer);
});
