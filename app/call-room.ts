import type { Logger } from '../lib/ops/logger';
import type { Config } from './config';

/** Ports of rtpengine that a media line takes toward the core: RTP and RTCP. Toward a UE with rtcp-mux it has one. */
const portsPerLine = 2;

/** Calls of one media line each that the ports of all rtpengines carry at once; with two lines, half as many. */
export function callsByPorts({
  RTPENGINE_PORTS,
  RTPENGINE_URLS,
}: Pick<Config, 'RTPENGINE_PORTS' | 'RTPENGINE_URLS'>): number {
  const ports = RTPENGINE_PORTS.last - RTPENGINE_PORTS.first + 1;
  return Math.floor(ports / portsPerLine) * (RTPENGINE_URLS?.length ?? 1);
}

/** Says it where the ports of rtpengine end before MAX_CALLS does: then further calls get 503. */
export function tellCallRoom(config: Config, logger: Logger): void {
  const calls = callsByPorts(config);
  if (calls >= config.MAX_CALLS) return;
  const fields = { ports: config.RTPENGINE_PORTS, audioCalls: calls, maxCalls: config.MAX_CALLS };
  logger.warn(fields, 'RTPENGINE_PORTS carries fewer calls than MAX_CALLS allows');
}
