import { EdgeError } from '../errors';
import { credentialsOf } from '../wire/credentials';
import { splitOutsideQuotes } from '../wire/sip-uri';

/**
 * A challenge as a UE may have it: without `ck` and `ik`, the keys between UE and edge (TS 24.229 §5.2.2), and without
 * `domain`, which names servers and means nothing to a phone (RFC 3261 §22.1). The realm has to stay: the UE's answer is
 * computed with it (RFC 8760 §2.4).
 */
export function shownChallenge(challenge: string): string {
  return editParameters(challenge, (name) => name !== 'ck' && name !== 'ik' && name !== 'domain');
}

/**
 * What a UE says of its own protection is not to be believed (TS 24.229 §5.2.2). Throws `sip-invalid` (400) where it is
 * said in a way that only a careless reader would find.
 */
export function withIntegrity(authorization: string, integrityProtected: string | undefined): string {
  const claimless = editParameters(authorization, (name) => name !== 'integrity-protected');
  if (/integrity-protected/i.test(claimless)) {
    throw new EdgeError('sip-invalid', 'The Authorization cannot be read.');
  }
  if (integrityProtected === undefined) return claimless;
  const claims = credentialsOf(claimless).map((each) => `${each}, integrity-protected="${integrityProtected}"`);
  return claims.join(', ');
}

/** `Digest a=1, b="2"`, also several in one value, without the parameters that are not kept. */
function editParameters(value: string, keep: (name: string) => boolean): string {
  const edited = credentialsOf(value).map((each) => {
    const [, scheme = '', parameters = ''] = /^([^\s=,"]+\s+(?=[^\s=]))?(.*)$/s.exec(each) ?? [];
    const kept = splitOutsideQuotes(parameters, ',').filter((parameter) => {
      const name = /^([\w-]+)\s*=/.exec(parameter)?.[1]?.toLowerCase();
      return name === undefined || keep(name);
    });
    return kept.length === 0 ? '' : scheme + kept.join(', ');
  });
  return edited.filter((each) => each !== '').join(', ');
}
