import { logFaults } from '../../../app/faults';
import { countsOf, telling } from '../ops/told';

describe('faults that nothing else tells', () => {
  const { log, info, warn, error } = console;
  let before: NodeJS.UnhandledRejectionListener[];

  beforeEach(() => {
    before = process.listeners('unhandledRejection');
  });

  afterEach(() => {
    Object.assign(console, { log, info, warn, error });
    for (const listener of process.listeners('unhandledRejection'))
      if (!before.includes(listener)) process.off('unhandledRejection', listener);
  });

  test('N7, X19: are told once, however many there are, and what packages print by its first line', () => {
    const { logger, lines } = telling();
    logFaults(logger);
    const [added] = process.listeners('unhandledRejection').filter((listener) => !before.includes(listener));
    for (let number = 0; number < 20; number += 1) {
      // What packages print is what this is for.
      // eslint-disable-next-line no-console
      console.error(`cannot read message ${number}\r\nAuthorization: secret`, new Error('why\nmore'));
      added?.(new Error('unforeseen'), Promise.resolve());
    }
    expect(countsOf(lines)).toEqual({ 'a package complains': 1, 'a fault that nothing caught': 1 });
    expect(lines[0]).toMatchObject({ level: 'warn', said: 'cannot read message 0 why' });
  });
});
