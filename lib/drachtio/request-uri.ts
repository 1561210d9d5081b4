/**
 * A Request-URI that drachtio-server sends: it refuses `;`, `?` and `,` in a user part, where they may stand as they are
 * (RFC 3261 §25.1, user-unreserved), as those of local numbers do (TS 24.229 §5.1.2A.1.5).
 */
export function withPlainUser(uri: string): string {
  const [, scheme = '', user = ''] = /^(sips?:)([^@]*)@/i.exec(uri) ?? [];
  const escaped = user.replace(/[;?,]/g, encodeURIComponent);
  return `${scheme}${escaped}${uri.slice(scheme.length + user.length)}`;
}

/**
 * A SIP URI in place of one of another scheme, at the host of the next hop: drachtio-server dies of a request to a tel URI,
 * whose number becomes a SIP URI (RFC 3261 §19.1.6), and refuses the others.
 */
export function asSipUri(uri: string, host: string): string {
  if (/^sips?:/i.test(uri)) return uri;
  return /^tel:/i.test(uri) ? `sip:${uri.slice('tel:'.length)}@${host};user=phone` : `sip:${host}`;
}
