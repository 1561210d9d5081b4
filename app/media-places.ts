import { isOnThisMachine, MediaPlaces } from '../lib/media-places';
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
  const ownPorts = { udp: config.RTPENGINE_PORTS, tcp: config.MSRP_PORTS };
  return new MediaPlaces({ coreMedia, own, ownPorts, closedPorts: closedPorts(config), privatePorts });
}

/** Addresses of this machine that the settings name: with 1:1 NAT, no interface has them all. */
function ownByName(config: Config): string[] {
  const interfaces = [...(config.RTPENGINE_ACCESS_INTERFACE ?? []), ...(config.RTPENGINE_CORE_INTERFACE ?? [])];
  return [
    ...config.GATEWAY_ADDRESS,
    ...(config.GATEWAY_BIND ?? []),
    ...(config.ACCESS_ADDRESS ?? []),
    ...contactHosts(contacts(config)),
    ...interfaces.flatMap((each) => each.split('!')),
  ];
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
  const rtpengine = (config.RTPENGINE_URLS ?? []).map((url) => parseControlUrl(url).port);
  const control = config.DRACHTIO_HOST === undefined ? rtpengine : [...rtpengine, config.DRACHTIO_PORT];
  return new Map([
    ...control.map((port) => [port, 'control-port'] as const),
    ...sip.map((port) => [port, 'sip-port'] as const),
  ]);
}

function contacts(config: Config): string[] {
  return [...config.ACCESS_CONTACTS, ...config.CORE_CONTACTS, ...(config.ACCESS_LISTEN ?? [])];
}
