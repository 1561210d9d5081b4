/**
 * Whom an identity, as `identityOf` writes it, is charged to: one name for all spellings that a registrar may take for
 * the same user. Who registers as `sip:alice@h`, `sips:Alice@h`, `sip:%61lice@h:5060` and so on has one share.
 */
export function accountOf(identity: string): string {
  const [, user = '', host = ''] = /^sips?:(?:([^@]*)@)?(.*)$/i.exec(identity) ?? [];
  if (host === '') return identity.toLowerCase();
  const name = unescaped(user).replace(/[:;].*$/s, '');
  return `${name}@${host.replace(/:\d*$/, '').replace(/\.$/, '')}`.toLowerCase();
}

/** The same for a name that may lack its scheme, or be no URI: of a user of TURN, or a private identity. */
export function accountNamed(name: string): string {
  const bare = name.replace(/^(sips?|tel):/i, '');
  return bare.includes('@') ? accountOf(`sip:${bare}`) : bare.toLowerCase();
}

function unescaped(user: string): string {
  return user.replace(/%([\da-f]{2})/gi, (_escape, code: string) => String.fromCharCode(parseInt(code, 16)));
}
