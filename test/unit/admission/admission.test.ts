import fc from 'fast-check';
import { Admission, type AdmissionLimits, type Place } from '../../../lib/admission/admission';

const limits: AdmissionLimits = {
  connections: 20_000,
  unauthenticated: 4096,
  unauthenticatedPerAddress: 32,
  graceMs: 2000,
};

/** A listener without sockets: connections are named, and those that had to make room are kept in their order. */
class Door {
  readonly displaced: string[] = [];
  readonly reasons = new Set<string>();
  readonly places = new Map<string, Place<string>>();
  readonly admission: Admission<string>;
  time = 0;

  constructor(changes: Partial<AdmissionLimits> = {}) {
    this.admission = new Admission<string>(
      { ...limits, ...changes },
      (name, reason) => {
        this.displaced.push(name);
        this.reasons.add(reason);
        // As a plane does that tells at once of what was closed.
        this.leave(name);
      },
      () => this.time,
    );
  }

  enter(name: string, address: string): void {
    this.places.set(name, this.admission.enter(name, address));
  }

  authenticate(name: string): boolean {
    return this.admission.authenticate(this.places.get(name)!);
  }

  forget(name: string): void {
    this.admission.forget(this.places.get(name)!);
  }

  leave(name: string): void {
    const place = this.places.get(name);
    if (place !== undefined) this.admission.leave(place);
  }

  /** That many connections of one address, as `prefix-0` and so on. */
  crowd(prefix: string, count: number, address: (i: number) => string): void {
    for (let i = 0; i < count; i++) this.enter(`${prefix}-${i}`, address(i));
  }

  isIn(name: string): boolean {
    return !this.displaced.includes(name);
  }
}

const ipv4 = (i: number) => `198.18.${i >> 8}.${i & 255}`;

describe('X3: a newcomer gets in', () => {
  test('where 300 sources hold all places of strangers, one after the other, and those of the greediest go', () => {
    const door = new Door();
    // One source holds twice as many as the others.
    door.crowd('idle', 4080, (i) => ipv4(i % 300));
    door.crowd('greedy', 16, () => ipv4(7));
    door.time = 9000;
    for (let i = 0; i < 100; i++) {
      door.enter(`ue-${i}`, `203.0.113.${i}`);
      expect(door.displaced).toHaveLength(i + 1);
    }
    expect(door.displaced.some((name) => name.startsWith('ue'))).toBe(false);
    const ofSeven = Array.from({ length: 14 }, (_, i) => `idle-${7 + 300 * i}`);
    expect(door.displaced.slice(0, 16)).toEqual([...ofSeven.slice(0, 14), 'greedy-0', 'greedy-1']);
    expect(door.reasons).toEqual(new Set(['unauthenticated-limit']));
    expect(door.admission.counts()).toMatchObject({ strangers: 4096 });
  });

  test('behind a NAT where 32 are idle, again and again', () => {
    const door = new Door();
    door.crowd('idle', 32, () => '203.0.113.1');
    door.time = limits.graceMs;
    door.enter('first', '203.0.113.1');
    door.enter('second', '203.0.113.1');
    expect(door.displaced).toEqual(['idle-0', 'idle-1']);
    expect(door.reasons).toEqual(new Set(['address-limit']));
    expect(door.authenticate('first')).toBe(true);
    door.enter('elsewhere', '203.0.113.2');
    expect(door.displaced).toHaveLength(2);
  });

  test('and has its time to authenticate while others of its NAT come in floods', () => {
    const door = new Door();
    door.crowd('flood', 1000, () => '203.0.113.1');
    door.enter('ue', '203.0.113.1');
    door.time = 1900;
    door.crowd('more', 3000, () => '203.0.113.1');
    expect(door.isIn('ue')).toBe(true);
    expect(door.authenticate('ue')).toBe(true);
  });

  test('and outlasts a flood from other sources, however long that is', () => {
    const door = new Door();
    door.enter('ue', '203.0.113.1');
    door.crowd('flood', 50_000, (i) => ipv4(i % 300));
    expect(door.isIn('ue')).toBe(true);
    expect(door.displaced.slice(0, 2)).toEqual(['flood-0', 'flood-1']);
  });

  test('where those that had their time make room before one that has not, though its NAT holds most', () => {
    const door = new Door({ unauthenticated: 40 });
    door.crowd('idle', 30, (i) => ipv4(i % 3));
    door.time = limits.graceMs;
    door.crowd('ue', 30, () => '203.0.113.1');
    expect(door.displaced).toEqual(Array.from({ length: 20 }, (_, i) => `idle-${i}`));
  });

  test.each([
    ['a /64', (i: number) => `2001:db8:1:1::${i.toString(16)}`],
    ['a /48', (i: number) => `2001:db8:1:${i.toString(16)}::1`],
    ['ten /48', (i: number) => `2001:db8:${i % 10}:${i.toString(16)}::1`],
  ])('and outlasts a flood from the addresses of %s', (_what, address) => {
    const door = new Door();
    door.enter('ipv4', '203.0.113.1');
    door.enter('ipv6', '2001:db8:ffff::1');
    door.crowd('flood', 10_000, address);
    expect([door.isIn('ipv4'), door.isIn('ipv6')]).toEqual([true, true]);
  });

  test('an IPv4 address is the same source where a dual-stack socket tells it as IPv6', () => {
    const door = new Door();
    door.crowd('idle', 32, () => '203.0.113.1');
    door.time = limits.graceMs;
    door.enter('ue', '::ffff:203.0.113.1');
    expect(door.displaced).toEqual(['idle-0']);
  });
});

