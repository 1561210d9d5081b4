/**
 * Whether a name-addr has a display name without quotes that is no token (RFC 3261 §25.1), as one with an umlaut. drachtio-server
 * refuses it, and reads nothing more from a TCP connection that it came on.
 */
export function hasBareName(nameAddr: string): boolean {
  const [name = ''] = nameAddr.replace(/"(?:[^"\\]|\\.)*("|$)/g, '""').split('<', 1);
  return nameAddr.includes('<') && /[^\t -~]/.test(name);
}
