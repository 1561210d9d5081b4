import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { builtProgram } from '../../../app/demo/edge-process';
import { rtpengineProgram } from './rtpengine';

/** What a suite needs to be installed beside what all need. */
export interface Needs {
  programs?: readonly string[];
  /** Libraries by their names and versions in GObject introspection, with their bindings for Python. */
  bindings?: Readonly<Record<string, string>>;
}

/** What is missing, in a sentence. */
function missing({ programs = [], bindings = {} }: Needs): string | undefined {
  for (const program of programs) {
    if (spawnSync('which', [program]).status !== 0) return `${program} is not installed`;
  }
  for (const [name, version] of Object.entries(bindings)) {
    const use = `import gi; gi.require_version("${name}", "${version}"); from gi.repository import ${name}`;
    if (spawnSync('/usr/bin/python3', ['-c', use]).status !== 0)
      return `${name} with its Python bindings is not installed (python3-gi and its gir1.2 package)`;
  }
  return undefined;
}

/** Why network namespaces cannot be had here, in a sentence; undefined where they can. */
function whyNot(): string | undefined {
  if (process.getuid?.() !== 0) return 'network namespaces need root';
  const lacking = missing({
    programs: ['ip', 'nft', 'sipp', 'kamailio', rtpengineProgram()],
    bindings: { Nice: '0.1' },
  });
  if (lacking !== undefined) return lacking;
  const name = `e80-${process.pid}-edge`;
  const added = spawnSync('ip', ['netns', 'add', name], { encoding: 'utf8' });
  if (added.status !== 0) return `network namespaces cannot be made here: ${added.stderr.trim()}`;
  spawnSync('ip', ['netns', 'delete', name]);
  if (!existsSync(builtProgram('main.js'))) return 'the project is not built (npm run build)';
  return undefined;
}

const whyNowhere = whyNot();

/**
 * `describe` for what needs network namespaces. Where there are none, the tests are skipped and the
 * reason is told; with CI set they fail.
 */
export function describeInNamespaces(name: string, tests: () => void, needs: Needs = {}): void {
  const reason = whyNowhere ?? missing(needs);
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
