import type { SipMessage } from '../drachtio/messages';
import { identityOf } from '../wire/sip-uri';
import { listOf } from './name-addresses';
import type { Registration } from './registration';

/**
 * For whom a UE sends a request, of those that it registered over one flow: who it prefers
 * (P-Preferred-Identity), else whom From names, else whoever it registered first.
 */
export function registrationFor(request: SipMessage, registrations: Registration[]): Registration | undefined {
  const wished = [...preferred(request), request.get('from') ?? ''].map(identityOf);
  for (const identity of wished) {
    const found = registrations.find((each) => identities(each).includes(identity));
    if (found) return found;
  }
  return registrations[0];
}

/**
 * The identity to assert for a UE (TS 24.229 §5.2.6.3, RFC 3325 §6), as a name-addr: the one that it prefers, where it
 * is among those that the core named, else the default one.
 */
export function assertedIdentity(request: SipMessage, registration: Registration): string {
  const associated = registration.associated;
  for (const wish of preferred(request)) {
    const granted = associated.find((each) => identityOf(each) === identityOf(wish));
    if (granted !== undefined) return granted;
  }
  return associated[0] ?? `<${registration.aor}>`;
}

/** The identity of the UE that was called (TS 24.229 §5.2.6.4): P-Called-Party-ID or To, where it is one of its own. */
export function calledIdentity(request: SipMessage, registrations: Registration[]): string | undefined {
  const wished = [...listOf(request.get('p-called-party-id')), request.get('to') ?? ''].map(identityOf);
  const associated = registrations.flatMap(({ associated }) => associated);
  for (const identity of wished) {
    const found = associated.find((each) => identityOf(each) === identity);
    if (found !== undefined) return found;
  }
  return associated[0];
}

function preferred(request: SipMessage): string[] {
  return listOf(request.get('p-preferred-identity'));
}

function identities({ aor, associated }: Registration): string[] {
  return [aor, ...associated.map(identityOf)];
}
