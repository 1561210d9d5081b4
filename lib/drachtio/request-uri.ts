import { hasSipScheme, parseSipUri } from '../wire/sip-uri';

/**
 * A Request-URI that drachtio-server sends: it refuses `;`, `?` and `,` in a user part, where they may stand as they are
 * (RFC 3261 §25.1, user-unreserved), as those of local numbers do (TS 24.229 §5.1.2A.1.5).
 */
export function withPlainUser(uri: string): string {
  const user = hasSipScheme(uri) ? parseSipUri(uri)?.user : undefined;
  return user === undefined ? uri : uri.replace(user, () => user.replace(/[;?,]/g, encodeURIComponent));
}

/**
 * A SIP URI in place of one of another scheme, at the host of the next hop: drachtio-server dies of a request to a tel URI
 * [06m2], whose number becomes a SIP URI (RFC 3261 §19.1.6), and refuses the others.
 */
export function asSipUri(uri: string, host: string): string {
  if (hasSipScheme(uri)) return uri;
  const { user } = parseSipUri(uri) ?? {};
  return user === undefined ? `sip:${host}` : `sip:${user}@${host};user=phone`;
}
