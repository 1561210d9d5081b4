import { randomUUID } from 'node:crypto';
import { EdgeError } from '../errors';
import { parseSipMessage, SipMessage } from '../wire/sip-message';
import { hostPort } from '../wire/sip-uri';
import { EdgeConnection, type SipTransport } from './edge-connection';

export interface AskingOptions {
  edge: { host: string; port: number };
  transport: SipTransport;
  /** How long the edge may take, from the first packet on, ms. */
  patience: number;
}

/**
 * Asks the edge whether it takes calls, by an OPTIONS of nobody (RFC 3261 §11), and resolves with the status of its
 * answer. Rejects with why there is no connection, or `edge-unreachable`.
 */
export async function askOptions({ edge, transport, patience }: AskingOptions): Promise<number> {
  const connection = new EdgeConnection({ edge, transport });
  const carriage = connection.dial();
  const where = `The edge at ${hostPort(edge.host, edge.port)}`;
  try {
    return await new Promise<number>((resolve, reject) => {
      const failed = (how: string) =>
        reject(connection.failure ?? new EdgeError('edge-unreachable', `${where} ${how}.`));
      const late = setTimeout(() => failed(`does not answer SIP within ${patience / 1000} s`), patience);
      carriage.open({
        connected: () => undefined,
        arrived: (chunk) => {
          for (const unit of carriage.units(chunk)) {
            const status = unit.kind === 'message' ? parseSipMessage(unit.text)?.message.status : undefined;
            if (unit.kind === 'broken') failed('answers, but not by SIP');
            else if (status !== undefined && status >= 200) {
              clearTimeout(late);
              resolve(status);
            }
          }
        },
        ended: () => {
          clearTimeout(late);
          failed('ends the connection without an answer');
        },
      });
      carriage.write(optionsFor(hostPort(edge.host, edge.port), connection.naming.via).toString());
    });
  } finally {
    carriage.destroy();
  }
}

/** @param edge asks it, and not who registered there */
function optionsFor(edge: string, via: string): SipMessage {
  const name = `${randomUUID()}.invalid`;
  return new SipMessage(`OPTIONS sip:${edge} SIP/2.0`)
    .add('Via', `SIP/2.0/${via} ${name};branch=z9hG4bK${randomUUID()};rport`)
    .add('Max-Forwards', '1')
    .add('From', `<sip:doctor@${name}>;tag=${randomUUID()}`)
    .add('To', `<sip:${edge}>`)
    .add('Call-ID', randomUUID())
    .add('CSeq', '1 OPTIONS')
    .add('Accept', 'application/sdp');
}
