import { listOf, splitOutsideQuotes } from '../wire/sip-uri';

/*
 * Values that tell hosts of one side, without them. A URI of a header such as Alert-Info would have the UE fetch
 * something of a host: which hosts are of the inside cannot be told by their names, so none pass but those that name
 * no host.
 */

/** Stands for the hosts of the other side in Warnings (RFC 3261 §20.43). */
const pseudonym = 'edge80';

type Hiding = (value: string) => string | undefined;

const urisWithoutHosts = keeping((value) => {
  const [, params] = /^<(?:urn|cid|data):[^<>]*>([^<>]*)$/i.exec(value) ?? [];
  return params !== undefined && !tellsHost(params);
});

/** By the names of headers in lower case. */
const towardUes: ReadonlyMap<string, Hiding> = new Map([
  ['alert-info', urisWithoutHosts],
  ['call-info', urisWithoutHosts],
  ['error-info', urisWithoutHosts],
  ['geolocation', urisWithoutHosts],
  ['feature-caps', indicators],
  ['in-reply-to', keeping((callId) => !callId.includes('@'))],
  ['reason', reasons],
  ['retry-after', withoutComment],
  ['warning', warnings],
]);

/** A header's value as a UE may have it; undefined: nothing of it. The name is given in lower case. */
export function shownToUe(key: string, value: string): string | undefined {
  const hiding = towardUes.get(key);
  return hiding ? hiding(value) : value;
}

/** Warnings with a pseudonym for the host that warns, and without a text that tells a host. */
export function warnings(value: string): string {
  return listOf(value)
    .map((warning) => {
      const [, code = '399', text = '""'] = /^(\d{3}) \S+ (".*")$/.exec(warning) ?? [];
      return `${code} ${pseudonym} ${tellsHost(text) ? '""' : text}`;
    })
    .join(', ');
}

/** Whether a text has an address in it, or a name of three labels or more. */
export function tellsHost(text: string): boolean {
  return tellsAddress(text) || /(?<![a-z\d-])[a-z\d-]+(\.[a-z\d-]+){2}/i.test(text);
}

/** A Contact of a registrar's answer, without what it tells of where the REGISTER came from and by which way. */
export function withoutWay(contact: string): string {
  const isWay = (param: string) => /^(received|path)\s*=/i.test(param);
  return splitOutsideQuotes(contact, ';')
    .filter((param, i) => i === 0 || !isWay(param))
    .join(';');
}

function tellsAddress(text: string): boolean {
  return /(?<!\d)\d+\.\d+\.\d+\.\d+|:[\da-f]*:/i.test(text);
}

/** Reasons (RFC 3326) without parameters that tell a host. */
function reasons(value: string): string {
  return listOf(value)
    .map((reason) => {
      const [protocol = '', ...params] = splitOutsideQuotes(reason, ';');
      return [protocol, ...params.filter((param) => !tellsHost(param))].join(';');
    })
    .join(', ');
}

/** A Retry-After (RFC 3261 §20.33) without the text for people in it. */
function withoutComment(value: string): string {
  const [from, to] = [value.indexOf('('), value.lastIndexOf(')')];
  return from < 0 || to < from ? value : value.slice(0, from).trimEnd() + value.slice(to + 1);
}

/** Feature-Caps (RFC 6809) without indicators that name a server, such as +g.3gpp.atcf-mgmt-uri. */
function indicators(value: string): string | undefined {
  const sets = listOf(value).map((set) =>
    splitOutsideQuotes(set, ';').filter(
      (indicator) => !/\b(sips?|https?):/i.test(indicator) && !tellsAddress(indicator),
    ),
  );
  const left = sets.filter((set) => set.length > 1).map((set) => set.join(';'));
  return left.length > 0 ? left.join(', ') : undefined;
}

/** Of a list, the values that pass. */
function keeping(isKept: (value: string) => boolean): Hiding {
  return (list) => {
    const kept = listOf(list).filter(isKept);
    return kept.length > 0 ? kept.join(', ') : undefined;
  };
}
