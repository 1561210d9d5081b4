import { randomBytes } from 'node:crypto';
import type { IncomingRequest, SentRequest } from '../drachtio/messages';
import { cancelOf } from '../wire/cancel';
import { responseTo } from '../wire/own-response';
import { parseSipMessage } from '../wire/sip-message';
import { hostPort } from '../wire/sip-uri';
import type { Egress } from './egress';
import { unavailable } from './verdict';

/* Ends what rings in the core once the SIP server is lost, with its transactions, by messages that do not need it. */

/** @param proxy where the INVITE went */
export function cancelPastServer(egress: Egress, invite: SentRequest, proxy: string): void {
  const message = parseSipMessage(invite.raw)?.message;
  if (message) egress.pass(cancelOf(message).toString(), proxy);
}

/** Over UDP alone: a connection has ended with the server, and who had it knows. */
export function refusePastServer(egress: Egress, invite: IncomingRequest): void {
  const { protocol, source_address: address, source_port: port, raw } = invite;
  const message = protocol === 'udp' ? parseSipMessage(raw)?.message : undefined;
  if (!message) return;
  const { status, headers } = unavailable();
  const refusal = responseTo(
    message,
    { status, reason: 'Service Unavailable', headers },
    randomBytes(8).toString('hex'),
  );
  egress.pass(refusal.toString(), `sip:${hostPort(address, port)}`);
}
