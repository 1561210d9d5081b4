import { addressBytes } from '../ip-address';
import { isWithin, parsePrefix } from '../ip-prefix';
import { hostPort, parseSipUri } from '../wire/sip-uri';

/*
 * A core without a domain of its own, such as a PBX, names those who call by its address: sip:101@10.0.0.5. A UE that
 * calls back reaches the same user by the domain that it is registered in, and so that is what it is shown.
 */

/** Headers that name a user by a URI. */
const naming = [
  ...['From', 'To', 'P-Asserted-Identity', 'P-Called-Party-ID'],
  ...['Refer-To', 'Referred-By', 'Remote-Party-ID', 'Reply-To'],
];

/** Where a URI is to be sent to in its host's place: to a UE, who sends all to its edge, it says nothing. */
const maddr = /;maddr=[^;?<>,\s"]*/gi;

/** Networks that nobody outside can mean (RFC 1918, 6598, 3927, 4193, 4291). */
const inner = [
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.168.0.0/16',
  'fc00::/7',
  'fe80::/10',
  '::1',
].flatMap((text) => parsePrefix(text) ?? []);

/** Where a UE is registered, and addresses of the core that are no inner ones. */
export interface IdentityHosts {
  /** Host of its address of record, as it stands in a URI. */
  domain: string;
  core: readonly string[];
}

/** By what a UE has registered; undefined: it is in no domain. */
export function identityHosts(
  registration: { readonly aor: string } | undefined,
  core: readonly string[],
): IdentityHosts | undefined {
  const { user, host = '', port } = parseSipUri(registration?.aor ?? '') ?? {};
  return user === undefined || host === '' ? undefined : { domain: hostPort(host, port), core };
}

/** Headers of a message for a UE, with its domain in place of addresses of the core. */
export function withShownIdentities(
  headers: Readonly<Record<string, string>>,
  { domain, core }: IdentityHosts,
): Record<string, string> {
  const shown = (value: string) =>
    value
      .replace(maddr, '')
      .replace(/@(?<=\bsips?:[^@<>\s"]+@)(\[[\da-f:.]+\]|[\d.]+)(:\d+)?(?=[;>?,\s]|$)/gi, (all, host: string) =>
        isInside(host.replace(/^\[|\]$/g, ''), core) ? `@${domain}` : all,
      );
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, naming.includes(name) ? shown(value) : value]),
  );
}

function isInside(host: string, core: readonly string[]): boolean {
  const bytes = addressBytes(host);
  return core.includes(host) || (bytes !== undefined && inner.some((prefix) => isWithin(bytes, prefix)));
}
