import { EdgeError } from '../errors';
import type { Logger } from '../ops/logger';
import type { ForwardingPlane, ForwardingPlaneListener } from './forwarding-plane';
import type { GatewayLimits } from './limits';
import { loadNativeAddon } from './native-addon';
import { NativeForwardingPlane } from './native-forwarding-plane';
import { NodeForwardingPlane } from './node-forwarding-plane';

/** `auto`: native where its addon was built, else Node's. */
export type PlaneName = 'auto' | 'native' | 'node';

/** What makes a gateway's forwarding plane. */
export type PlaneFactory = (
  limits: GatewayLimits,
  listener: ForwardingPlaneListener,
  now: () => number,
) => ForwardingPlane;

/**
 * Chooses the forwarding plane, and says so in one line.
 * @param threads of the native plane
 * @throws EdgeError `native-plane-missing` if `native` is asked for and its addon cannot be used.
 */
export function choosePlane(
  wanted: PlaneName,
  threads: number,
  logger: Logger,
  load: typeof loadNativeAddon = loadNativeAddon,
): PlaneFactory {
  const loaded = wanted === 'node' ? undefined : load();
  if (loaded !== undefined && 'addon' in loaded) {
    logger.info({ plane: 'native', threads }, 'media is forwarded by the native plane');
    return (limits, listener) => new NativeForwardingPlane(loaded.addon, threads, limits, listener);
  }
  if (loaded !== undefined && wanted === 'native') {
    throw new EdgeError('native-plane-missing', `The native forwarding plane cannot be used: ${loaded.fault}.`);
  }
  const why = loaded === undefined ? {} : { fault: loaded.fault };
  logger.info({ plane: 'node', ...why }, 'media is forwarded by Node, on one core');
  return (limits, listener, now) => new NodeForwardingPlane(limits, listener, now);
}
