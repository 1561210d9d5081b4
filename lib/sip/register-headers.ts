import type { Headers, IncomingRequest, IncomingResponse } from '../drachtio/messages';
import { listOf, splitOutsideQuotes, uriOf } from '../wire/sip-uri';
import { identityOf } from '../wire/uri-comparison';
import { withIntegrity } from './digest';
import { hopsLeft } from './header-policy';
import { isAnew, type HeaderTable } from './header-table';
import { withoutWay } from './hidden-hosts';
import { identityHosts, withShownIdentities } from './shown-identities';
import type { PcscfSettings } from './pcscf-settings';
import { fromUe, towardUe } from './trust';

/** What a REGISTER gets on its way to the core (TS 24.229 §5.2.2). */
export interface RegisterAdditions {
  /** URI that leads back over the UE's connection (RFC 3327). */
  path: string;
  chargingVector: string;
  settings: Pick<PcscfSettings, 'visitedNetworkId' | 'integrityProtected' | 'accessNetworkInfo'>;
  table: HeaderTable;
}

/** What tells whose registration it is, and orders those of one UE (RFC 3261 §10.2). */
const registration = new Set(['call-id', 'contact', 'cseq', 'from', 'to']);

/** Headers of a REGISTER for the registrar. Call-ID, CSeq and tags stay: they order the registrations of a UE. */
export function registerHeaders(request: IncomingRequest, additions: RegisterAdditions): Headers {
  const { table, settings } = additions;
  const own = withoutHop(request.headers, (name) => registration.has(name));
  const { Authorization: authorization, ...headers } = fromUe(table, 'request', own, settings.accessNetworkInfo);
  // A claim of protection could stand there, too; a registrar asks for none.
  delete headers['Proxy-Authorization'];
  const supported = options(request.get('supported'));
  return {
    ...headers,
    ...(authorization !== undefined && {
      Authorization: withIntegrity(authorization, settings.integrityProtected),
    }),
    'Max-Forwards': String(hopsLeft(request) - 1),
    Path: `<${additions.path}>`,
    Require: [...new Set([...options(request.get('require')), 'path'])].join(', '),
    Supported: [...new Set([...supported, 'path'])].join(', '),
    'P-Charging-Vector': additions.chargingVector,
    ...(settings.visitedNetworkId !== undefined && {
      'P-Visited-Network-ID': `"${settings.visitedNetworkId.replace(/["\\]/g, '\\$&')}"`,
    }),
  };
}

/**
 * Headers of the registrar's response for the UE. Route sets stay with the edge, which routes by them, and so does a
 * Contact that names another registrar to go to.
 */
export function registerResponseHeaders(table: HeaderTable, response: IncomingResponse): Headers {
  const hasBindings = response.status < 300;
  const own = withoutHop(response.headers, (name) => name === 'unsupported' || (name === 'contact' && hasBindings));
  const { Contact: contacts, ...passed } = towardUe(table, 'response', own);
  const hosts = identityHosts({ aor: identityOf(uriOf(response.get('to') ?? '')) }, []);
  const headers = hosts ? withShownIdentities(passed, hosts) : passed;
  const required = options(response.get('require'));
  const supported = options(response.get('supported'));
  return {
    ...headers,
    ...(contacts !== undefined && { Contact: listOf(contacts).map(withoutWay).join(', ') }),
    ...(required.length > 0 && { Require: required.join(', ') }),
    ...(supported.length > 0 && { Supported: supported.join(', ') }),
  };
}

function withoutHop(headers: Headers, isKept: (name: string) => boolean): Headers {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !isAnew(name) || isKept(name.toLowerCase())));
}

/** RFC 3329's option is between UE and edge. */
function options(list: string | undefined): string[] {
  return splitOutsideQuotes(list ?? '', ',').filter((option) => option.toLowerCase() !== 'sec-agree');
}
