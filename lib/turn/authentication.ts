import { attributeType } from '../ice/stun-attribute';
import { integrityAlgorithm, verifyIntegrity, type StunMessage } from '../ice/stun-message';
import { claimOf, longTermKey, type Claim, type TurnCredentials } from './credentials';
import { textOf, type TurnIntegrity } from './turn-message';

/** Why a request has proved nothing. `no-credentials` is how each client begins. */
export type AuthenticationFault =
  'no-credentials' | 'incomplete' | 'unknown-user' | 'expired' | 'wrong' | 'foreign-nonce';

export type Authentication =
  { claim: Claim; integrity: TurnIntegrity } | { code: 400 | 401 | 438; fault: AuthenticationFault };

export interface Authenticating {
  credentials: TurnCredentials;
  /** Of this connection; it is good for as long as that is. */
  nonce: string;
  /** s since the epoch. */
  now: number;
  /** By whom the connection has its allocation: what has expired since then goes on. */
  holder: Claim | undefined;
}

/** The long-term credential of a request (RFC 8489 §9.2.4). */
export function authenticate(message: StunMessage, against: Authenticating): Authentication {
  const { credentials, nonce, now, holder } = against;
  const algorithm = integrityAlgorithm(message);
  if (algorithm === undefined) return { code: 401, fault: 'no-credentials' };
  const [username, realm, said] = [attributeType.username, attributeType.realm, attributeType.nonce].map((type) =>
    textOf(message, type),
  );
  if (username === undefined || realm === undefined || said === undefined) return { code: 400, fault: 'incomplete' };
  const claim = username === holder?.username ? holder : claimOf(username, credentials);
  if (claim === undefined) return { code: 401, fault: 'unknown-user' };
  const integrity = { key: longTermKey(claim, credentials.realm), algorithm };
  if (!verifyIntegrity(message, integrity.key)) return { code: 401, fault: 'wrong' };
  if (claim !== holder && claim.expiresAt < now) return { code: 401, fault: 'expired' };
  if (said !== nonce) return { code: 438, fault: 'foreign-nonce' };
  return { claim, integrity };
}
