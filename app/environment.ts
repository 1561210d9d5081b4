import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';

/** What is set: in the environment, or else in .env of the folder that this is started in. */
export function readEnvironment(): { file: Readonly<NodeJS.Dict<string>>; all: NodeJS.ProcessEnv } {
  const file = existsSync('.env') ? parseEnv(readFileSync('.env', 'utf8')) : {};
  return { file, all: { ...file, ...process.env } };
}
