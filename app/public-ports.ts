import { isWithin, type IpPrefix } from '../lib/ip-prefix';
import { addressBytes } from '../lib/ip-address';
import { parseContact } from '../lib/wire/contact';
import { hostPort } from '../lib/wire/sip-uri';
import type { Config } from './config';

type PortSettings = Pick<Config, 'PUBLIC_PORTS' | 'GATEWAY_PORTS' | 'ACCESS_CONTACTS'>;

/** The TCP ports that UEs dial. */
export interface PublicPorts {
  /** Which names them. */
  setting: 'PUBLIC_PORTS' | 'GATEWAY_PORTS';
  ports: NonNullable<Config['PUBLIC_PORTS']>;
  /** They take SIP, WebSocket, HTTP and TLS beside media; else media alone. */
  areShared: boolean;
}

/** Those that take media. */
export function mediaPorts({
  PUBLIC_PORTS,
  GATEWAY_PORTS,
}: Pick<Config, 'PUBLIC_PORTS' | 'GATEWAY_PORTS'>): PublicPorts['ports'] {
  return PUBLIC_PORTS ?? GATEWAY_PORTS ?? [{ port: 80 }];
}

/** As PUBLIC_PORTS says, or GATEWAY_PORTS; of neither, port 80, shared if SIP from it can be passed on over TCP. */
export function publicPorts(config: PortSettings): PublicPorts {
  const ports = mediaPorts(config);
  if (config.GATEWAY_PORTS !== undefined) return { setting: 'GATEWAY_PORTS', ports, areShared: false };
  const areShared = config.PUBLIC_PORTS !== undefined || hasTcp(config.ACCESS_CONTACTS);
  return { setting: 'PUBLIC_PORTS', ports, areShared };
}

/** Public ports that take SIP beside media. */
export interface SharedPorts {
  /** Where UEs dial them. */
  addresses: readonly string[];
  /** What UEs may call them in SIP. */
  contacts: string[];
  /** Whether that is the port of HTTPS. */
  hasHttps: boolean;
}

/** Undefined: none. */
export function sharedPorts(
  config: PortSettings & Pick<Config, 'GATEWAY_ADDRESS' | 'GATEWAY_BIND'>,
): SharedPorts | undefined {
  const { ports, areShared } = publicPorts(config);
  if (!areShared) return undefined;
  const addresses = [...config.GATEWAY_ADDRESS, ...(config.GATEWAY_BIND ?? [])];
  const contacts = addresses.flatMap((address) =>
    ports.map(({ port }) => `sip:${hostPort(address, port)};transport=tcp`),
  );
  return { addresses: config.GATEWAY_ADDRESS, contacts, hasHttps: ports.some(({ port }) => port === 443) };
}

/** Whether UEs connect to edge80 itself, and not to the SIP server alone. */
export function isFronted({ ACCESS_LISTEN }: Pick<Config, 'ACCESS_LISTEN'>, shared: SharedPorts | undefined): boolean {
  return ACCESS_LISTEN !== undefined || shared !== undefined;
}

/** Whether connections from an address begin with a header of the PROXY protocol. */
export function proxiesOf(prefixes: readonly IpPrefix[] = []): (address: string) => boolean {
  return (address) => {
    const bytes = addressBytes(address);
    return bytes !== undefined && prefixes.some((prefix) => isWithin(bytes, prefix));
  };
}

/** Whether one of them is reached over TCP. */
export function hasTcp(contacts: readonly string[]): boolean {
  return contacts.some((text) => parseContact(text).transports.includes('tcp'));
}
