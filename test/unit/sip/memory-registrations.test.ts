import { MemoryRegistrations } from '../../../lib/sip/memory-registrations';
import type { Registration } from '../../../lib/sip/registration';

const flow = (port: number) => ({ transport: 'tcp' as const, address: '198.51.100.2', port });
const of = (aor: string, key: string, port: number, expiresAt = 1000): Registration => ({
  ...{ aor, key, expiresAt, serviceRoute: [], associated: [] },
  binding: { uri: key, instance: undefined, outbound: undefined },
  flow: flow(port),
});

beforeEach(() => jest.useFakeTimers());

afterEach(() => {
  jest.clearAllTimers();
  jest.useRealTimers();
});

/** A store by the fake clock, and the keys of what it told to have expired. */
function watched(): { store: MemoryRegistrations; now: number; expired: string[] } {
  const expired: string[] = [];
  const store = new MemoryRegistrations();
  store.on('expired', ({ key }) => expired.push(key));
  return { store, now: performance.now(), expired };
}

test('G4: what expires is told, once, within a second, and is there no more', async () => {
  const { store, now, expired } = watched();
  await store.save(of('sip:a@b', '1', 40000, now + 1500));
  await store.save(of('sip:a@b', '2', 40000, now + 60_000));
  jest.advanceTimersByTime(1499);
  expect(expired).toEqual([]);
  jest.advanceTimersByTime(1001);
  expect([expired, store.size]).toEqual([['1'], 1]);
  jest.advanceTimersByTime(120_000);
  expect([expired, store.size]).toEqual([['1', '2'], 0]);
});

test('G4: a registration that was refreshed lives until its new end, one that was taken back does not expire', async () => {
  const { store, now, expired } = watched();
  await store.save(of('sip:a@b', '1', 40000, now + 10_000));
  await store.save(of('sip:a@b', '1', 40000, now + 20_000));
  await store.save(of('sip:c@d', '1', 40001, now + 10_000));
  await store.remove('sip:c@d', '1');
  jest.advanceTimersByTime(19_000);
  expect(expired).toEqual([]);
  jest.advanceTimersByTime(2000);
  expect(expired).toEqual(['1']);
});

test('G4: one that its registrar grants for longer than a timer can hold does not expire at once', async () => {
  const { store, now, expired } = watched();
  await store.save(of('sip:a@b', '1', 40000, now + 4_294_967_295_000));
  jest.advanceTimersByTime(600_000);
  expect(expired).toEqual([]);
});

test('Z2: ten thousand registrations have one timer, and none is left once they are gone', async () => {
  const { store, now, expired } = watched();
  for (let ue = 0; ue < 10_000; ue++) await store.save(of(`sip:${ue}@b`, `${ue}`, ue, now + 600_000 + ue));
  expect(jest.getTimerCount()).toBe(1);
  jest.advanceTimersByTime(620_000);
  expect([expired.length, jest.getTimerCount()]).toEqual([10_000, 0]);
});

test('once closed, it has no timer, whatever is saved then', async () => {
  const { store } = watched();
  await store.save(of('sip:a@b', '1', 40000));
  store.close();
  await store.save(of('sip:a@b', '2', 40000));
  store.close();
  expect(jest.getTimerCount()).toBe(0);
});

test('G4: registrations are found by identity and by flow until they expire', async () => {
  let now = 0;
  const store = new MemoryRegistrations({ now: () => now });
  const first = of('sip:a@b', '1', 40000);
  const second = of('sip:a@b', '2', 40000, 2000);
  await store.save(first);
  await store.save(second);
  expect(await store.ofAor('sip:a@b')).toEqual([first, second]);
  expect(await store.onFlow(flow(40000))).toEqual([first, second]);
  now = 1000;
  expect(await store.ofAor('sip:a@b')).toEqual([second]);
  expect(await store.onFlow(flow(40000))).toEqual([second]);
});

test('G4: a binding that moves to another flow leaves the old one', async () => {
  const store = new MemoryRegistrations({ now: () => 0 });
  await store.save(of('sip:a@b', '1', 40000));
  await store.save(of('sip:a@b', '1', 50000));
  expect(await store.onFlow(flow(40000))).toEqual([]);
  expect(await store.ofAor('sip:a@b')).toHaveLength(1);
});

test('holds no more than it may, and makes room again', async () => {
  const store = new MemoryRegistrations({ most: 1, now: () => 0 });
  await store.save(of('sip:a@b', '1', 40000));
  await expect(store.save(of('sip:c@d', '1', 40001))).rejects.toMatchObject({ code: 'registrations-full' });
  await store.save(of('sip:a@b', '1', 40002));
  await store.remove('sip:a@b', '1');
  await store.remove('sip:a@b', '1');
  await store.save(of('sip:c@d', '1', 40001));
  expect(await store.ofAor('sip:c@d')).toHaveLength(1);
});
