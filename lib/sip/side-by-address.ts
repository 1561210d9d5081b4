import { EdgeError } from '../errors';
import type { Side } from '../media/media-anchor';
import type { Contact } from '../wire/contact';

/** Tells access from core by the local address on which a request arrived. */
export class SideByAddress {
  readonly #sides = new Map<string, Side>();

  constructor(access: Contact[], core: Contact[]) {
    for (const contact of access) this.#sides.set(key(contact.address, contact.port), 'access');
    for (const contact of core) {
      if (this.#sides.has(key(contact.address, contact.port))) {
        throw new EdgeError(
          'config-invalid',
          `${contact.address}:${contact.port} is both an access and a core contact.`,
        );
      }
      this.#sides.set(key(contact.address, contact.port), 'core');
    }
  }

  /** `receivedOn` is `address:port`; undefined where that is no contact of ours. */
  of(receivedOn: string | undefined): Side | undefined {
    const parts = /^(.*):(\d+)$/.exec(receivedOn ?? '');
    return parts ? this.#sides.get(key(withoutBrackets(parts[1] ?? ''), Number(parts[2]))) : undefined;
  }
}

function key(address: string, port: number): string {
  return `${address.toLowerCase()} ${port}`;
}

function withoutBrackets(host: string): string {
  return host.replace(/^\[|\]$/g, '');
}
