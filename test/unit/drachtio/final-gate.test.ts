import { EventEmitter } from 'node:events';
import { FinalGate } from '../../../lib/drachtio/final-gate';
import type { Srf } from '../../../lib/drachtio/srf';

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

test.each<[string, (gate: FinalGate, srf: EventEmitter) => void]>([
  ['the PRACK is answered', (gate) => gate.open()],
  ['the server has given up', () => jest.advanceTimersByTime(33_000)],
  ['the link is lost', (_gate, srf) => srf.emit('disconnect')],
])('a final response waits until %s, and nothing is left then', async (_when, open) => {
  const srf = new EventEmitter();
  const gate = new FinalGate(srf as unknown as Srf, 33_000);
  let isOpen = false;
  void gate.opened.then(() => (isOpen = true));
  await jest.advanceTimersByTimeAsync(32_000);
  expect(isOpen).toBe(false);
  open(gate, srf);
  await gate.opened;
  expect([jest.getTimerCount(), srf.listenerCount('disconnect')]).toEqual([0, 0]);
});
