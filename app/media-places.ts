import { isOnThisMachine } from '../lib/address-kind';
import { MediaPlaces } from '../lib/media-places';
import { addressText } from '../lib/ip-address';
import type { Logger } from '../lib/ops/logger';
import { parseControlUrl } from '../lib/rtpengine/control-address';
import { parseContact } from '../lib/sip/contact';
import { parseSipUri } from '../lib/wire/sip-uri';
import { contactHosts, type Config } from './config';
import { ownAddresses } from './own-addresses';

/**
 * Where media may be sent to, by the settings; the log says what they leave open.
 * @param privatePorts ports of this machine that are known later, never for media
 */
export function mediaPlaces(config: Config, privatePorts: ReadonlySet<number>, logger: Logger): MediaPlaces {
  const coreMedia = config.CORE_MEDIA ?? [];
  const own = ownAddresses(ownByName(config));
  if (coreMedia.length === 0)
    logger.warn('CORE_MEDIA is not set: media toward the core goes to any host that an SDP names; see docs/deploy.md');
  const trial = coreMedia.filter((network) => isOnThisMachine(network, own()));
  if (trial.length > 0) {
    const networks = trial.map(({ bytes, length }) => `${addressText(bytes)}/${length}`);
    logger.warn({ networks }, 'CORE_MEDIA names this machine: services here can be sent media; for a trial alone');
  }
  return new MediaPlaces({ coreMedia, own, closedPorts: closedPorts(config), privatePorts });
}

/** Addresses of this machine that the settings name: with 1:1 NAT, no interface has them all. */
export function ownByName(config: Config): string[] {
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

function closedPorts(config: Config): Map<number, 'sip-port' | 'control-port'> {
  const hops = [config.CORE_NEXT_HOP, ...(config.EMERGENCY_NEXT_HOP === undefined ? [] : [config.EMERGENCY_NEXT_HOP])];
  const sip = [
    5060,
    5061,
    ...hops.flatMap((uri) => parseSipUri(uri)?.port ?? []),
    ...contacts(config).map((text) => parseContact(text).port),
    ...(config.EGRESS_PORT === undefined ? [] : [config.EGRESS_PORT]),
  ];
  return new Map([
    ...controlPorts(config).map((port) => [port, 'control-port'] as const),
    ...sip.map((port) => [port, 'sip-port'] as const),
  ]);
}

/** Ports that the settings name, by which rtpengine and the SIP server are commanded. */
export function controlPorts(config: Config): number[] {
  const rtpengine = (config.RTPENGINE_URLS ?? []).map((url) => parseControlUrl(url).port);
  return config.DRACHTIO_HOST === undefined ? rtpengine : [...rtpengine, config.DRACHTIO_PORT];
}

function contacts(config: Config): string[] {
  return [...config.ACCESS_CONTACTS, ...config.CORE_CONTACTS, ...(config.ACCESS_LISTEN ?? [])];
}
