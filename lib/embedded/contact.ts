import { isIP, isIPv6 } from 'node:net';
import { EdgeError } from '../errors';
import { parseContact } from '../wire/contact';
import type { TransportName } from '../wire/link';
import { hostPort } from '../wire/sip-uri';

/** How our end of a connection is named where that is not plain TCP. */
export interface Naming {
  /** The transport of a Via: `TLS`, `WS`, `WSS`. */
  readonly via: string;
  /** The transport parameter of a URI: `tls`, `ws`. */
  readonly transport: string;
  /** In place of address and port, where those lead nowhere (RFC 7118 §5.4). */
  readonly host?: string;
}

/** One address and transport that SIP is received on. */
export interface ListeningPoint {
  readonly transport: TransportName;
  /** An IP address, IPv6 without brackets. */
  readonly host: string;
  /** 0 until it is bound, where the contact asked for an ephemeral port. */
  readonly port: number;
  readonly naming?: Naming;
}

/** Where a contact is listened at: an IP address, over UDP and TCP. Port 0: any free one. */
export function listeningPoints(contact: string): ListeningPoint[] {
  const withoutPort = contact.replace(/(?<=[^:]):0(?=;|$)/, '');
  const { address, port, transports } = parseContact(withoutPort);
  const bad = (why: string) => new EdgeError('contact-unusable', `The contact "${contact}" cannot be used: ${why}.`);
  if (isIP(address) === 0) throw bad('its host must be an IP address');
  return transports.map((transport) => {
    if (transport !== 'udp' && transport !== 'tcp') throw bad(`transport ${transport} is not available here`);
    return { transport, host: address, port: withoutPort === contact ? port : 0 };
  });
}

/** As drachtio names it to apps: `udp/192.0.2.1:5060`. */
export function hostport(point: ListeningPoint): string {
  return `${point.transport}/${hostPort(point.host, point.port)}`;
}

/** The URI under which peers reach the point; UDP is the default, others are named. */
export function contactUri(point: ListeningPoint): string {
  const { host, port, transport, naming } = point;
  const at = naming?.host ?? hostPort(host, port);
  return `sip:${at}${transport === 'udp' ? '' : `;transport=${naming?.transport ?? transport}`}`;
}

/** A Via of ours, RFC 3261 §18.1.1; the port is left out if it is 5060; rport (RFC 3581) is asked for on UDP. */
export function viaFor(point: ListeningPoint, branch: string): string {
  const { host, port, transport, naming } = point;
  const sentBy = naming?.host ?? hostPort(host, port === 5060 && naming === undefined ? undefined : port);
  const rport = transport === 'udp' ? ';rport' : '';
  return `SIP/2.0/${naming?.via ?? transport.toUpperCase()} ${sentBy}${rport};branch=${branch}`;
}

export function sameFamily(a: string, b: string): boolean {
  return isIPv6(a) === isIPv6(b);
}
