import type { Headers } from '../drachtio/messages';
import { hostPort, parseSipUri } from '../wire/sip-uri';
import type { DialogIndex, Leg } from './dialog-index';

/*
 * Dialogs that are named in requests: Replaces (RFC 3891), Join (RFC 3911), Target-Dialog (RFC 4538), and the first
 * two in the URI of Refer-To (RFC 3515 §2.1). Who names a leg of a call that passes here means the far end of that
 * call, which knows it by the identifiers of the other leg.
 */

/** Names of the parameters with the tag of him who gets the request, and of him who makes it. */
const tagNames = new Map<string, readonly [receiver: string, sender: string]>([
  ['replaces', ['to-tag', 'from-tag']],
  ['join', ['to-tag', 'from-tag']],
  ['target-dialog', ['remote-tag', 'local-tag']],
]);

/** The headers with each dialog named as the other side knows it; what is none of ours stays as it is. */
export function withDialogsOfOtherSide(headers: Headers, dialogs: DialogIndex): Headers {
  const mapped = Object.entries(headers).map(([name, value]): [string, string] => {
    const key = name.toLowerCase();
    if (key === 'refer-to') return [name, referTo(value, dialogs)];
    return [name, renamed(key, value, dialogs)?.value ?? value];
  });
  return Object.fromEntries(mapped);
}

interface Renamed {
  value: string;
  own: Leg;
  other: Leg;
}

function renamed(header: string, value: string, dialogs: DialogIndex): Renamed | undefined {
  const names = tagNames.get(header);
  if (!names) return undefined;
  const [callId = '', ...params] = value.split(';').map((part) => part.trim());
  const tag = (name: string) =>
    params.find((param) => param.toLowerCase().startsWith(`${name}=`))?.slice(name.length + 1);
  const found = dialogs.find({ callId, localTag: tag(names[0]) ?? '', remoteTag: tag(names[1]) ?? '' });
  if (!found) return undefined;
  const others = params.filter((param) => !names.some((name) => param.toLowerCase().startsWith(`${name}=`)));
  const { other } = found;
  const tags = [`${names[0]}=${other.remoteTag}`, `${names[1]}=${other.localTag}`];
  return { ...found, value: [other.callId, ...tags, ...others].join(';') };
}

/** A Refer-To whose URI names one of our dialogs; a URI that is but our Contact in it becomes the far end's own. */
function referTo(value: string, dialogs: DialogIndex): string {
  const [, before = '', uri = '', fields, after = ''] = /^([^<]*<)([^>?]*)\?([^>]*)(>.*)$/.exec(value) ?? [];
  if (fields === undefined) return value;
  let target = uri;
  const rewritten = fields.split('&').map((field) => {
    const [name = '', text = ''] = field.split(/=(.*)/s);
    const change = renamed(name.toLowerCase(), unescaped(text), dialogs);
    if (!change) return field;
    if (isSameHost(uri, change.own.contact)) target = change.other.party;
    return `${name}=${encodeURIComponent(change.value)}`;
  });
  return `${before}${target}?${rewritten.join('&')}${after}`;
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

function isSameHost(uri: string, contact: string | undefined): boolean {
  const host = hostOf(uri);
  return host !== undefined && contact !== undefined && host === hostOf(contact);
}

/** Host and port as they stand in the URI. */
function hostOf(uri: string): string | undefined {
  const { host = '', port } = parseSipUri(uri) ?? {};
  return host === '' ? undefined : hostPort(host, port).toLowerCase();
}
