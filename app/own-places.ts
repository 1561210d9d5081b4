import type { OwnAddresses } from '../lib/address-kind';
import { parseControlUrl } from '../lib/rtpengine/control-address';
import { contactHosts, parseContact } from '../lib/wire/contact';
import { parseSipUri } from '../lib/wire/sip-uri';
import type { Config } from './config';
import { ownAddresses } from './own-addresses';

/** What is ours and is for neither media nor SIP of others: each role keeps what it sends away from it. */
export interface OwnPlaces {
  /** The addresses of this machine, now. */
  readonly own: () => OwnAddresses;
  readonly sipPorts: readonly number[];
  /** By which rtpengine, the SIP server and edge80 itself are commanded, as far as the settings name them. */
  readonly controlPorts: ReadonlySet<number>;
  /** Ports of SIP and of control that are chosen at the start: who opens one adds it. */
  readonly privatePorts: Set<number>;
}

export function ownPlaces(config: Config, privatePorts = new Set<number>()): OwnPlaces {
  return {
    own: ownAddresses(ownByName(config)),
    sipPorts: sipPorts(config),
    controlPorts: new Set(controlPorts(config)),
    privatePorts,
  };
}

/** Addresses of this machine that the settings name: with 1:1 NAT, no interface has them all. */
function ownByName(config: Config): string[] {
  const contacted = contactHosts([...config.ACCESS_CONTACTS, ...(config.ACCESS_LISTEN ?? [])]);
  return [...ofAccess(config), ...contacted, ...(config.ACCESS_ADDRESS ?? []), ...ofCore(config)];
}

/** Where our media for UEs is. */
function ofAccess(config: Config): string[] {
  const { GATEWAY_ADDRESS, GATEWAY_BIND = [], RTPENGINE_ACCESS_INTERFACE = [] } = config;
  return [...GATEWAY_ADDRESS, ...GATEWAY_BIND, ...boundAndAdvertised(RTPENGINE_ACCESS_INTERFACE)];
}

/** Where our media for the core is, and our SIP. */
function ofCore(config: Config): string[] {
  return [...contactHosts(config.CORE_CONTACTS), ...boundAndAdvertised(config.RTPENGINE_CORE_INTERFACE ?? [])];
}

function boundAndAdvertised(interfaces: readonly string[]): string[] {
  return interfaces.flatMap((each) => each.split('!'));
}

function sipPorts(config: Config): number[] {
  const { CORE_NEXT_HOP, EMERGENCY_NEXT_HOP, EGRESS_PORT, ACCESS_CONTACTS, CORE_CONTACTS, ACCESS_LISTEN = [] } = config;
  const hops = [CORE_NEXT_HOP, ...(EMERGENCY_NEXT_HOP === undefined ? [] : [EMERGENCY_NEXT_HOP])];
  return [
    ...hops.flatMap((uri) => parseSipUri(uri)?.port ?? []),
    ...[...ACCESS_CONTACTS, ...CORE_CONTACTS, ...ACCESS_LISTEN].map((text) => parseContact(text).port),
    ...(EGRESS_PORT === undefined ? [] : [EGRESS_PORT]),
  ];
}

function controlPorts({ RTPENGINE_URLS = [], DRACHTIO_HOST, DRACHTIO_PORT, ADMIN_LISTEN }: Config): number[] {
  return [
    ...RTPENGINE_URLS.map((url) => parseControlUrl(url).port),
    ...(DRACHTIO_HOST === undefined ? [] : [DRACHTIO_PORT]),
    ...(ADMIN_LISTEN === 'off' ? [] : [ADMIN_LISTEN.port]),
  ];
}
