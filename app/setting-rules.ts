import { isIP } from 'node:net';
import { addressBytes, isLoopback, normalAddress } from '../lib/ip-address';
import { contactHosts, parseContact } from '../lib/wire/contact';
import { parseSipUri } from '../lib/wire/sip-uri';
import type { AgwConfig, Config } from './config';
import { hasTcp, isFronted, mediaPorts, publicPorts, sharedPorts } from './public-ports';
import { isForRelay, relayedHop } from './setting-values';

/** A setting, and what is wrong with it: `must …`. */
export interface WrongSetting {
  setting: string;
  what: string;
}

/** The first thing in which settings that are right by themselves do not go together. */
export function contradiction(config: Config): WrongSetting | undefined {
  const what = 'has an effect with edge80 pcscf alone';
  return config.RTPENGINE_NODES ? { setting: 'RTPENGINE_NODES', what } : firstOf([...mediaRules, ...rules], config);
}

/** The same of a P-CSCF whose media is elsewhere. */
export function contradictionOfPcscf(config: Config): WrongSetting | undefined {
  if (!config.RTPENGINE_NODES) return { setting: 'RTPENGINE_NODES', what: 'is missing' };
  const ofNodes = (['RTPENGINE_URLS', 'TURN_SECRET', 'TURN_USER'] as const).find((name) => config[name] !== undefined);
  if (ofNodes !== undefined) return { setting: ofNodes, what: 'has no effect with edge80 pcscf: it is for media' };
  return firstOf([...mediaRules, ...rules], config);
}

