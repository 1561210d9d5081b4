import { EdgeError } from '../errors';
import type { Side } from '../media/media-anchor';
import { headerKey } from '../wire/sip-message';

/*
 * The one table of what passes from one side to the other. A header that is not here does not: it may tell of the
 * inside, and what nobody has thought of must not be believed either. An operator adds names by PASS_HEADERS_TO_UE and
 * PASS_HEADERS_TO_CORE.
 *
 * Left out with intent, toward UEs: Server and User-Agent (which software the core and its servers are), History-Info
 * and Diversion (each entry names a Request-URI of the inside; RFC 7044 §10.1 lets the edge of a trust domain remove
 * them), Authorization and Proxy-Authorization (credentials of others), P-Charging-Vector and all that 3GPP defines
 * between servers (TS 24.229 §4.4, §4.5). Toward the core: what is believed there when it comes from this edge, such as
 * P-Served-User, P-Asserted-Service, History-Info, Diversion, Remote-Party-ID and Resource-Priority.
 */

/** In which messages of one direction a header passes. `edge`: in none as its sender wrote it; the edge writes its own. */
type Passage = 'both' | 'requests' | 'responses' | 'none' | 'edge';

type Row = readonly [name: string, toCore: Passage, toUe: Passage, why: string];

/** Of a hop, a transaction or a dialog, of which each side has its own: the edge writes them anew, if at all. */
const anew: readonly (readonly [name: string, why: string])[] = [
  ['Call-ID', 'each side has its own dialogs; a REGISTER keeps it (register-headers.ts)'],
  ['Contact', 'the SIP server’s own; that of a REGISTER is the UE’s binding (register-headers.ts)'],
  ['Content-Encoding', 'of a body that passes as it is (header-policy.ts)'],
  ['Content-Length', 'the SIP server counts'],
  ['Content-Type', 'of a body that passes as it is; SDP does not (header-policy.ts)'],
  ['CSeq', 'each side counts its own; a REGISTER keeps it (register-headers.ts)'],
  ['From', 'without its tag (header-policy.ts); a REGISTER keeps it'],
  ['Max-Forwards', 'counted down (header-policy.ts)'],
  ['Min-SE', 'session timers are those of each side (session-expires.ts)'],
  ['Path', 'the edge’s own, toward the registrar alone (register-headers.ts)'],
  ['Proxy-Require', 'met here, or refused with 420 (request-admission.ts)'],
  ['RAck', 'each side acknowledges for itself (reliable-provisional.ts)'],
  ['Record-Route', 'the route of one side'],
  ['Require', 'without the options of a hop (header-policy.ts)'],
  ['Route', 'the route of one side: Service-Route (originating.ts)'],
  ['RSeq', 'each side counts its own (reliable-provisional.ts)'],
  ['Service-Route', 'kept here as the route of the UE (registrar.ts)'],
  ['Session-Expires', 'session timers are those of each side (session-expires.ts)'],
  ['Supported', 'without the options of a hop (header-policy.ts)'],
  ['Timestamp', 'measures one hop (RFC 3261 §20.38)'],
  ['To', 'without its tag (header-policy.ts); a REGISTER keeps it'],
  ['Unsupported', 'answers a Require that passed (header-policy.ts)'],
  ['Via', 'the way of one side'],
];

