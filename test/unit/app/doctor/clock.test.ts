import { clockFinding, clockHere } from '../../../../app/doctor/clock';

describe('I3: edge80 doctor looks at the clock', () => {
  const now = Date.UTC(2030, 0, 2, 3, 4, 5);

  test.each([
    ['synchronized', now - 1, true, 'good', '2030-01-02T03:04:05Z, synchronized'],
    ['not synchronized', now - 1, false, 'doubtful', '2030-01-02T03:04:05Z, not synchronized'],
    ['of a container, which cannot tell', now - 1, undefined, 'good', '2030-01-02T03:04:05Z; nothing here tells'],
    ['behind the time at which edge80 was installed', now + 1, true, 'bad', 'before this program was installed'],
  ] as const)('one that is %s', (_what, installed, isSynchronized, state, found) => {
    const finding = clockFinding(now, installed, isSynchronized);
    expect(finding).toMatchObject({ what: 'clock', state, found: expect.stringContaining(found) as string });
    expect(finding.help === '').toBe(state === 'good');
  });

  test('that of this machine', async () => {
    expect(await clockHere()).toMatchObject({ what: 'clock', found: expect.stringMatching(/^20\d\d-/) as string });
  });
});
