/**
 * Whether a name-addr has a display name without quotes that is no token (RFC 3261 §25.1), as one with an umlaut. drachtio-server
 * refuses it, and reads nothing more from a TCP connection that it came on (measured, as for all that it cannot read [16a]); an
 * assertion with one that the app gives it takes the whole message with it [02j].
 */
export function hasBareName(nameAddr: string): boolean {
  const [name = ''] = nameAddr.replace(/"(?:[^"\\]|\\.)*("|$)/g, '""').split('<', 1);
  return nameAddr.includes('<') && /[^\t -~]/.test(name);
}
