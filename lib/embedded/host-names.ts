import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { monotonicNow } from '../ops/clock';

/** How long a name is believed without asking again, ms; and how many are kept. */
const life = 60_000;
const most = 256;

/** Host names of SIP URIs, by the system's resolver (addresses only: no NAPTR, no SRV). */
export class HostNames {
  readonly #known = new Map<string, { address: string; until: number }>();

  /** The address if no lookup is needed. */
  known(host: string): string | undefined {
    if (isIP(host) !== 0) return host;
    const entry = this.#known.get(host.toLowerCase());
    return entry && entry.until > monotonicNow() ? entry.address : undefined;
  }

  /** Calls back at once where no lookup is needed; with `undefined` where there is no such host. */
  resolve(host: string, then: (address: string | undefined) => void): void {
    const known = this.known(host);
    if (known !== undefined) {
      then(known);
      return;
    }
    lookup(host).then(
      ({ address }) => {
        if (this.#known.size >= most) this.#known.clear();
        this.#known.set(host.toLowerCase(), { address, until: monotonicNow() + life });
        then(address);
      },
      () => then(undefined),
    );
  }
}