const endToEnd: readonly Row[] = [
  // What a body and a session may be
  ['Accept', 'both', 'both', 'RFC 3261 §20.1'],
  ['Accept-Encoding', 'both', 'both', 'RFC 3261 §20.2'],
  ['Accept-Language', 'both', 'both', 'RFC 3261 §20.3'],
  ['Allow', 'both', 'both', 'RFC 3261 §20.5'],
  ['Content-Disposition', 'both', 'both', 'RFC 3261 §20.11'],
  ['Content-ID', 'both', 'both', 'RFC 8262: cid: URIs of other headers point to it'],
  ['Content-Language', 'both', 'both', 'RFC 3261 §20.13'],
  ['Content-Transfer-Encoding', 'both', 'both', 'phones write it over the binary body of a short message'],
  ['MIME-Version', 'both', 'both', 'RFC 3261 §20.24'],
  ['Recv-Info', 'both', 'both', 'RFC 6086'],
  ['Info-Package', 'requests', 'requests', 'RFC 6086'],

  // Who calls whom
  ['Additional-Identity', 'none', 'both', 'TS 24.174: asserted by the core'],
  ['Identity', 'requests', 'requests', 'RFC 8224: signed by its maker'],
  ['Organization', 'both', 'both', 'RFC 3261 §20.25'],
  ['P-Asserted-Identity', 'edge', 'both', 'RFC 3325: ue-policy.ts asserts it; not of who asks for privacy (trust.ts)'],
  ['P-Associated-URI', 'none', 'responses', 'RFC 7315 §4.1: the identities that a UE has'],
  ['P-Called-Party-ID', 'none', 'requests', 'RFC 7315 §4.2: which of its identities is called'],
  ['P-Preferred-Identity', 'edge', 'none', 'RFC 3325: read, and asserted where it may be (identity.ts)'],
  ['Privacy', 'both', 'both', 'RFC 3323; what the edge does for it: trust.ts'],
  ['Referred-By', 'requests', 'requests', 'RFC 3892'],
  ['Remote-Party-ID', 'none', 'both', 'how PBXs name a caller; not of who asks for privacy (trust.ts)'],
  ['Reply-To', 'both', 'both', 'RFC 3261 §20.31'],

  // What a call is like
  ['Accept-Contact', 'requests', 'requests', 'RFC 3841: which feature or service is meant'],
  ['Alert-Info', 'both', 'both', 'RFC 3261 §20.4, RFC 7462: how to ring; URIs with a host: hidden-hosts.ts'],
  ['Answer-Mode', 'both', 'both', 'RFC 5373'],
  ['Priv-Answer-Mode', 'both', 'both', 'RFC 5373'],
  ['Call-Info', 'both', 'both', 'RFC 3261 §20.9; URIs with a host: hidden-hosts.ts'],
  ['Date', 'both', 'both', 'RFC 3261 §20.17'],
  ['Expires', 'both', 'both', 'RFC 3261 §20.19'],
  ['In-Reply-To', 'requests', 'requests', 'RFC 3261 §20.21; Call-IDs with a host: hidden-hosts.ts'],
  ['Max-Breadth', 'requests', 'requests', 'RFC 5393: bounds forks'],
  ['P-Answer-State', 'none', 'both', 'RFC 4964: said by push-to-talk servers'],
  ['P-Early-Media', 'both', 'both', 'RFC 5009'],
  ['P-Preferred-Service', 'requests', 'none', 'RFC 6050: a wish, which the core judges'],
  ['P-Refused-URI-List', 'none', 'responses', 'RFC 5318'],
  ['Priority', 'requests', 'requests', 'RFC 3261 §20.26'],
  ['Reason', 'both', 'both', 'RFC 3326, RFC 6432; addresses in its text: hidden-hosts.ts'],
  ['Reject-Contact', 'requests', 'requests', 'RFC 3841'],
  ['Request-Disposition', 'requests', 'requests', 'RFC 3841'],
  ['Accept-Resource-Priority', 'none', 'responses', 'RFC 4412'],
  ['Resource-Priority', 'none', 'both', 'RFC 4412: granted by the core'],
  ['Session-ID', 'both', 'both', 'RFC 7989: tells no address'],
  ['Subject', 'requests', 'requests', 'RFC 3261 §20.36'],
  ['User-to-User', 'both', 'both', 'RFC 7433'],

  // Dialogs that are named: named-dialogs.ts writes them as the other side knows them
  ['Join', 'requests', 'requests', 'RFC 3911'],
  ['Refer-Sub', 'both', 'both', 'RFC 4488'],
  ['Refer-To', 'requests', 'requests', 'RFC 3515'],
  ['Replaces', 'requests', 'requests', 'RFC 3891'],
  ['Target-Dialog', 'requests', 'requests', 'RFC 4538'],

  // Events and presence
  ['Allow-Events', 'both', 'both', 'RFC 6665'],
  ['Event', 'both', 'both', 'RFC 6665'],
  ['Min-Expires', 'responses', 'responses', 'RFC 3261 §20.23'],
  ['SIP-ETag', 'responses', 'both', 'RFC 3903; in NOTIFY: RFC 5839'],
  ['SIP-If-Match', 'requests', 'requests', 'RFC 3903'],
  ['Subscription-State', 'requests', 'requests', 'RFC 6665'],
  ['Suppress-If-Match', 'requests', 'requests', 'RFC 5839'],
  ['Permission-Missing', 'responses', 'responses', 'RFC 5360'],
  ['Trigger-Consent', 'requests', 'requests', 'RFC 5360'],
  ['Policy-Contact', 'none', 'responses', 'RFC 6794: where a UE is to ask for its policy'],
  ['Policy-ID', 'requests', 'none', 'RFC 6794'],

  // Messaging of RCS (OMA CPM, GSMA RCC.07)
  ['Contribution-ID', 'both', 'both', 'OMA CPM'],
  ['Conversation-ID', 'both', 'both', 'OMA CPM'],
  ['InReplyTo-Contribution-ID', 'both', 'both', 'OMA CPM'],
  ['Session-Replaces', 'both', 'both', 'OMA CPM'],

  // Who may do that
  ['Authentication-Info', 'none', 'responses', 'RFC 3261 §20.6'],
  ['Authorization', 'requests', 'none', 'RFC 3261 §20.7; in REGISTER: register-headers.ts'],
  ['Proxy-Authenticate', 'none', 'responses', 'RFC 3261 §20.27; its keys and hosts: digest.ts'],
  ['Proxy-Authorization', 'requests', 'none', 'RFC 3261 §20.28'],
  ['WWW-Authenticate', 'none', 'responses', 'RFC 3261 §20.44; its keys and hosts: digest.ts'],

  // What went wrong
  ['Error-Info', 'none', 'responses', 'RFC 3261 §20.18; URIs with a host: hidden-hosts.ts'],
  ['Geolocation-Error', 'responses', 'responses', 'RFC 6442'],
  ['Retry-After', 'responses', 'responses', 'RFC 3261 §20.33; its comment: hidden-hosts.ts'],
  ['Warning', 'both', 'both', 'RFC 3261 §20.43; its hosts: hidden-hosts.ts'],

  // Access network, location, charging
  ['Feature-Caps', 'none', 'both', 'RFC 6809; indicators with a host: hidden-hosts.ts'],
  ['Flow-Timer', 'none', 'responses', 'RFC 5626: the registrar’s, else the edge’s (registering.ts)'],
  ['Geolocation', 'requests', 'requests', 'RFC 6442; URIs with a host: hidden-hosts.ts'],
  ['Geolocation-Routing', 'requests', 'requests', 'RFC 6442'],
  ['P-Access-Network-Info', 'both', 'none', 'RFC 7315 §5.4: as ACCESS_NETWORK_INFO says (trust.ts)'],
  ['P-Charging-Vector', 'edge', 'none', 'RFC 7315 §4.6: ue-policy.ts, register-headers.ts'],
  ['P-Visited-Network-ID', 'edge', 'none', 'RFC 7315 §4.3: register-headers.ts'],

  // Which phone it is
  ['Server', 'responses', 'none', 'RFC 3261 §20.35'],
  ['User-Agent', 'both', 'none', 'RFC 3261 §20.41'],

  // Between UE and edge
  ['Security-Client', 'edge', 'edge', 'RFC 3329: the edge has no IPsec, and says nothing'],
  ['Security-Server', 'edge', 'edge', 'RFC 3329'],
  ['Security-Verify', 'edge', 'edge', 'RFC 3329'],
];

