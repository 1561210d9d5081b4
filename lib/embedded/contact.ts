import { isIP, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { EdgeError } from '../errors';
import type { TransportName } from '../wire/link';
import { hostPort, parseSipUri } from '../wire/sip-uri';

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

/**
 * Reads a contact in drachtio's syntax, `sip:192.0.2.1:5060;transport=udp,tcp`: an IP address or `*` for all
 * IPv4 addresses of the machine, port 5060 if none is given (0: any free one), transports udp and tcp
 * (both if none is given).
 */
export function parseContact(contact: string): ListeningPoint[] {
  const bad = (why: string) => new EdgeError('contact-unusable', `The contact "${contact}" cannot be used: ${why}.`);
  const text = contact.trim().replace(/^<(.*)>$/, '$1');
  const all = /^sip:\*(?=[:;]|$)/i.test(text);
  const port = /^sip:(?:\[[^\]]*\]|[^:;]*):(\d+)/i.exec(text)?.[1];
  const uri = parseSipUri(
    text.replace(/^sip:\*/i, 'sip:0.0.0.0').replace(/^(sip:(?:\[[^\]]*\]|[^:;]*)):0(?=;|$)/i, '$1'),
  );
  if (uri?.scheme !== 'sip') throw bad('it is no SIP URI like sip:192.0.2.1:5060;transport=udp,tcp');
  if (isIP(uri.host) === 0) throw bad('its host must be an IP address');
  const names = (uri.params.get('transport') ?? 'udp,tcp').toLowerCase().split(',');
  const transports = names.map((name) => {
    if (name !== 'udp' && name !== 'tcp') throw bad(`transport ${name} is not available here, only udp and tcp`);
    return name;
  });
  const hosts = all || uri.host === '0.0.0.0' ? ownIpv4Addresses() : [uri.host];
  return hosts.flatMap((host) =>
    transports.map((transport) => ({ transport, host, port: port === undefined ? 5060 : Number(port) })),
  );
}

function ownIpv4Addresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((addresses) =>
    (addresses ?? []).filter((address) => address.family === 'IPv4').map((address) => address.address),
  );
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
