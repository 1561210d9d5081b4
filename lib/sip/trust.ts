import type { Headers } from '../drachtio/messages';
import { isPrivateHeader } from '../wire/private-headers';
import { listOf } from './name-addresses';

/*
 * The edge stands between UEs, which the core does not trust, and the core (RFC 3325 §4, TS 24.229 §5.2.6, §5.2.7):
 * what a UE must not say to the core is taken out, and what the core says among its own.
 */

/** What becomes of the P-Access-Network-Info of UEs (RFC 7315 §5.4): `pass`, `remove`, or the value to send instead. */
export type AccessNetworkInfo = string;

/** Said among the core's own: neither to a UE nor by one. */
const insideTheCore = [
  'cellular-network-info',
  'p-asserted-service',
  'p-charge-info',
  'p-charging-function-addresses',
  'p-charging-vector',
  'p-private-network-indication',
  'p-profile-key',
  'p-served-user',
  'p-user-database',
  'p-visited-network-id',
  'relayed-charge',
  'response-source',
  'restoration-info',
];

/** Said by the core alone: an assertion of a UE would be believed (TS 24.229 §4.4), or so would a PBX's older forms of one. */
const byTheCore = [
  'additional-identity',
  'attestation-info',
  'diversion',
  'feature-caps',
  'history-info',
  'origination-id',
  'p-asserted-identity',
  'p-associated-uri',
  'p-called-party-id',
  'remote-party-id',
  'resource-priority',
];

/** Said by a UE to us: read here, and said anew by us. */
const toTheEdge = ['p-preferred-identity', 'security-client', 'security-server', 'security-verify'];

/** For the core, or about a host of its own. P-Called-Party-ID and an identity that is not private are for the UE as well. */
const notForUes = ['error-info', 'p-access-network-info', 'p-preferred-identity'];

/** Headers of a UE, as the core may get them. */
export function fromUe(headers: Headers, accessNetworkInfo: AccessNetworkInfo): Headers {
  const passed = without(headers, [
    ...insideTheCore,
    ...byTheCore,
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
  const passed = without(headers, [...insideTheCore, ...notForUes, ...(isPrivate ? ['p-asserted-identity'] : [])]);
  const warning = Object.keys(passed).find((name) => name.toLowerCase() === 'warning');
  return warning === undefined ? passed : { ...passed, [warning]: withoutHosts(passed[warning] ?? '') };
}

/** Warnings (RFC 3261 §20.43) with a pseudonym for the host that warns, and without a text that tells an address. */
function withoutHosts(warnings: string): string {
  return listOf(warnings)
    .map((warning) => {
      const [, code = '399', text = '""'] = /^(\d{3}) \S+ (".*")$/.exec(warning) ?? [];
      return `${code} edge80 ${/\d+\.\d+\.\d+\.\d+|:[\da-f]*:/i.test(text) ? '""' : text}`;
    })
    .join(', ');
}

function without(headers: Headers, names: string[]): Headers {
  const kept = Object.entries(headers).filter(
    ([name]) => !names.includes(name.toLowerCase()) && !/^p-dcs-/i.test(name) && !isPrivateHeader(name),
  );
  return Object.fromEntries(kept);
}

/** The value of a header, whose name is given in lower case. */
export function valueOf(headers: Headers, key: string): string | undefined {
  return Object.entries(headers).find(([name]) => name.toLowerCase() === key)?.[1];
}
