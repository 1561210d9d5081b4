import { EventEmitter } from 'node:events';
import { EdgeError } from '../errors';
import { Groups } from '../groups';
import { monotonicNow } from '../ops/clock';
import { ExpiryWheel } from './expiry-wheel';
import { flowKey, type Flow } from './flow-token';
import type { Registration, RegistrationStore } from './registration';

/** Registrations in this process: they end with it. */
export class MemoryRegistrations
  extends EventEmitter<{ expired: [registration: Registration] }>
  implements RegistrationStore
{
  readonly #most: number;
  readonly #now: () => number;
  readonly #byAor = new Map<string, Map<string, Registration>>();
  readonly #byFlow = new Groups<string, Registration>();
  readonly #wheel: ExpiryWheel<Registration>;
  #size = 0;

  /** `most`: registrations; `now`: the clock of `expiresAt`. */
  constructor({ most = 200_000, now = monotonicNow }: { most?: number; now?: () => number } = {}) {
    super();
    this.#most = most;
    this.#now = now;
    this.#wheel = new ExpiryWheel(this.#now, (registration) => {
      this.#drop(registration.aor, registration.key);
      this.emit('expired', registration);
    });
  }

  get size(): number {
    return this.#size;
  }

  /** Those that have not expired, as they come. */
  *all(): Iterable<Registration> {
    for (const bindings of this.#byAor.values()) yield* this.#alive(bindings.values());
  }

  save(registration: Registration): Promise<void> {
    const { aor, key, flow } = registration;
    this.#drop(aor, key);
    if (this.#size >= this.#most) {
      const message = 'There are as many registrations as there may be.';
      return Promise.reject(new EdgeError('registrations-full', message, { retryAfter: 60 }));
    }
    const bindings = this.#byAor.get(aor) ?? new Map<string, Registration>();
    this.#byAor.set(aor, bindings.set(key, registration));
    this.#byFlow.add(flowKey(flow), registration);
    this.#wheel.add(registration, registration.expiresAt);
    this.#size += 1;
    return Promise.resolve();
  }

  remove(aor: string, key: string): Promise<void> {
    this.#drop(aor, key);
    return Promise.resolve();
  }

  ofAor(aor: string): Promise<Registration[]> {
    return Promise.resolve(this.#alive(this.#byAor.get(aor)?.values() ?? []));
  }

  onFlow(flow: Flow): Promise<Registration[]> {
    return Promise.resolve(this.#alive(this.#byFlow.of(flowKey(flow))));
  }

  /** Nothing expires any more. */
  close(): void {
    this.#wheel.close();
  }

  #alive(registrations: Iterable<Registration>): Registration[] {
    return [...registrations].filter(({ expiresAt }) => expiresAt > this.#now());
  }

  #drop(aor: string, key: string): void {
    const bindings = this.#byAor.get(aor);
    const registration = bindings?.get(key);
    if (!bindings || !registration) return;
    bindings.delete(key);
    if (bindings.size === 0) this.#byAor.delete(aor);
    this.#byFlow.delete(flowKey(registration.flow), registration);
    this.#wheel.delete(registration, registration.expiresAt);
    this.#size -= 1;
  }
}
