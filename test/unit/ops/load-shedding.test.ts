import { LoadShedding } from '../../../lib/ops/load-shedding';

const overloaded = expect.objectContaining({ code: 'overloaded', sipStatus: 503 }) as Error;

function shedding() {
  const now = { lagMs: 0 };
  const load = new LoadShedding(
    () => now.lagMs,
    () => 0,
  );
  const isTaken = (what: 'call' | 'registration') => {
    try {
      load.mustTake(what);
      return true;
    } catch (error) {
      expect(error).toEqual(overloaded);
      return false;
    }
  };
  return (lagMs: number) => {
    now.lagMs = lagMs;
    return { call: isTaken('call'), registration: isTaken('registration') };
  };
}

describe('N4, Z5: under load', () => {
  test('nothing new is taken while much waits for the SIP server to read it', () => {
    let unread = 0;
    const load = new LoadShedding(
      () => 0,
      () => unread,
    );
    const all = [() => load.mustBeHeard(), () => load.mustTake('call'), () => load.mustTake('registration')];
    for (unread of [0, 1_000_000]) for (const take of all) expect(take).not.toThrow();
    unread = 2_000_000;
    for (const take of all) expect(take).toThrow(overloaded);
    expect(load.refusal).toBe('The SIP server does not read what it is told.');
  });

  test('I7: whether new calls are refused can be asked, by the same rule', () => {
    let lagMs = 0;
    const load = new LoadShedding(
      () => lagMs,
      () => 0,
    );
    const refusals = [149, 150, 51, 49].map((ms) => {
      lagMs = ms;
      return load.refusal;
    });
    expect(refusals.map((refusal) => refusal !== undefined)).toEqual([false, true, true, false]);
    expect(refusals[1]).toBe('The edge is overloaded: it is 150 ms late.');
  });

  test('calls are refused first, registrations much later', () => {
    const at = shedding();
    expect([0, 149, 150, 599, 600].map(at)).toEqual([
      { call: true, registration: true },
      { call: true, registration: true },
      { call: false, registration: true },
      { call: false, registration: true },
      { call: false, registration: false },
    ]);
  });

  test('what was refused is taken again when there is time to spare', () => {
    const at = shedding();
    expect([700, 300, 199, 100, 50, 49, 100].map(at)).toEqual([
      { call: false, registration: false },
      { call: false, registration: false },
      { call: false, registration: true },
      { call: false, registration: true },
      { call: false, registration: true },
      { call: true, registration: true },
      { call: true, registration: true },
    ]);
  });
});
