import { sampled, udpFinding } from '../../../../../app/doctor/client/udp';

const range = { first: 30_000, last: 40_000 };

describe('UDP, from a client’s machine', () => {
  test('I3: ports over the whole range are tried, each once', () => {
    expect(sampled(range)).toEqual([30_000, 32_500, 35_000, 37_500, 40_000]);
    expect(sampled({ first: 30_000, last: 30_001 })).toEqual([30_000, 30_001]);
    expect(sampled({ first: 30_000, last: 30_000 })).toEqual([30_000]);
  });

  test.each([
    [5, 'good'],
    [3, 'doubtful'],
    [0, 'doubtful'],
  ] as const)('I3: something comes back from %i of 5 ports', (came, state) => {
    expect(udpFinding(range, 5, came)).toMatchObject({ what: 'UDP 30000-40000', state });
  });
});