describe('X3: who has authenticated', () => {
  test('gives the others behind its NAT a place for each of its connections', () => {
    const door = new Door();
    door.crowd('ue', 40, () => '203.0.113.1');
    for (let i = 0; i < 40; i++) expect(door.authenticate(`ue-${i}`)).toBe(true);
    // All lose their connection, which is not noticed yet, and come back.
    door.crowd('again', 71, () => '203.0.113.1');
    door.time = limits.graceMs;
    door.enter('last', '203.0.113.1');
    expect(door.displaced).toEqual([]);
    door.enter('one more', '203.0.113.1');
    expect(door.displaced).toEqual(['again-0']);
  });

  test('makes room for nobody, and strangers do not take what is left for it', () => {
    const door = new Door({ connections: 80, unauthenticated: 80 });
    door.crowd('ue', 60, ipv4);
    for (let i = 0; i < 60; i++) expect(door.authenticate(`ue-${i}`)).toBe(true);
    door.crowd('idle', 1000, (i) => `203.0.113.${i % 200}`);
    expect(door.displaced.some((name) => name.startsWith('ue'))).toBe(false);
    expect(door.reasons).toEqual(new Set(['connection-limit']));
    expect(door.admission.counts()).toMatchObject({ strangers: 20, authenticated: 60 });
  });

  test('leaves a part to strangers: beyond that it keeps the place of one until another has gone', () => {
    const door = new Door({ connections: 80 });
    door.crowd('ue', 80, ipv4);
    for (let i = 0; i < 70; i++) expect(door.authenticate(`ue-${i}`)).toBe(true);
    expect(door.authenticate('ue-70')).toBe(false);
    door.enter('newcomer', '203.0.113.1');
    expect(door.displaced).toEqual(['ue-70']);
    expect(door.authenticate('newcomer')).toBe(false);
    door.leave('ue-0');
    expect(door.authenticate('newcomer')).toBe(true);
    expect(door.authenticate('newcomer')).toBe(true);
    expect(door.admission.counts()).toMatchObject({ authenticated: 70 });
  });
});

describe('N2: who has authenticated by something that ended', () => {
  test('is a stranger again, as if it had just come, and makes room like one', () => {
    const door = new Door({ unauthenticated: 3 });
    door.enter('ue', '192.0.2.1');
    door.authenticate('ue');
    door.crowd('idle', 3, ipv4);
    door.time = 5000;
    door.forget('ue');
    expect(door.admission.counts()).toMatchObject({ strangers: 3, authenticated: 0 });
    // It was older than all of them.
    expect(door.displaced).toEqual(['idle-0']);
    door.crowd('later', 3, (i) => ipv4(i + 10));
    expect(door.displaced).toEqual(['idle-0', 'idle-1', 'idle-2', 'ue']);
  });

  test('authenticates anew, and a stranger has nothing to forget', () => {
    const door = new Door();
    door.enter('ue', '192.0.2.1');
    door.forget('ue');
    for (let i = 0; i < 3; i++) {
      expect(door.authenticate('ue')).toBe(true);
      door.forget('ue');
    }
    expect(door.admission.counts()).toEqual({ strangers: 1, authenticated: 0, sources: 1 });
  });
});

test('nothing is remembered of those that have gone', () => {
  const door = new Door();
  door.crowd('flood', 5000, ipv4);
  for (let i = 0; i < 2000; i += 2) door.authenticate(`flood-${i + 2000}`);
  for (const name of door.places.keys()) {
    door.leave(name);
    door.leave(name);
  }
  expect(door.admission.counts()).toEqual({ strangers: 0, authenticated: 0, sources: 0 });
});

test('N2: whoever comes, authenticates and leaves: newcomers are taken, and the limits hold', () => {
  const bounds = { connections: 24, unauthenticated: 12, unauthenticatedPerAddress: 3, graceMs: 10 };
  const addresses = ['192.0.2.1', '192.0.2.2', '192.0.2.3', '2001:db8:0:1::1', '2001:db8:0:2::1', '2001:db8:1::1'];
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('enter' as const), from: fc.nat(addresses.length - 1) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('authenticate' as const), which: fc.nat(200) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('leave' as const), which: fc.nat(200) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('forget' as const), which: fc.nat(200) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait' as const), time: fc.nat(15) }) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 150 }), (steps) => {
      const door = new Door(bounds);
      const states = () => [...door.places.values()].map(({ state }) => state);
      let entered = 0;
      for (const one of steps) {
        const name = 'which' in one ? `c-${one.which}` : `c-${entered}`;
        if (one.kind === 'enter') {
          const before = states().filter((state) => state === 'authenticated').length;
          door.enter(name, addresses[one.from]!);
          entered += 1;
          expect(door.places.get(name)!.state).toBe('stranger');
          expect(states().filter((state) => state === 'authenticated')).toHaveLength(before);
        } else if (one.kind === 'wait') {
          door.time += one.time;
        } else if (door.places.has(name)) {
          door[one.kind](name);
        }
        const strangers = states().filter((state) => state === 'stranger').length;
        const authenticated = states().filter((state) => state === 'authenticated').length;
        expect(door.admission.counts()).toMatchObject({ strangers, authenticated });
        expect(strangers).toBeLessThanOrEqual(bounds.unauthenticated);
        expect(strangers + authenticated).toBeLessThanOrEqual(bounds.connections);
      }
      for (const name of door.places.keys()) door.leave(name);
      expect(door.admission.counts()).toEqual({ strangers: 0, authenticated: 0, sources: 0 });
    }),
  );
});
