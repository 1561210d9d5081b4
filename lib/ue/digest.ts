import { createHash, randomBytes } from 'node:crypto';
import { EdgeError } from '../errors';

export interface DigestRequest {
  method: string;
  /** The Request-URI. */
  uri: string;
  user: string;
  password: string;
  /** Random unless given. */
  cnonce?: string;
}

const algorithms: Record<string, string> = { md5: 'md5', 'sha-256': 'sha256' };

/**
 * The value of Authorization or Proxy-Authorization for a Digest challenge (RFC 7616 §3.4, RFC 8760), with
 * qop `auth` where it is offered. Throws `challenge-unknown` for what is no Digest, or uses another hash.
 */
export function answerChallenge(challenge: string, { method, uri, user, password, cnonce }: DigestRequest): string {
  const params = challengeParams(challenge);
  const { realm = '', nonce = '', opaque, algorithm = 'MD5', qop } = params;
  const hashName = algorithms[algorithm.toLowerCase()];
  if (hashName === undefined || !/^digest\s/i.test(challenge)) {
    throw new EdgeError(
      'challenge-unknown',
      'The registrar asks for an authentication that is not Digest with MD5 or SHA-256.',
    );
  }
  const hash = (text: string) => createHash(hashName).update(text).digest('hex');
  const secret = hash(`${user}:${realm}:${password}`);
  const target = hash(`${method}:${uri}`);
  const withQop = qop?.split(',').some((option) => option.trim() === 'auth') === true;
  const once = cnonce ?? randomBytes(8).toString('hex');
  const response = withQop
    ? hash(`${secret}:${nonce}:00000001:${once}:auth:${target}`)
    : hash(`${secret}:${nonce}:${target}`);
  return [
    `Digest username="${user}", realm="${realm}", nonce="${nonce}", uri="${uri}", response="${response}"`,
    `algorithm=${algorithm}`,
    ...(opaque === undefined ? [] : [`opaque="${opaque}"`]),
    ...(withQop ? [`qop=auth, nc=00000001, cnonce="${once}"`] : []),
  ].join(', ');
}

function challengeParams(challenge: string): Record<string, string> {
  const params: Record<string, string> = {};
  for (const [, name = '', quoted, bare] of challenge.matchAll(/(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))/g)) {
    params[name.toLowerCase()] = quoted ?? bare ?? '';
  }
  return params;
}
