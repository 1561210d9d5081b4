import { Names, type Lookups, type Service } from '../../../lib/wire/names';
import type { Destination, NextHop } from '../../../lib/wire/link';

const service = (name: string, priority: number, weight = 0): Service => ({
  name,
  port: 5070 + priority,
  priority,
  weight,
});

const zone: Record<string, string[]> = {
  'both.example': ['2001:db8::1', '192.0.2.1'],
  'six.example': ['2001:db8::6'],
  'first.example': ['192.0.2.11'],
  'second.example': ['192.0.2.12'],
};
const services: Record<string, Service[]> = {
  '_sip._udp.srv.example': [
    service('second.example', 2),
    service('gone.example', 1, 9),
    service('first.example', 1, 1),
  ],
  '_sip._udp.heavy.example': [
    service('both.example', 3, 9),
    service('first.example', 2, 1),
    service('second.example', 2, 5),
  ],
  '_sip._tcp.both.example': [service('second.example', 1)],
  '_sip._udp.zero.example': [{ ...service('first.example', 1), port: 0 }],
  '_sip._udp.dead.example': [service('gone.example', 1)],
};

class FakeLookups implements Lookups {
  readonly asked: string[] = [];
  isClosed = false;
  /** Nobody answers from now on. */
  isStuck = false;

  async addresses(host: string): Promise<string[]> {
    return await this.#find(zone, host);
  }

  async services(name: string): Promise<Service[]> {
    return await this.#find(services, name);
  }

  close(): void {
    this.isClosed = true;
  }

  #find<T>(records: Record<string, T[]>, name: string): Promise<T[]> {
    this.asked.push(name);
    if (this.isStuck) return new Promise(() => undefined);
    const found = records[name];
    return found ? Promise.resolve(found) : Promise.reject(new Error('ENOTFOUND'));
  }
}

