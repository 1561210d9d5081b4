import { addressBytes, isLoopback } from '../ip-address';
import { isWithin, type IpPrefix } from '../ip-prefix';
import { OccasionalLog } from '../ops/occasional-log';
import type { Logger } from '../ops/logger';

/** Who may speak ng to us: whoever can commands all calls. */
export class NgClients {
  readonly #networks: readonly IpPrefix[] | undefined;
  readonly #log: OccasionalLog;
  #refused = 0;

  /** @param networks undefined: this machine alone */
  constructor(networks: readonly IpPrefix[] | undefined, logger: Logger) {
    this.#networks = networks;
    this.#log = new OccasionalLog(logger);
  }

  /** Messages and connections that were not taken. */
  get refused(): number {
    return this.#refused;
  }

  /** Counts and logs whom it does not know. */
  admits(address: string): boolean {
    const bytes = addressBytes(address);
    const isKnown =
      this.#networks === undefined
        ? isLoopback(address)
        : bytes !== undefined && this.#networks.some((network) => isWithin(bytes, network));
    if (isKnown) return true;
    this.#refused += 1;
    this.#log.warn({ client: address }, 'an ng client is not in NG_FROM, and gets no answer');
    return false;
  }
}
