import { spawnSync } from 'node:child_process';

const isThere = spawnSync('promtool', ['--version']).status === 0;
if (!isThere && process.env['CI']) throw new Error('promtool is missing: tools/setup.sh tests');

/** A test that needs promtool, of Debian's prometheus. */
export const withPromtool = (name: string, run: Parameters<typeof test>[1]): void =>
  isThere ? test(name, run) : test.skip(`${name} (needs promtool)`, run);
