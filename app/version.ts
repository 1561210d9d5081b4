import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The release, as package.json has it; of that file above this one, compiled or not. */
export function version(): string {
  let folder = __dirname;
  while (!existsSync(join(folder, 'package.json')) && folder !== dirname(folder)) folder = dirname(folder);
  const { version: text } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
  return text;
}
