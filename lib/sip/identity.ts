import type { ParsedMessage } from '../drachtio/messages';
import { hasBareName } from '../drachtio/fence/readable-headers';
import { accountNamed } from '../shares/account';
import { listOf, parseSipUri, splitOutsideQuotes, uriOf, withoutParams } from '../wire/sip-uri';
import { identityOf } from '../wire/uri-comparison';
import type { Registration } from './registration';
import { covers, isWildcarded } from './wildcarded-identity';

/**
 * The identities that a registrar granted, each as it may be asserted: a P-Asserted-Identity has no parameters, and names
 * a SIP, SIPS or tel URI (RFC 3325 §9.1), while a P-Associated-URI may have them (RFC 7315 §5.1).
 */
export function associatedIdentities(response: ParsedMessage): string[] {
  return listOf(response.get('p-associated-uri'))
    .filter((identity) => parseSipUri(uriOf(identity)) !== undefined)
    .map((identity) => (hasBareName(identity) ? `<${uriOf(identity)}>` : withoutParams(identity)));
}

/**
 * For whom a UE sends a request, of those that it registered over one flow: who it prefers
 * (P-Preferred-Identity), else whom From names, else whoever it registered first.
 */
export function registrationFor(request: ParsedMessage, registrations: Registration[]): Registration | undefined {
  for (const wish of [...preferred(request), request.get('from') ?? '']) {
    const found = registrations.find(
      ({ aor, associated }) => aor === identityOf(uriOf(wish)) || grantedAs(wish, associated) !== undefined,
    );
    if (found) return found;
  }
  return registrations[0];
}

/**
 * The identity to assert for a UE (TS 24.229 §5.2.6.3, RFC 3325 §6), as a name-addr: the one that it prefers, where it
 * is among those that the core named, else the default one.
 */
export function assertedIdentity(request: ParsedMessage, registration: Registration): string {
  const { associated } = registration;
  return firstGranted(preferred(request), associated) ?? defaultOf(associated) ?? `<${registration.aor}>`;
}

/** The identity of the UE that was called (TS 24.229 §5.2.6.4): P-Called-Party-ID or To, where it is one of its own. */
export function calledIdentity(request: ParsedMessage, registrations: Registration[]): string | undefined {
  const associated = registrations.flatMap((each) => each.associated);
  const wishes = [...listOf(request.get('p-called-party-id')), request.get('to') ?? ''];
  return firstGranted(wishes, associated) ?? defaultOf(associated) ?? registrations.map(({ aor }) => `<${aor}>`)[0];
}

/** All names of the user of these registrations, as `accountNamed` writes them: public ones, the implicit set, private ones. */
export function usersOf(registrations: readonly Registration[]): string[] {
  const names = registrations.flatMap(({ aor, associated, privateIdentity = aor }) => {
    const granted = associated.map(uriOf).filter((uri) => !isWildcarded(uri));
    return [aor, privateIdentity, ...granted];
  });
  return [...new Set(names.map(accountNamed))];
}

/** The private identity that a REGISTER was authenticated by: the user name of its Digest credentials. */
export function privateIdentity(register: ParsedMessage): string | undefined {
  const [, parameters = ''] = /^\s*Digest\s(.*)$/is.exec(register.get('authorization') ?? '') ?? [];
  const names = splitOutsideQuotes(parameters, ',').map((each) => /^\s*username\s*=\s*"(.+)"\s*$/is.exec(each)?.[1]);
  return names.find((name) => name !== undefined)?.replace(/\\(.)/gs, '$1');
}

function preferred(request: ParsedMessage): string[] {
  return listOf(request.get('p-preferred-identity'));
}

/** Those of a UE's registrations that were called; all where none is named. */
export function calledRegistrations(request: ParsedMessage, registrations: Registration[]): Registration[] {
  const called = calledIdentity(request, registrations);
  const identity = called === undefined ? undefined : identityOf(uriOf(called));
  const named = registrations.filter(
    ({ aor, associated }) =>
      aor === identity || (identity !== undefined && grantedAs(identity, associated) !== undefined),
  );
  return named.length > 0 ? named : registrations;
}

function firstGranted(wishes: readonly string[], associated: readonly string[]): string | undefined {
  for (const wish of wishes) {
    const granted = grantedAs(wish, associated);
    if (granted !== undefined) return granted;
  }
  return undefined;
}

/** What the core has granted, as it wrote it; of a wildcard that covers the wish, the wished identity alone. */
function grantedAs(wish: string, associated: readonly string[]): string | undefined {
  const identity = identityOf(uriOf(wish));
  const same = associated.find((each) => !isWildcarded(uriOf(each)) && identityOf(uriOf(each)) === identity);
  return same ?? (associated.some((each) => covers(uriOf(each), identity)) ? `<${identity}>` : undefined);
}

/** A wildcard is nobody's name. */
function defaultOf(associated: readonly string[]): string | undefined {
  return associated.find((each) => !isWildcarded(uriOf(each)));
}
