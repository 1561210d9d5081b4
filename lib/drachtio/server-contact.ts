import type { IncomingRequest } from './messages';

/**
 * The Contact (a name-addr) by which the server names itself toward the sender of an INVITE: it writes that into a 2xx and a
 * reliable provisional response by itself, but into no other message of the dialog [section 5, 17d].
 */
export function serverContact({ receivedOn, protocol }: IncomingRequest): string | undefined {
  if (receivedOn === undefined) return undefined;
  return `<sip:${receivedOn}${protocol === 'udp' ? '' : `;transport=${protocol}`}>`;
}
