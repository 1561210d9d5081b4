import { LoadShedding } from '../../../lib/ops/load-shedding';

const overloaded = expect.objectContaining({ code: 'overloaded', sipStatus: 503 }) as object;

function shedding() {
  const now = { lagMs: 0 };
  const load = new LoadShedding(() => now.lagMs);
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

describe('N4: under load', () => {
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
