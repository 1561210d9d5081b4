import type { RelaysOfUe } from '../../lib/ue/packet-ports';
import { hostPort, wrong } from './option-values';

interface GivenTurn {
  turn?: string | undefined;
  'relay-only': boolean;
  'no-ice': boolean;
}

/** Throws `options-wrong`. A user name may have colons and an at sign in it, as those of time-limited credentials. */
export function turnOptions(given: GivenTurn, defaultPort: number): RelaysOfUe | undefined {
  const { turn, 'relay-only': alone, 'no-ice': noIce } = given;
  if (turn === undefined) {
    if (alone) throw wrong('--relay-only wants --turn beside it');
    return undefined;
  }
  if (noIce) throw wrong('--turn and --no-ice exclude each other');
  const [, username = '', password = '', server = ''] = /^(.+):([^:@]+)@([^@]+)$/.exec(turn) ?? [];
  if (server === '') throw wrong('--turn wants USER:PASSWORD@HOST[:PORT]');
  return { ...hostPort('--turn', server, defaultPort), username, password, alone };
}
