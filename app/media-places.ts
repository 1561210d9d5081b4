import { isOnThisMachine } from '../lib/address-kind';
import { addressText } from '../lib/ip-address';
import { MediaPlaces } from '../lib/media-places';
import type { Logger } from '../lib/ops/logger';
import type { AgwConfig } from './config';
import type { OwnPlaces } from './own-places';

/** Where media may be sent to, by the settings; the log says what they leave open. */
export function mediaPlaces({ CORE_MEDIA: coreMedia = [] }: AgwConfig, ours: OwnPlaces, logger: Logger): MediaPlaces {
  const { own, privatePorts } = ours;
  if (coreMedia.length === 0)
    logger.warn('CORE_MEDIA is not set: media toward the core goes to any host that an SDP names; see docs/deploy.md');
  const trial = coreMedia.filter((network) => isOnThisMachine(network, own()));
  if (trial.length > 0) {
    const networks = trial.map(({ bytes, length }) => `${addressText(bytes)}/${length}`);
    logger.warn({ networks }, 'CORE_MEDIA names this machine: services here can be sent media; for a trial alone');
  }
  return new MediaPlaces({ coreMedia, own, closedPorts: closedPorts(ours), privatePorts });
}

function closedPorts({ controlPorts, sipPorts }: OwnPlaces): Map<number, 'sip-port' | 'control-port'> {
  return new Map([
    ...[...controlPorts].map((port) => [port, 'control-port'] as const),
    ...[5060, 5061, ...sipPorts].map((port) => [port, 'sip-port'] as const),
  ]);
}
