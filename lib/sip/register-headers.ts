import type { Headers, IncomingRequest, IncomingResponse } from '../drachtio/messages';
import { EdgeError } from '../errors';
import { splitOutsideQuotes } from '../wire/sip-uri';
import { fromUe, towardUe, valueOf, type AccessNetworkInfo } from './trust';

/** What a REGISTER gets on its way to the core (TS 24.229 §5.2.2). */
export interface RegisterAdditions {
  /** URI that leads back over the UE's connection (RFC 3327). */
  path: string;
  chargingVector: string;
  /** Name of the visited network (RFC 7315 §4.3). */
  visitedNetworkId?: string | undefined;
  /** Value of `integrity-protected` in the UE's Authorization; undefined: none. */
  integrityProtected?: string | undefined;
  accessNetworkInfo: AccessNetworkInfo;
}

/** Of one hop; Path is ours to write, a UE has none. */
const hopHeaders = new Set([
  'content-length',
  'max-forwards',
  'path',
  'proxy-require',
  'record-route',
  'require',
  'route',
  'service-route',
  'supported',
  'timestamp',
  'via',
]);

/** Headers of a REGISTER for the registrar. Call-ID, CSeq and tags stay: they order the registrations of a UE. */
export function registerHeaders(request: IncomingRequest, additions: RegisterAdditions): Headers {
  const headers = withoutHop(fromUe(request.headers, additions.accessNetworkInfo));
  const supported = options(request.get('supported'));
  const authorization = valueOf(headers, 'authorization');
  const others = Object.entries(headers).filter(([name]) => !/^(proxy-)?authorization$/i.test(name));
  return {
    ...Object.fromEntries(others),
    ...(authorization !== undefined && {
      Authorization: withIntegrity(authorization, additions.integrityProtected),
    }),
    'Max-Forwards': String(Number(request.get('max-forwards') ?? 70) - 1),
    Path: `<${additions.path}>`,
    Require: [...new Set([...options(request.get('require')), 'path'])].join(', '),
    Supported: [...new Set([...supported, 'path'])].join(', '),
    'P-Charging-Vector': additions.chargingVector,
    ...(additions.visitedNetworkId !== undefined && {
      'P-Visited-Network-ID': `"${additions.visitedNetworkId.replace(/["\\]/g, '\\$&')}"`,
    }),
  };
}

/** Made by the server for each response. */
const transactionHeaders = new Set(['call-id', 'cseq', 'from', 'to']);

/**
 * Headers of the registrar's response for the UE. Route sets stay with the edge, which routes by them; the keys of
 * an AKA challenge never leave the core (TS 33.203 §6.1.1).
 */
export function registerResponseHeaders(response: IncomingResponse): Headers {
  const headers = Object.entries(withoutHop(towardUe(response.headers))).filter(
    ([name]) => !transactionHeaders.has(name.toLowerCase()) && name.toLowerCase() !== 'security-server',
  );
  const required = options(response.get('require'));
  const supported = options(response.get('supported'));
  return {
    ...Object.fromEntries(headers.map(([name, value]) => [name, isChallenge(name) ? withoutKeys(value) : value])),
    ...(required.length > 0 && { Require: required.join(', ') }),
    ...(supported.length > 0 && { Supported: supported.join(', ') }),
  };
}

function withoutHop(headers: Headers): Headers {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !hopHeaders.has(name.toLowerCase())));
}

/** RFC 3329's option is between UE and edge. */
function options(list: string | undefined): string[] {
  return splitOutsideQuotes(list ?? '', ',').filter((option) => option.toLowerCase() !== 'sec-agree');
}

function isChallenge(name: string): boolean {
  return /^(www|proxy)-authenticate$/i.test(name);
}

/** A challenge without `ck` and `ik` (TS 24.229 §5.2.2): the keys between UE and edge. */
export function withoutKeys(challenge: string): string {
  return editParameters(challenge, (name) => name !== 'ck' && name !== 'ik');
}

/**
 * What a UE says of its own protection is not to be believed (TS 24.229 §5.2.2). Throws `sip-invalid` (400) where it is
 * said in a way that only a careless reader would find.
 */
export function withIntegrity(authorization: string, integrityProtected: string | undefined): string {
  const claimless = editParameters(authorization, (name) => name !== 'integrity-protected');
  if (/integrity-protected/i.test(claimless)) {
    throw new EdgeError('sip-invalid', 'The Authorization cannot be read.', { sipStatus: 400 });
  }
  return integrityProtected === undefined ? claimless : `${claimless}, integrity-protected="${integrityProtected}"`;
}

/** `Digest a=1, b="2"`, also with several challenges in one value, without the parameters that are not kept. */
function editParameters(value: string, keep: (name: string) => boolean): string {
  let scheme = '';
  const kept: string[] = [];
  for (const part of splitOutsideQuotes(value, ',')) {
    const [, newScheme, parameter = ''] = /^(?:([\w-]+)\s+(?=[\w-]+\s*=))?(.*)$/s.exec(part) ?? [];
    if (newScheme !== undefined) scheme = newScheme;
    const name = /^([\w-]+)\s*=/.exec(parameter)?.[1]?.toLowerCase();
    if (name !== undefined && !keep(name)) continue;
    kept.push(scheme === '' ? parameter : `${scheme} ${parameter}`);
    scheme = '';
  }
  return kept.join(', ');
}
