import { cancelOf } from '../wire/cancel';
import { responseTo, type OwnResponse } from '../wire/own-response';
import { parseSipMessage } from '../wire/sip-message';
import { hostPort } from '../wire/sip-uri';
import type { IncomingRequest, SentRequest } from './messages';

/*
 * What ends a call that rings in the core once the SIP server is lost, without the server: an INVITE that came for a lost app
 * stays without a final response [13e], and the 200 to one of a lost app without ACK and BYE [13f].
 */

/** The CANCEL of an INVITE that the server has sent. */
export function cancelPastServer(invite: SentRequest): string | undefined {
  const message = parseSipMessage(invite.raw)?.message;
  return message && cancelOf(message).toString();
}

/**
 * The refusal of an INVITE that came to the server, and where it goes. Over UDP alone: a connection has ended with the
 * server, and who had it knows.
 */
export function refusalPastServer(
  { protocol, source_address: address, source_port: port, raw }: IncomingRequest,
  answer: OwnResponse,
): { text: string; uri: string } | undefined {
  const message = protocol === 'udp' ? parseSipMessage(raw)?.message : undefined;
  return message && { text: responseTo(message, answer).toString(), uri: `sip:${hostPort(address, port)}` };
}
