import { CoreHops } from '../lib/egress/core-hops';
import { nextHopOf, type NextHop } from '../lib/egress/errand';
import { isForRelay } from './setting-values';
import type { Config } from './config';
import { controlPorts, ownByName } from './media-places';
import { ownAddresses } from './own-addresses';

/**
 * Where the relay may send what is for the core, by the settings.
 * @param privatePorts ports of this machine that are known later, never for the core
 */
export function coreHops(config: Config, privatePorts: ReadonlySet<number>): CoreHops {
  const own = ownAddresses(ownByName(config));
  const controls = new Set(controlPorts(config));
  return new CoreHops({ own, named: namedHops(config), controlPorts: controls, privatePorts });
}

/** Without those that the relay does not send to itself. */
function namedHops({ CORE_NEXT_HOP, EMERGENCY_NEXT_HOP }: Config): NextHop[] {
  const all = EMERGENCY_NEXT_HOP === undefined ? [CORE_NEXT_HOP] : [CORE_NEXT_HOP, EMERGENCY_NEXT_HOP];
  return all.filter(isForRelay).map((uri) => nextHopOf(uri));
}
