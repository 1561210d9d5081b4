import type { Flow } from './flow-token';
import type { Binding } from './granted-contacts';

/** One contact of one public identity, as the registrar granted it (TS 24.229 §5.2.2). */
export interface Registration {
  /** Public identity that was registered, as a key. */
  aor: string;
  binding: Binding;
  /** Tells it from others of the same aor; it stays when the UE spells its Contact another way. */
  key: string;
  flow: Flow;
  /** Route set for requests of the UE, as name-addrs (RFC 3608). */
  serviceRoute: string[];
  /** Public identities that the UE may assert, as name-addrs, the default one first (RFC 7315 §4.1). */
  associated: string[];
  /** The private identity, by which the core has authenticated the UE (TS 23.228 §4.3.3.1); undefined: it did not. */
  privateIdentity?: string | undefined;
  /** By this process's `monotonicNow()`, in ms: a clock that is set right must not end what a registrar granted. */
  expiresAt: number;
}

/** Where registrations are kept until they expire. */
export interface RegistrationStore {
  /** Takes the place of a registration with the same aor and key. Rejects with `registrations-full` (503). */
  save(registration: Registration): Promise<void>;
  /** Does nothing where there is none. */
  remove(aor: string, key: string): Promise<void>;
  ofAor(aor: string): Promise<Registration[]>;
  onFlow(flow: Flow): Promise<Registration[]>;
  /** To be told of each that has expired, once it is there no more. */
  on(event: 'expired', listener: (registration: Registration) => void): unknown;
}
