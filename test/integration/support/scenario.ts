import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const directory = join(__dirname, '..', '..', 'scenarios');

/** Which side of a call a scenario plays: the place it runs at, and whether it calls. */
export interface Part {
  place: 'ue' | 'core';
  role: 'caller' | 'callee';
}

/**
 * A SIPp scenario from test/scenarios, with `<?part name?>` replaced by what the file parts/name.xml holds, or that
 * for the place (name.ue.xml) or the role and place (name.callee.ue.xml). So one scenario does for calls in both
 * directions. SIPp wants to be told of variables that are only set: they are named at the end.
 */
export function readScenario(name: string, part: Part): string {
  const text = expand(readFileSync(join(directory, `${name}.xml`), 'utf8'), part);
  if (text.includes('<Reference ')) return text;
  const variables = [...new Set([...text.matchAll(/assign_to="([^"]+)"/g)].map(([, variable]) => variable))];
  const reference = variables.length > 0 ? `  <Reference variables="${variables.join(',')}" />\n` : '';
  return text.replace('</scenario>', () => `${reference}</scenario>`);
}

function expand(text: string, part: Part): string {
  return text.replace(/^[ ]*<\?part ([\w-]+)\?>\n/gm, (_, name: string) => expand(readPart(name, part), part));
}

function readPart(name: string, { place, role }: Part): string {
  const files = [`${name}.${role}.${place}`, `${name}.${place}`, name].map((file) =>
    join(directory, 'parts', `${file}.xml`),
  );
  const file = files.find((each) => existsSync(each));
  if (file === undefined) throw new Error(`There is no part ${name} for a ${role} at the ${place}.`);
  return readFileSync(file, 'utf8');
}