/** Headers to pass besides those of the table, by what they are on the way to. */
export type MoreHeaders = Readonly<Partial<Record<Side, readonly string[] | undefined>>>;

export type MessageKind = 'request' | 'response';

interface Passing {
  /** As it is written. */
  readonly name: string;
  readonly in: Passage;
}

/** Which headers pass from one side to the other. */
export class HeaderTable {
  readonly #rows: Readonly<Record<Side, ReadonlyMap<string, Passing>>>;
  readonly #more: Readonly<Record<Side, ReadonlySet<string>>>;

  /** @throws EdgeError `config-invalid` for a name in `more` that only the edge writes. */
  constructor(more: MoreHeaders = {}) {
    const rows = { core: rowsToward('core'), access: rowsToward('access') };
    for (const side of ['core', 'access'] as const) {
      for (const name of more[side] ?? []) {
        if (isWrittenHere(name)) throw new EdgeError('config-invalid', `${name} is written by the edge alone.`);
        const spelling = rows[side].get(headerKey(name))?.name ?? name;
        rows[side].set(headerKey(name), { name: spelling, in: 'both' });
      }
    }
    this.#rows = rows;
    this.#more = { core: keysOf(more.core), access: keysOf(more.access) };
  }

  /** What of `headers` may go to a side; what the edge writes anew is taken for written. Names come in their long form. */
  passed(to: Side, kind: MessageKind, headers: Readonly<Record<string, string>>): Record<string, string> {
    const passed = new Map<string, string>();
    for (const [name, value] of Object.entries(headers)) {
      const row = this.#rows[to].get(headerKey(name));
      if (row === undefined || (row.in !== 'both' && row.in !== `${kind}s`)) continue;
      const before = passed.get(row.name);
      passed.set(row.name, before === undefined ? value : `${before}, ${value}`);
    }
    return Object.fromEntries(passed);
  }

  /** Whether the operator added the header: then it passes as it is. */
  isAdded(to: Side, name: string): boolean {
    return this.#more[to].has(headerKey(name));
  }
}

const anewKeys = keysOf(anew.map(([name]) => name));

/** Whether each side has a header of its own, so that one that was received never goes on. */
export function isAnew(name: string): boolean {
  return anewKeys.has(headerKey(name));
}

/** Whether nobody but the edge may write a header toward one of the sides. */
export function isWrittenHere(name: string): boolean {
  const row = endToEnd.find(([each]) => headerKey(each) === headerKey(name));
  return isAnew(name) || row?.[1] === 'edge' || row?.[2] === 'edge' || /^x-edge80-/i.test(name);
}

function rowsToward(side: Side): Map<string, Passing> {
  const rows = new Map<string, Passing>();
  for (const [name] of anew) rows.set(headerKey(name), { name, in: 'both' });
  for (const [name, toCore, toUe] of endToEnd) rows.set(headerKey(name), { name, in: side === 'core' ? toCore : toUe });
  return rows;
}

function keysOf(names: readonly string[] = []): ReadonlySet<string> {
  return new Set(names.map(headerKey));
}
