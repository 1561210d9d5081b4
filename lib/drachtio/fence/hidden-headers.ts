import type { SipMessage } from '../../wire/sip-message';

/*
 * What the parts of the edge tell each other in a message, on its way through the SIP server: listener, relay, the link, and
 * the app. Nobody else may set or see any of it.
 */

const prefix = 'X-Edge80-';

/** Each note by the name of its header, behind the prefix. */
export interface Notes {
  /** App to relay: names the errand that the request is sent on. */
  Errand: string;
  /** Whoever stands before the server to whoever stands behind it: names the body, which is carried past the server. */
  Body: string;
  /** App to link: the message reaches its receiver straight from the server, so that no body can be carried past that. */
  Uncarried: 'yes';
  /** App to link: whose share the body takes, where it is carried. */
  Holder: string;
  /** Listener and relay to app, in an INVITE: its sender requires reliable provisional responses, though Require does not say so. */
  Reliable: 'required';
}

/** The header of a note. */
export function headerOf(note: keyof Notes): string {
  return prefix + note;
}

/** Notes as headers of a message. */
export function headersOf(notes: Partial<Notes>): Record<string, string> {
  return Object.fromEntries(Object.entries(notes).map(([note, value]) => [prefix + note, value]));
}

/** Writes a note into a message. */
export function addNote<Note extends keyof Notes>(message: SipMessage, note: Note, value: Notes[Note]): void {
  message.add(headerOf(note), value);
}

/** The values of a note in a message. */
export function notesIn(message: SipMessage, note: keyof Notes): string[] {
  return message.values(headerOf(note).toLowerCase());
}

/** Takes a note out of a message, and returns it. */
export function takeNote(message: SipMessage, note: keyof Notes): string | undefined {
  const key = headerOf(note).toLowerCase();
  const value = message.get(key);
  if (value !== undefined) message.remove(key);
  return value;
}

/** App to listener: before the name of a header for the UE that the server must not read. */
const hiddenPrefix = `${prefix}Hidden-`;

/**
 * Headers of a 2xx to a REGISTER or SUBSCRIBE that goes by the access listener, with their expiry for the UE's eyes only.
 *
 * From the expiry drachtio-server remembers the connection by the `user@host` of the UE's Contact, and sends there what is
 * for whoever else has the same (private addresses are alike everywhere), whatever next hop the app names [12b, 12f, 12i];
 * and answers 410 once the connection is closed [12d, 12e]. Without an expiry it remembers nothing [12g, 12k].
 */
export function withHiddenExpiry(headers: Readonly<Record<string, string>>): Record<string, string> {
  const shown = (name: string) => (/^(contact|expires)$/i.test(name) ? hiddenPrefix + name : name);
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [shown(name), value]));
}

/** Shows them again, behind the server. */
export function showHidden(message: SipMessage): void {
  for (const { name, value } of message.headers) {
    if (name.startsWith(hiddenPrefix)) message.add(name.slice(hiddenPrefix.length), value);
  }
}

/** Takes all of this out of a message that comes from elsewhere, or goes there. */
export function removePrivate(message: SipMessage): void {
  const isPrivate = (name: string) => name.toLowerCase().startsWith(prefix.toLowerCase());
  if (message.headers.some(({ name }) => isPrivate(name))) {
    message.headers = message.headers.filter(({ name }) => !isPrivate(name));
  }
}