/** What the first rule that is broken says. */
export function firstOf<C>(
  these: readonly ((config: C) => WrongSetting | undefined)[],
  config: C,
): WrongSetting | undefined {
  for (const rule of these) {
    const found = rule(config);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Those that hold wherever there is media. */
export const mediaRules: ((config: AgwConfig) => WrongSetting | undefined)[] = [
  ({ GATEWAY_ADDRESS, GATEWAY_BIND }) =>
    when(GATEWAY_BIND && !haveSameFamilies(GATEWAY_BIND, GATEWAY_ADDRESS), {
      setting: 'GATEWAY_BIND',
      what: 'must name addresses of the same families as GATEWAY_ADDRESS',
    }),
  (config) => {
    const pair = ['TURN_USER', 'TURN_PASSWORD'] as const;
    const missing = pair.find((setting) => config[setting] === undefined);
    const isHalf = pair.some((setting) => config[setting] !== undefined);
    return missing && when(isHalf, { setting: missing, what: 'is missing' });
  },
  ({ PUBLIC_PORTS, GATEWAY_PORTS }) =>
    when(PUBLIC_PORTS && GATEWAY_PORTS, {
      setting: 'GATEWAY_PORTS',
      what: 'must not be set where PUBLIC_PORTS is',
    }),
  (config) => {
    const ports = mediaPorts(config).map(({ port }) => port);
    const isStrange = config.SSLTCP_PORTS?.some((port) => !ports.includes(port));
    return when(isStrange, { setting: 'SSLTCP_PORTS', what: 'must name ports of PUBLIC_PORTS' });
  },
  ({ ADMIN_LISTEN, ADMIN_TOKEN, ADMIN_CLIENT_CA_FILE }) =>
    when(ADMIN_LISTEN !== 'off' && !isLoopback(ADMIN_LISTEN.address) && !ADMIN_TOKEN && !ADMIN_CLIENT_CA_FILE, {
      setting: 'ADMIN_TOKEN',
      what: 'is missing where ADMIN_LISTEN is no address of loopback, and ADMIN_CLIENT_CA_FILE, too',
    }),
  ({ ADMIN_CERT_FILE, ADMIN_KEY_FILE }) =>
    when((ADMIN_CERT_FILE === undefined) !== (ADMIN_KEY_FILE === undefined), {
      setting: ADMIN_CERT_FILE === undefined ? 'ADMIN_CERT_FILE' : 'ADMIN_KEY_FILE',
      what: 'is missing',
    }),
  ({ ADMIN_CERT_FILE, ADMIN_CLIENT_CA_FILE }) =>
    when(ADMIN_CLIENT_CA_FILE !== undefined && ADMIN_CERT_FILE === undefined, {
      setting: 'ADMIN_CERT_FILE',
      what: 'is missing where ADMIN_CLIENT_CA_FILE is set',
    }),
];

const rules: ((config: Config) => WrongSetting | undefined)[] = [
  // drachtio-server chooses the contact to send from by address alone.
  ({ CORE_CONTACTS, ACCESS_CONTACTS }) => {
    const access = new Set(contactHosts(ACCESS_CONTACTS));
    return when(
      contactHosts(CORE_CONTACTS).some((host) => access.has(host)),
      {
        setting: 'CORE_CONTACTS',
        what: 'must have other addresses than ACCESS_CONTACTS',
      },
    );
  },
  (config) =>
    when(isFronted(config, sharedPorts(config)) && !hasTcp(config.ACCESS_CONTACTS), {
      setting: 'ACCESS_CONTACTS',
      what: 'must have a TCP contact where ACCESS_LISTEN or PUBLIC_PORTS is set',
    }),
  ({ EGRESS_RELAY, CORE_NEXT_HOP }) =>
    when(EGRESS_RELAY === 'always' && !isForRelay(CORE_NEXT_HOP), {
      setting: 'CORE_NEXT_HOP',
      what: relayedHop,
    }),
  (config) => {
    const files = ['TLS_CERT_FILE', 'TLS_KEY_FILE'] as const;
    const missing = files.find((setting) => config[setting] === undefined);
    const isHalf = files.some((setting) => config[setting] !== undefined);
    const hasTls = config.ACCESS_LISTEN?.some((text) => parseContact(text).isSecure);
    return missing && when(hasTls === true || isHalf, { setting: missing, what: 'is missing' });
  },
  ({ ACCESS_LISTEN, ...config }) => {
    const given = (['TLS_CERT_FILE', 'TLS_KEY_FILE'] as const).find((setting) => config[setting] !== undefined);
    const hasTls = ACCESS_LISTEN?.some((text) => parseContact(text).isSecure) === true;
    const what = 'has no effect without PUBLIC_PORTS or a sips: contact in ACCESS_LISTEN';
    return given && when(!hasTls && !publicPorts(config).areShared, { setting: given, what });
  },
  ({ ACCESS_ADDRESS = [], ACCESS_LISTEN = [] }) =>
    when(!familiesOf(ACCESS_ADDRESS).every((family) => familiesOf(contactHosts(ACCESS_LISTEN)).includes(family)), {
      setting: 'ACCESS_ADDRESS',
      what: 'must be of a family that ACCESS_LISTEN has',
    }),
  ({ WEB_PHONE, WEBSOCKET_ORIGINS, ACME_CHALLENGES, HTTP_BACKEND, ...config }) => {
    const phone = WEB_PHONE === 'on' || undefined;
    const ofWeb = Object.entries({ WEB_PHONE: phone, WEBSOCKET_ORIGINS, ACME_CHALLENGES, HTTP_BACKEND });
    const [setting] = ofWeb.find(([, value]) => value !== undefined) ?? [];
    const isServed = publicPorts(config).areShared;
    return setting === undefined ? undefined : when(!isServed, { setting, what: 'has no effect without PUBLIC_PORTS' });
  },
  sharedPlace,
  mediaPortOfSip,
  msrpPortOfOthers,
  ({ CORE_NEXT_HOP, EMERGENCY_NEXT_HOP, ...config }) => {
    const own = new Set(sipPlaces(config).map(({ address, port }) => `${address} ${port}`));
    const hops = Object.entries({ CORE_NEXT_HOP, EMERGENCY_NEXT_HOP });
    const [setting] = hops.find(([, hop]) => hop !== undefined && own.has(placeOf(hop))) ?? [];
    return when(setting, { setting: setting ?? '', what: 'must not name the edge itself' });
  },
];

export function when(isSo: unknown, wrong: WrongSetting): WrongSetting | undefined {
  return isSo ? wrong : undefined;
}

/** One port that two things would open. */
function sharedPlace(config: Config): WrongSetting | undefined {
  return openedTwice(listenPlaces(config));
}

export function openedTwice(places: readonly ListenPlace[]): WrongSetting | undefined {
  for (const [index, place] of places.entries()) {
    const other = places.slice(0, index).find((each) => isSame(each, place));
    if (other === undefined) continue;
    const { setting, address, port, protocol } = place;
    const again = other.setting === setting ? 'twice' : `that ${other.setting} has, too`;
    return { setting, what: `must not open ${protocol} port ${port} of ${address} ${again}` };
  }
  return undefined;
}

/** A port of SIP that the local rtpengine would take for media. */
function mediaPortOfSip(config: Config): WrongSetting | undefined {
  if (config.RTPENGINE_URLS !== undefined) return undefined;
  const { RTPENGINE_ACCESS_INTERFACE, RTPENGINE_CORE_INTERFACE, GATEWAY_ADDRESS, CORE_CONTACTS } = config;
  const interfaces = [
    ...(RTPENGINE_ACCESS_INTERFACE ?? GATEWAY_ADDRESS),
    ...(RTPENGINE_CORE_INTERFACE ?? contactHosts(CORE_CONTACTS)),
  ];
  const media = new Set(interfaces.map((each) => normalAddress(each.split('!', 1)[0] ?? '')));
  const found = [...sipPlaces(config), ...egressPlaces(config)].find(
    ({ protocol, address, port }) => protocol === 'UDP' && media.has(address) && isWithin(port, config.RTPENGINE_PORTS),
  );
  return found && { setting: 'RTPENGINE_PORTS', what: `must not have port ${found.port} of ${found.setting} in it` };
}

/** A port of another thing that MSRP would take. */
function msrpPortOfOthers(config: Config): WrongSetting | undefined {
  const { GATEWAY_ADDRESS, GATEWAY_BIND = GATEWAY_ADDRESS, CORE_CONTACTS, MSRP_PORTS } = config;
  const addresses = [...GATEWAY_BIND, ...contactHosts(CORE_CONTACTS)].map(normalAddress);
  const others = listenPlaces(config);
  const found = others.find((place) =>
    addresses.some(
      (address) => isSame({ ...place, protocol: 'TCP', address }, place) && isWithin(place.port, MSRP_PORTS),
    ),
  );
  return found && { setting: 'MSRP_PORTS', what: `must not have port ${found.port} of ${found.setting} in it` };
}

function isWithin(port: number, { first, last }: Config['MSRP_PORTS']): boolean {
  return port >= first && port <= last;
}

/** What is opened on this machine, or on that of drachtio-server. */
export interface ListenPlace {
  setting: string;
  protocol: 'TCP' | 'UDP';
  address: string;
  port: number;
}

/** All that the settings have listened on. */
export function listenPlaces(config: Config): ListenPlace[] {
  return [...gatewayPlaces(config), ...sipPlaces(config), ...egressPlaces(config), ...adminPlaces(config)];
}

type SipSettings = Pick<Config, 'ACCESS_CONTACTS' | 'CORE_CONTACTS' | 'ACCESS_LISTEN'>;

function sipPlaces({ ACCESS_CONTACTS, CORE_CONTACTS, ACCESS_LISTEN = [] }: SipSettings): ListenPlace[] {
  return Object.entries({ ACCESS_CONTACTS, CORE_CONTACTS, ACCESS_LISTEN }).flatMap(([setting, contacts]) =>
    contacts.map(parseContact).flatMap(({ address, port, transports }) =>
      transports.map((transport) => ({
        ...{ setting, address: normalAddress(address), port },
        protocol: transport === 'udp' ? ('UDP' as const) : ('TCP' as const),
      })),
    ),
  );
}

function gatewayPlaces(config: Config): ListenPlace[] {
  const { GATEWAY_ADDRESS, GATEWAY_BIND = GATEWAY_ADDRESS } = config;
  const { setting, ports } = publicPorts(config);
  return GATEWAY_BIND.flatMap((address) =>
    ports.map(({ port }) => ({
      ...{ setting, address: normalAddress(address), port },
      protocol: 'TCP' as const,
    })),
  );
}

function egressPlaces({ EGRESS_PORT: port, CORE_CONTACTS }: Config): ListenPlace[] {
  if (port === undefined) return [];
  return contactHosts(CORE_CONTACTS).flatMap((host) =>
    (['UDP', 'TCP'] as const).map((protocol) => ({
      ...{ setting: 'EGRESS_PORT', address: normalAddress(host), port },
      protocol,
    })),
  );
}

export function adminPlaces({ ADMIN_LISTEN }: Pick<Config, 'ADMIN_LISTEN'>): ListenPlace[] {
  if (ADMIN_LISTEN === 'off') return [];
  const { address, port } = ADMIN_LISTEN;
  return [{ setting: 'ADMIN_LISTEN', protocol: 'TCP', address: normalAddress(address), port }];
}

function isSame(one: ListenPlace, other: ListenPlace): boolean {
  if (one.protocol !== other.protocol || one.port !== other.port) return false;
  const isAny = isEvery(one.address) || isEvery(other.address);
  return one.address === other.address || (isAny && isIP(one.address) === isIP(other.address));
}

function isEvery(address: string): boolean {
  return addressBytes(address)?.every((byte) => byte === 0) === true;
}

function placeOf(uri: string): string {
  const { scheme, host = '', port } = parseSipUri(uri) ?? {};
  return `${normalAddress(host)} ${port ?? (scheme === 'sips' ? 5061 : 5060)}`;
}

function familiesOf(addresses: readonly string[]): number[] {
  return [...new Set(addresses.map((address) => isIP(address)))].sort();
}

function haveSameFamilies(some: readonly string[], others: readonly string[]): boolean {
  return familiesOf(some).join() === familiesOf(others).join();
}
