/** Headers that carry what a UE or a network knows in secret; ck and ik stand in WWW-Authenticate (TS 24.229 §5.2.2). */
const secretHeaders =
  /^((?:proxy-)?authorization|(?:www|proxy)-authenticate|authentication-info)[ \t]*:.*(?:\r?\n[ \t].*)*/gim;

/** Attributes that are keys, and the k= line (RFC 4568, RFC 8839 §5.4, RFC 4567, RFC 8866 §5.12). */
const secretLines = /^(a=(?:crypto|ice-pwd|key-mgmt)|k=)[^\r\n]*/gim;

const blank = '(not shown)';

/** What is read of a message, characters: more is never kept. */
const most = 8192;

/** The beginning of a SIP message as it may be shown: without secrets, and with no body but SDP. */
export function blanked(message: string): string {
  const raw = message.slice(0, most);
  const end = /\r?\n\r?\n/.exec(raw);
  const head = end === null ? raw : raw.slice(0, end.index);
  const body = end === null ? '' : raw.slice(end.index + end[0].length);
  const shown = head.replace(secretHeaders, (_, name: string) => `${name}: ${blank}`);
  if (body.trim() === '') return shown;
  const isSdp = /^(?:content-type|c)[ \t]*:[ \t]*application\/sdp/im.test(head);
  return `${shown}\n\n${isSdp ? blankedSdp(body) : blank}`;
}

/** The same of an SDP by itself. */
export function blankedSdp(sdp: string): string {
  return sdp.slice(0, most).replace(secretLines, (_, name: string) => `${name}: ${blank}`);
}
