import { parseUri } from '../drachtio/srf';
import { hostPort } from '../wire/sip-uri';
import type { Contact } from './contact';
import type { Egress } from './egress';
import { looksLikeFlowToken } from './flow-token';

/** The addresses under which SIP reaches this edge, on either side: its contacts, and the relay. */
export class OwnAddresses {
  readonly #contacts = new Set<string>();
  readonly #egress: Egress;

  constructor(contacts: Contact[], egress: Egress) {
    this.#egress = egress;
    for (const { address, port } of contacts) this.#contacts.add(key(address, port));
  }

  /** Whether a Request-URI means this edge itself, and not who registered through it. */
  isForUs(uri: string): boolean {
    const parsed = parseUri(uri);
    return !!parsed && !looksLikeFlowToken(parsed.user ?? '') && this.#has(parsed.host, parsed.port);
  }

  /** The user part of a URI that names this edge. */
  userOf(uri: string | undefined): string | undefined {
    const parsed = uri === undefined ? undefined : parseUri(uri);
    return parsed?.user && this.#has(parsed.host, parsed.port) ? parsed.user : undefined;
  }

  #has(host: string | undefined, port: number): boolean {
    if (host === undefined) return false;
    const address = host.replace(/^\[|\]$/g, '');
    if (this.#egress.entry(address) === hostPort(address, port)) return true;
    const isDefault = Number.isNaN(port);
    return this.#contacts.has(key(host, isDefault ? 5060 : port)) || (isDefault && this.#contacts.has(key(host, 5061)));
  }
}

function key(host: string, port: number): string {
  return `${host.replace(/^\[|\]$/g, '').toLowerCase()} ${port}`;
}
