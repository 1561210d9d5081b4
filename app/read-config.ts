import type { z } from 'zod';
import { EdgeError } from '../lib/errors';
import { configSchema, settings, type Config } from './config';
import { contradiction, type WrongSetting } from './setting-rules';

/**
 * Reads the settings from an environment.
 * @throws EdgeError `config-invalid`: one line that names the first setting that is missing or wrong.
 */
export function readConfig(environment: NodeJS.ProcessEnv): Config {
  // An empty value in a .env file means "not set".
  const given = Object.fromEntries(
    settings.flatMap(({ name }) => (environment[name] ? [[name, environment[name]]] : [])),
  );
  const result = configSchema.safeParse(given);
  const wrong = result.success ? contradiction(result.data) : issueOf(result.error.issues[0], given);
  if (result.success && wrong === undefined) return result.data;
  const { setting = 'settings', what = 'is wrong' } = wrong ?? {};
  const value = given[setting]?.replace(/\s+/g, ' ');
  const said = value === undefined ? what : `${what} (it is "${secrets.has(setting) ? '…' : value}")`;
  const about = settings.find(({ name }) => name === setting)?.description ?? '';
  throw new EdgeError('config-invalid', `${setting} ${said}: ${about}`);
}

/** Their values are in no message. */
const secrets = new Set(['FLOW_TOKEN_KEYS', 'DRACHTIO_SECRET', 'ADMIN_TOKEN', 'TURN_SECRET', 'TURN_PASSWORD']);

function issueOf(issue: z.core.$ZodIssue | undefined, given: Record<string, unknown>): WrongSetting {
  const setting = String(issue?.path[0]);
  return { setting, what: setting in given ? (issue?.message ?? 'is wrong') : 'is missing' };
}
