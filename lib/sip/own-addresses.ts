import { EdgeError } from '../errors';
import type { Side } from '../media/media-anchor';
import { parseContact, type Contact } from '../wire/contact';
import { hostPort, parseSipUri, type SipUri } from '../wire/sip-uri';
import type { Egress } from './egress';
import { looksLikeFlowToken } from './flow-token';
import type { PcscfSettings } from './pcscf-settings';

/** The addresses under which SIP reaches this edge, on either side: its contacts, and the relay. */
export class ToldAddresses {
  /** The first of those where the core reaches us. */
  readonly core: Contact;
  /** The side of each contact of the SIP server; undefined for those of the access listener. */
  readonly #contacts = new Map<string, Side | undefined>();
  readonly #egress: Egress;

  /** @throws EdgeError `config-invalid` */
  constructor(settings: Pick<PcscfSettings, 'accessContacts' | 'coreContacts' | 'publicContacts'>, egress: Egress) {
    const [access, core] = [settings.accessContacts.map(parseContact), settings.coreContacts.map(parseContact)];
    if (!core[0]) throw new EdgeError('config-invalid', 'There is no core contact.');
    this.core = core[0];
    this.#egress = egress;
    for (const { address, port } of settings.publicContacts.map(parseContact)) {
      this.#contacts.set(key(address, port), undefined);
    }
    for (const { address, port } of access) this.#contacts.set(key(address, port), 'access');
    for (const { address, port } of core) {
      if (this.#contacts.get(key(address, port)) === 'access') {
        throw new EdgeError('config-invalid', `${address}:${port} is both an access and a core contact.`);
      }
      this.#contacts.set(key(address, port), 'core');
    }
  }

  /** The side on whose contact a request arrived. `receivedOn` is `address:port`; undefined: that is no contact of ours. */
  sideOf(receivedOn: string | undefined): Side | undefined {
    const [, address, port] = /^\[?(.*?)\]?:(\d+)$/.exec(receivedOn ?? '') ?? [];
    return address === undefined ? undefined : this.#contacts.get(key(address, Number(port)));
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
