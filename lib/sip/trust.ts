import type { Headers } from '../drachtio/messages';
import { shownChallenge } from './digest';
import type { HeaderTable, MessageKind } from './header-table';
import { shownToUe, warnings } from './hidden-hosts';

/*
 * The edge stands between UEs, which the core does not trust, and the core (RFC 3325 §4, TS 24.229 §5.2.6, §5.2.7).
 * Which headers pass says header-table.ts; here is what those that pass undergo.
 */

/** What becomes of the P-Access-Network-Info of UEs (RFC 7315 §5.4): `pass`, `remove`, or the value to send instead. */
export type AccessNetworkInfo = string;

/** Headers of a UE, as the core may get them. */
export function fromUe(
  table: HeaderTable,
  kind: MessageKind,
  headers: Headers,
  accessNetworkInfo: AccessNetworkInfo,
): Headers {
  const { 'P-Access-Network-Info': own, Warning: warning, ...passed } = table.passed('core', kind, headers);
  const network = accessNetworkInfo === 'pass' ? own : accessNetworkInfo === 'remove' ? undefined : accessNetworkInfo;
  return {
    ...passed,
    ...(warning !== undefined && { Warning: warnings(warning) }),
    ...(network !== undefined && { 'P-Access-Network-Info': network }),
  };
}

/** Headers that name who calls, and no more if he asked for privacy (RFC 3325 §7). */
const identities = ['P-Asserted-Identity', 'Remote-Party-ID', 'Additional-Identity'];

/** Headers of the core, as a UE may get them. */
export function towardUe(table: HeaderTable, kind: MessageKind, headers: Headers): Headers {
  const passed = table.passed('access', kind, headers);
  const isPrivate = /\b(id|user|header)\b/i.test(passed['Privacy'] ?? '');
  const shown = Object.entries(passed).flatMap(([name, value]): [string, string][] => {
    if (isPrivate && identities.includes(name)) return [];
    if (name === 'Remote-Party-ID' && /;\s*privacy\s*=\s*"?(?!off\b)/i.test(value)) return [];
    if (table.isAdded('access', name)) return [[name, value]];
    const key = name.toLowerCase();
    const mended = key.endsWith('-authenticate') ? shownChallenge(value) : shownToUe(key, value);
    return mended === undefined ? [] : [[name, mended]];
  });
  return Object.fromEntries(shown);
}
