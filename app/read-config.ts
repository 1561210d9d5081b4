import type { z } from 'zod';
import { EdgeError } from '../lib/errors';
import { configSchema, nodeSchema, settings, type Config, type NodeConfig } from './config';
import { contradictionOfNode } from './node-rules';
import { contradiction, contradictionOfPcscf, type WrongSetting } from './setting-rules';

/**
 * Reads the settings from an environment.
 * @throws EdgeError `config-invalid`: one line that names the first setting that is missing or wrong.
 */
export function readConfig(environment: NodeJS.ProcessEnv): Config {
  return readBy(configSchema, contradiction, environment);
}

/** The same for a P-CSCF whose media is at nodes. @throws as {@link readConfig} */
export function readPcscfConfig(environment: NodeJS.ProcessEnv): Config {
  return readBy(configSchema, contradictionOfPcscf, environment);
}

/** The same for a media node by itself. @throws as {@link readConfig} */
export function readNodeConfig(environment: NodeJS.ProcessEnv): NodeConfig {
  return readBy(nodeSchema, contradictionOfNode, environment);
}

function readBy<C>(
  schema: z.ZodType<C>,
  contradictionIn: (config: C) => WrongSetting | undefined,
  environment: NodeJS.ProcessEnv,
): C {
  // An empty value in a .env file means "not set".
  const given = Object.fromEntries(
    settings.flatMap(({ name }) => (environment[name] ? [[name, environment[name]]] : [])),
  );
  const result = schema.safeParse(given);
  const wrong = result.success ? contradictionIn(result.data) : issueOf(result.error.issues[0], given);
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
