import { EdgeError } from '../errors';
import { parseSipUri } from './sip-uri';

/** A contact in the manner of drachtio, such as `sip:198.51.100.1:5060;transport=udp,tcp`. */
export interface Contact {
  /** IPv6 addresses without brackets. */
  address: string;
  port: number;
  /** Of udp, tcp, tls, ws, wss; where none is named, UDP and TCP for sip, TLS for sips. */
  transports: string[];
  /** Whether TLS is all that it takes. */
  isSecure: boolean;
}

/** Throws `config-invalid` for what is no contact. */
export function parseContact(text: string): Contact {
  const [uri, ...rest] = text.split(';');
  const { scheme, host, port, user } = parseSipUri(uri ?? '') ?? {};
  const transport = /^transport=((udp|tcp|tls|ws|wss)(,(udp|tcp|tls|ws|wss))*)$/.exec(rest.join(';'))?.[1];
  const isContact = host && user === undefined && !text.includes('?') && (rest.length === 0 || transport !== undefined);
  if (!isContact) throw new EdgeError('config-invalid', `${text} is no SIP contact.`);
  const isSecure = scheme === 'sips' || transport === 'tls' || transport === 'wss';
  return {
    address: host,
    port: port ?? (isSecure ? 5061 : 5060),
    transports: transport?.split(',') ?? (scheme === 'sips' ? ['tls'] : ['udp', 'tcp']),
    isSecure,
  };
}

/** The addresses in contacts, each once: `sip:[2001:db8::1]:5060` → `2001:db8::1`. */
export function contactHosts(contacts: readonly string[]): string[] {
  return [...new Set(contacts.map((text) => parseContact(text).address))];
}