describe('names of next hops', () => {
  let now = 0;
  let lookups: FakeLookups;
  let names: Names;

  afterEach(() => jest.restoreAllMocks());

  beforeEach(() => {
    now = 0;
    lookups = new FakeLookups();
    names = new Names(new Set([4]), { names: 2, nameLife: 1000 }, lookups, () => now);
  });

  const locate = (host: string, port?: number, transport: 'udp' | 'tcp' = 'udp') =>
    new Promise<Destination | undefined>((resolve) => names.locate({ host, port, transport }, resolve));

  test('an address is taken as it is, at once', () => {
    const found: unknown[] = [];
    const hop: NextHop = { host: '2001:db8::9', port: undefined, transport: 'tcp' };
    names.locate(hop, (destination) => found.push(destination));
    expect(found).toEqual([{ address: '2001:db8::9', port: 5060, transport: 'tcp' }]);
    expect(lookups.asked).toEqual([]);
  });

  test.each<[string, number | undefined, 'udp' | 'tcp', Destination | undefined]>([
    ['both.example', 5080, 'udp', { address: '192.0.2.1', port: 5080, transport: 'udp' }],
    ['both.example', undefined, 'udp', { address: '192.0.2.1', port: 5060, transport: 'udp' }],
    ['both.example', undefined, 'tcp', { address: '192.0.2.12', port: 5071, transport: 'tcp' }],
    ['srv.example', undefined, 'udp', { address: '192.0.2.11', port: 5071, transport: 'udp' }],
    ['heavy.example', undefined, 'udp', { address: '192.0.2.12', port: 5072, transport: 'udp' }],
    ['srv.example', 5060, 'udp', undefined],
    ['six.example', 5060, 'udp', undefined],
    ['dead.example', undefined, 'udp', undefined],
    ['zero.example', undefined, 'udp', undefined],
    ['none.example', undefined, 'udp', undefined],
  ])('%s, port %p, %s', async (host, port, transport, destination) => {
    expect(await locate(host, port, transport)).toEqual(destination);
  });

  test('a name is asked for once by all that wait, and again when its time is over', async () => {
    await Promise.all([locate('both.example', 5060), locate('Both.example', 5060)]);
    expect(lookups.asked).toEqual(['both.example']);
    now = 999;
    await locate('both.example', 5060);
    expect(lookups.asked).toHaveLength(1);
    now = 1000;
    await locate('both.example', 5060);
    expect(lookups.asked).toHaveLength(2);
  });

  test('N8, X18: a host is believed for as long as said, whatever is done to the clock', async () => {
    const byClock = new Names(new Set([4]), { names: 2, nameLife: 60_000 }, lookups);
    const elapsed = jest.spyOn(performance, 'now').mockReturnValue(20);
    const address = await new Promise<string | undefined>((resolve) => byClock.resolve('both.example', resolve));
    expect(address).toBe('192.0.2.1');
    jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 3_600_000);
    expect([byClock.known('192.0.2.7'), byClock.known('other.example')]).toEqual(['192.0.2.7', undefined]);
    expect(byClock.known('BOTH.example')).toBe(address);
    elapsed.mockReturnValue(60_021);
    expect(byClock.known('both.example')).toBeUndefined();
  });

  test('so many names are kept', async () => {
    const asked = async (port: number) => {
      const { length } = lookups.asked;
      await locate('both.example', port);
      return lookups.asked.length > length;
    };
    for (const port of [1, 2]) expect(await asked(port)).toBe(true);
    for (const port of [1, 2]) expect(await asked(port)).toBe(false);
    expect(await asked(3)).toBe(true);
    expect(await asked(1)).toBe(true);
  });

  test('N2: names of far ends that nobody looks up keep no known next hop from being sent to', async () => {
    expect(await locate('both.example', 5060)).toMatchObject({ address: '192.0.2.1' });
    now = 1000;
    lookups.isStuck = true;
    // Both wait for a moment, in which the lookup may end.
    const waiting = [locate('both.example', 5060), locate('both.example', 5060)];
    for (const found of await Promise.all(waiting)) expect(found).toMatchObject({ address: '192.0.2.1' });
    let found: Destination | undefined;
    names.locate({ host: 'both.example', port: 5060, transport: 'udp' }, (destination) => (found = destination));
    expect(found).toMatchObject({ address: '192.0.2.1' });
    expect(lookups.asked).toEqual(['both.example', 'both.example']);
    names.locate({ host: 'far.example', port: 5060, transport: 'udp' }, () => undefined);
    names.locate({ host: 'both.example', port: 5060, transport: 'udp' }, () => undefined);
    names.locate({ host: 'end.example', port: 5060, transport: 'udp' }, () => undefined);
    lookups.isStuck = false;
    expect(await locate('both.example', 5060)).toMatchObject({ address: '192.0.2.1' });
    expect(lookups.asked.filter((name) => name === 'both.example')).toHaveLength(2);
  });

  test('a known address serves for an hour where lookups fail, and another one as soon as it is found', async () => {
    const moving = zone['both.example']!;
    await locate('both.example', 5060);
    zone['both.example'] = ['192.0.2.99'];
    now = 1000;
    expect(await locate('both.example', 5060)).toMatchObject({ address: '192.0.2.99' });
    delete zone['both.example'];
    now += 3_599_000;
    expect(await locate('both.example', 5060)).toMatchObject({ address: '192.0.2.99' });
    now += 2000;
    expect(await locate('both.example', 5060)).toBeUndefined();
    zone['both.example'] = moving;
    expect(await locate('both.example', 5060)).toMatchObject({ address: '192.0.2.1' });
  });

  test('what was not found is asked for again', async () => {
    await locate('none.example', 5060);
    await locate('none.example', 5060);
    expect(lookups.asked).toEqual(['none.example', 'none.example']);
  });

  test('once closed, nobody is told', async () => {
    let isTold = false;
    names.locate({ host: 'both.example', port: 5060, transport: 'udp' }, () => (isTold = true));
    names.close();
    await new Promise(setImmediate);
    expect([isTold, lookups.isClosed]).toEqual([false, true]);
  });
});
