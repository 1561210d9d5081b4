import type { Flow } from './flow-token';

/** One contact of one public identity, as the registrar granted it (TS 24.229 §5.2.2). */
export interface Registration {
  /** Public identity that was registered, as a key. */
  aor: string;
  /** What is registered: instance and reg-id where the UE gave them (RFC 5626 §4.2), else the Contact's URI. */
  binding: string;
  flow: Flow;
  /** Route set for requests of the UE, as name-addrs (RFC 3608). */
  serviceRoute: string[];
  /** Public identities that the UE may assert, as name-addrs, the default one first (RFC 7315 §4.1). */
  associated: string[];
  /** By this process's `monotonicNow()`, in ms: a clock that is set right must not end what a registrar granted. */
  expiresAt: number;
}

/**
 * Where registrations are kept. What has expired is not told any more; who keeps it also drops it.
 */
export interface RegistrationStore {
  /** Takes the place of a registration with the same aor and binding. Rejects with `registrations-full` (503). */
  save(registration: Registration): Promise<void>;
  /** Does nothing where there is none. */
  remove(aor: string, binding: string): Promise<void>;
  ofAor(aor: string): Promise<Registration[]>;
  onFlow(flow: Flow): Promise<Registration[]>;
}
