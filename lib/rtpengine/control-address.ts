import { EdgeError } from '../errors';

/**
 * Where an rtpengine takes ng commands: over TCP (`--listen-tcp-ng`), where media, which is UDP, cannot reach it
 * whatever an SDP says; or over UDP (`--listen-ng`), where something else has to keep media away.
 */
export interface ControlAddress {
  transport: 'tcp' | 'udp';
  /** An address, or a name that has one. */
  host: string;
  port: number;
}

/**
 * Reads `tcp://host:port` or `udp://host:port`, an IPv6 address in brackets.
 * @throws EdgeError `setting-invalid`
 */
export function parseControlUrl(url: string): ControlAddress {
  const [, transport, host = '', port] = /^(tcp|udp):\/\/(\[[0-9a-f:.]+\]|[\w.-]+):(\d{1,5})\/?$/i.exec(url) ?? [];
  if (transport === undefined || Number(port) < 1 || Number(port) > 65535)
    throw new EdgeError('setting-invalid', `"${url}" is not an rtpengine control address of the form tcp://host:port.`);
  return {
    transport: transport.toLowerCase() === 'tcp' ? 'tcp' : 'udp',
    host: host.replace(/^\[|\]$/g, ''),
    port: Number(port),
  };
}

/** The inverse of {@link parseControlUrl}. */
export function controlUrl({ transport, host, port }: ControlAddress): string {
  return `${transport}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
