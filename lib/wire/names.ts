import { Newest } from '../newest';
import { lookup as systemLookup, Resolver } from 'node:dns/promises';
import { isIP, isIPv6 } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import type { Destination, NextHop } from './link';

/** A place of an SRV record (RFC 2782), most wanted first. */
export interface Service {
  readonly name: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
}

/** Looks names up; rejects where there is nothing. */
export interface Lookups {
  addresses(host: string): Promise<readonly string[]>;
  services(name: string): Promise<readonly Service[]>;
  close(): void;
}

type Found = { readonly address: string; readonly port: number } | undefined;

interface Entry {
  known: Found;
  /** What the last lookup finds; undefined once `known` serves in its place. */
  awaited: Promise<Found> | undefined;
  /** Looked up anew when it is asked for after that. */
  until: number;
  /** What is known serves while it cannot be looked up, until that. */
  usableUntil: number;
}

/**
 * How long an address serves while its name cannot be looked up, ms: far ends name hosts too, and lookups of theirs that
 * nobody answers take up the few at once that the system has.
 */
const staleLife = 3_600_000;

/** How long a lookup is waited for where an address is known from before, ms. */
const patience = 500;

/**
 * Next hops by name (RFC 3263 §4.2 without NAPTR: the URI says the transport): an address is taken as it is, a port
 * means the addresses of the host, and otherwise the SRV records of the transport come first.
 */
export class Names {
  readonly #entries: Newest<string, Entry>;
  readonly #families: ReadonlySet<number>;
  readonly #lookups: Lookups;
  readonly #nameLife: number;
  readonly #now: () => number;
  #isClosed = false;

  /** @param families 4, 6 or both: what can be sent to. */
  constructor(
    families: ReadonlySet<number>,
    limits: { names: number; nameLife: number },
    lookups: Lookups = systemLookups(),
    now: () => number = () => performance.now(),
  ) {
    this.#families = families;
    this.#entries = new Newest(limits.names);
    this.#nameLife = limits.nameLife;
    this.#lookups = lookups;
    this.#now = now;
  }

  /** Calls back at once where no lookup is needed, and not at all once closed. */
  locate(hop: NextHop, then: (destination: Destination | undefined) => void): void {
    const { host, port, transport } = hop;
    const tell = (found: Found) => then(found && { ...found, transport });
    if (isIP(host) !== 0) {
      tell({ address: host, port: port ?? 5060 });
      return;
    }
    const entry = this.#entryOf(hop);
    if (!entry.awaited) {
      tell(entry.known);
      return;
    }
    void entry.awaited.then((found) => {
      if (!this.#isClosed) tell(found);
    });
  }

  /** As `locate`, for the address of a host alone. */
  resolve(host: string, then: (address: string | undefined) => void): void {
    this.locate(addressOnly(host), (found) => then(found?.address));
  }

  /** The address of a host where no lookup is needed: after `resolve`, as long as a name is believed. */
  known(host: string): string | undefined {
    if (isIP(host) !== 0) return host;
    const entry = this.#entries.get(keyOf(addressOnly(host)));
    return entry && entry.until > this.#now() ? entry.known?.address : undefined;
  }

  /** The address of a next hop by name; undefined where there is none, or all is closed. */
  async addressOf(hop: NextHop): Promise<string | undefined> {
    if (this.#isClosed) return undefined;
    const { awaited, known } = this.#entryOf(hop);
    return (awaited ? await awaited : known)?.address;
  }

  close(): void {
    this.#isClosed = true;
    this.#entries.clear();
    this.#lookups.close();
  }

  #entryOf(hop: NextHop): Entry {
    const { host, port, transport } = hop;
    return this.#entry(keyOf(hop), () =>
      port === undefined ? this.#byService(host, transport) : this.#byHost(host, port),
    );
  }

  #entry(key: string, look: () => Promise<Found>): Entry {
    const now = this.#now();
    const standing = this.#entries.get(key);
    const entry = standing ?? { known: undefined, awaited: undefined, until: 0, usableUntil: 0 };
    this.#entries.set(key, entry);
    // Asked once, however many requests wait for it.
    if (entry.until <= now) this.#look(entry, look).catch(() => undefined);
    return entry;
  }

  async #look(entry: Entry, look: () => Promise<Found>): Promise<void> {
    entry.until = Infinity;
    const before = entry.usableUntil > this.#now() ? entry.known : undefined;
    const looking = look().catch(() => undefined);
    const awaited = before
      ? Promise.race([looking, setTimeout(patience, before, { ref: false })]).then((found) => found ?? before)
      : looking;
    entry.awaited = awaited;
    entry.known = await awaited;
    // A name that was not found is looked up again at once.
    if (entry.known) entry.awaited = undefined;
    const found = await looking;
    if (found) entry.usableUntil = this.#now() + staleLife;
    entry.known = found ?? before;
    entry.until = entry.known ? this.#now() + this.#nameLife : 0;
  }

  async #byService(host: string, transport: string): Promise<Found> {
    const records = await this.#lookups.services(`_sip._${transport}.${host}`).catch(() => []);
    // Sending to port 0 throws.
    const services = records.filter(({ port }) => port > 0);
    for (const { name, port } of services.sort((a, b) => a.priority - b.priority || b.weight - a.weight)) {
      const found = await this.#byHost(name, port).catch(() => undefined);
      if (found) return found;
    }
    return records.length > 0 ? undefined : await this.#byHost(host, 5060);
  }

  async #byHost(host: string, port: number): Promise<Found> {
    const addresses = await this.#lookups.addresses(host);
    const address = addresses.find((each) => this.#families.has(isIPv6(each) ? 6 : 4));
    return address === undefined ? undefined : { address, port };
  }
}

function keyOf({ host, port, transport }: NextHop): string {
  return `${transport} ${host.toLowerCase()} ${port ?? ''}`;
}

/** A hop that is looked up by its host alone, without SRV records. */
function addressOnly(host: string): NextHop {
  return { host, port: 5060, transport: 'udp' };
}

/** Addresses by the system (hosts file and all), SRV records by DNS. */
function systemLookups(): Lookups {
  const resolver = new Resolver({ timeout: 2_000, tries: 2 });
  return {
    addresses: async (host) => (await systemLookup(host, { all: true })).map(({ address }) => address),
    services: (name) => resolver.resolveSrv(name),
    close: () => resolver.cancel(),
  };
}
