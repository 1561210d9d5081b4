import { splitOutsideQuotes, uriOf } from '../wire/sip-uri';

/** The values of a list header such as Path or P-Associated-URI, as written. */
export function listOf(header: string | undefined): string[] {
  return splitOutsideQuotes(header ?? '', ',');
}

/** A public identity as a key: `sip:user@host` or `tel:+15551234`, of a URI or a name-addr. */
export function identityOf(nameAddress: string): string {
  const uri = uriOf(nameAddress).replace(/[;?].*$/, '');
  const [, scheme = '', rest = uri] = /^(\w+):(.*)$/.exec(uri) ?? [];
  if (/^tel$/i.test(scheme)) return `tel:${rest.replace(/[-.()]/g, '')}`;
  const at = rest.lastIndexOf('@');
  return `${scheme.toLowerCase()}:${rest.slice(0, at + 1)}${rest.slice(at + 1).toLowerCase()}`;
}
