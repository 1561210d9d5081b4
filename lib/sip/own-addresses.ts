import { hostPort, parseSipUri, type SipUri } from '../wire/sip-uri';
import type { Contact } from '../wire/contact';
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
    const parsed = parseSipUri(uri);
    return !!parsed && !looksLikeFlowToken(parsed.user ?? '') && this.#has(parsed);
  }

  /** The user part of a URI that names this edge. */
  userOf(uri: string | undefined): string | undefined {
    const parsed = uri === undefined ? undefined : parseSipUri(uri);
    return parsed?.user && this.#has(parsed) ? parsed.user : undefined;
  }

  #has({ host, port }: SipUri): boolean {
    const ports = port === undefined ? [5060, 5061] : [port];
    return (
      this.#egress.entry(host) === hostPort(host, port) || ports.some((each) => this.#contacts.has(key(host, each)))
    );
  }
}

function key(host: string, port: number): string {
  return `${host.toLowerCase()} ${port}`;
}
