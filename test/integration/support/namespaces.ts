import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { builtProgram } from '../../../app/demo/edge-process';
import { rtpengineProgram } from './rtpengine';

/** Why network namespaces cannot be had here, in a sentence; undefined where they can. */
function whyNot(): string | undefined {
  if (process.getuid?.() !== 0) return 'network namespaces need root';
  for (const program of ['ip', 'nft', 'sipp', 'kamailio', rtpengineProgram()]) {
    if (spawnSync('which', [program]).status !== 0) return `${program} is not installed`;
  }
  const bindings = 'import gi; gi.require_version("Nice", "0.1"); from gi.repository import Nice';
  if (spawnSync('/usr/bin/python3', ['-c', bindings]).status !== 0)
    return 'libnice with its Python bindings is not installed (python3-gi, gir1.2-nice-0.1)';
  const name = `e80-${process.pid}-edge`;
  const added = spawnSync('ip', ['netns', 'add', name], { encoding: 'utf8' });
  if (added.status !== 0) return `network namespaces cannot be made here: ${added.stderr.trim()}`;
  spawnSync('ip', ['netns', 'delete', name]);
  if (!existsSync(builtProgram('main.js'))) return 'the project is not built (npm run build)';
  return undefined;
}

const reason = whyNot();

/**
 * `describe` for what needs network namespaces. Where there are none, the tests are skipped and the
 * reason is told; with CI set they fail.
 */
export function describeInNamespaces(name: string, tests: () => void): void {
  if (reason === undefined) {
    describe(name, tests);
  } else if (process.env['CI']) {
    test(name, () => {
      throw new Error(`This cannot run here, and CI is set: ${reason}.`);
    });
  } else {
    // jest says nothing of a file whose tests are all skipped.
    process.stderr.write(`SKIPPED: ${name}: ${reason}.\n`);
    describe.skip(name, tests);
  }
}

/** The same for each case; `$field` in the name is the case's value. */
describeInNamespaces.each =
  <T extends Record<string, string>>(cases: readonly T[]) =>
  (name: string, tests: (each: T) => void): void => {
    for (const each of cases) {
      const named = name.replace(/\$(\w+)/g, (_, field: string) => each[field] ?? '');
      describeInNamespaces(named, () => tests(each));
    }
  };
