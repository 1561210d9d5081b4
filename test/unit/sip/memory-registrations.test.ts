import { MemoryRegistrations } from '../../../lib/sip/memory-registrations';
import type { Registration } from '../../../lib/sip/registration';

const flow = (port: number) => ({ transport: 'tcp' as const, address: '198.51.100.2', port });
const of = (aor: string, key: string, port: number, expiresAt = 1000): Registration => ({
  ...{ aor, key, expiresAt, serviceRoute: [], associated: [] },
  binding: { uri: key, instance: undefined, outbound: undefined },
  flow: flow(port),
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
