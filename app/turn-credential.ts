import { parseArgs } from 'node:util';
import { EdgeError } from '../lib/errors';
import { wallClock } from '../lib/ops/clock';
import { turnCredential } from '../lib/turn/credentials';
import { turnSecret } from './setting-values';
import { wrong } from './ue/option-values';

export const usage = `edge80 turn-credential USER [--days N]
edge80 turn-credential --shared [--days N]

Prints a user name and a password for TURN on this edge, by TURN_SECRET (from the environment or .env). They are good for
N days (30), also at a coturn with use-auth-secret and the same static-auth-secret.

  USER      whose calls it is for: alice@ims.example as the UE registers, or its private identity
  --shared  for the calls of anybody, for a closed network`;

const longestDays = 3650;

/**
 * What the command prints.
 * @param now s since the epoch
 * @throws EdgeError `options-wrong`, `setting-invalid`
 */
export function turnCredentialFor(
  args: readonly string[],
  secret: string | undefined,
  now = Math.floor(wallClock() / 1000),
): string {
  const { user, days } = options(args);
  const good = turnSecret.safeParse(secret ?? '');
  if (!good.success)
    throw new EdgeError(
      'setting-invalid',
      `TURN_SECRET ${secret ? (good.error.issues[0]?.message ?? '') : 'is missing'}.`,
    );
  const { username, password } = turnCredential(good.data, user, now + days * 86_400);
  return `username: ${username}\npassword: ${password}`;
}

function options(args: readonly string[]): { user: string | undefined; days: number } {
  const parsed = parse(args);
  const { days = '30', shared } = parsed.values;
  const [user, ...others] = parsed.positionals;
  if ((user === undefined) !== (shared === true) || others.length > 0) throw wrong('name one user, or --shared');
  if (user !== undefined && !/^[^\s:]([^\s]*[^\s])?$/.test(user)) throw wrong('USER must be a name without spaces');
  if (!/^\d+$/.test(days) || Number(days) < 1 || Number(days) > longestDays)
    throw wrong(`--days must be a whole number from 1 to ${longestDays}`);
  return { user, days: Number(days) };
}

function parse(args: readonly string[]) {
  try {
    const known = { days: { type: 'string' }, shared: { type: 'boolean' } } as const;
    return parseArgs({ args: [...args], options: known, allowPositionals: true });
  } catch (error) {
    throw wrong((error as Error).message);
  }
}
