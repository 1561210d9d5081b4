import Message from 'drachtio-srf/lib/sip-parser/message';
import type { IncomingRequest } from '../../../lib/drachtio/messages';
import '../../../lib/drachtio/untyped-srf';

/** An INVITE as the app reads it, without a server; `undefined` leaves a header out. */
export function receivedInvite(
  headers: Record<string, string | undefined> = {},
  { uri = 'sip:bob@ims.example', ...received }: Partial<IncomingRequest> = {},
): IncomingRequest {
  const all: Record<string, string | undefined> = {
    ...{ Via: 'SIP/2.0/UDP 192.0.2.1:5070;branch=z9hG4bK1', From: '<sip:alice@ims.example>;tag=a', CSeq: '150 INVITE' },
    ...{ To: '<sip:bob@ims.example>', 'Call-ID': 'c', Contact: '<sip:alice@192.0.2.1:5070>', ...headers },
  };
  const lines = Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]));
  const message = new Message(`INVITE ${uri} SIP/2.0\r\n${lines.join('\r\n')}\r\n\r\n`);
  const source = { protocol: 'udp', source_address: '192.0.2.1', source_port: 5070, receivedOn: '127.0.0.1:5060' };
  return Object.assign(message as unknown as IncomingRequest, source, received);
}
