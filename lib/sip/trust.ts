import type { Headers } from '../drachtio/messages';
import { isPrivateHeader } from '../wire/private-headers';

/*
 * The edge stands between UEs, which the core does not trust, and the core (RFC 3325 §4, TS 24.229 §5.2.6, §5.2.7):
 * what a UE must not say to the core is taken out, and what the core says among its own.
 */

/** What becomes of the P-Access-Network-Info of UEs (RFC 7315 §5.4): `pass`, `remove`, or the value to send instead. */
export type AccessNetworkInfo = string;

/** Said by the core alone: an assertion of a UE would be believed. */
const ofTheCore = [
  'p-asserted-identity',
  'p-asserted-service',
  'p-called-party-id',
  'p-charging-function-addresses',
  'p-charging-vector',
  'p-private-network-indication',
  'p-profile-key',
  'p-served-user',
  'p-user-database',
  'p-visited-network-id',
];

/** Said by a UE to us: read here, and said anew by us. */
const toTheEdge = ['p-preferred-identity', 'security-client', 'security-server', 'security-verify'];

/** Said among the core's own. P-Called-Party-ID and an identity that is not private are for the UE as well. */
const insideTheCore = [
  'p-access-network-info',
  'p-asserted-service',
  'p-charging-function-addresses',
  'p-charging-vector',
  'p-preferred-identity',
  'p-private-network-indication',
  'p-profile-key',
  'p-served-user',
  'p-user-database',
  'p-visited-network-id',
];

/** Headers of a UE, as the core may get them. */
export function fromUe(headers: Headers, accessNetworkInfo: AccessNetworkInfo): Headers {
  const passed = without(headers, [
    ...ofTheCore,
    ...toTheEdge,
    ...(accessNetworkInfo === 'pass' ? [] : ['p-access-network-info']),
  ]);
  if (accessNetworkInfo !== 'pass' && accessNetworkInfo !== 'remove') {
    passed['P-Access-Network-Info'] = accessNetworkInfo;
  }
  return passed;
}

/** Headers of the core, as a UE may get them: an identity whose owner asked for privacy (RFC 3325 §7) is taken out. */
export function towardUe(headers: Headers): Headers {
  const isPrivate = /\b(id|user|header)\b/i.test(valueOf(headers, 'privacy') ?? '');
  return without(headers, [...insideTheCore, ...(isPrivate ? ['p-asserted-identity'] : [])]);
}

function without(headers: Headers, names: string[]): Headers {
  const kept = Object.entries(headers).filter(
    ([name]) => !names.includes(name.toLowerCase()) && !isPrivateHeader(name),
  );
  return Object.fromEntries(kept);
}

/** The value of a header, whose name is given in lower case. */
export function valueOf(headers: Headers, key: string): string | undefined {
  return Object.entries(headers).find(([name]) => name.toLowerCase() === key)?.[1];
}
