import { CoreHops } from '../lib/egress/core-hops';
import { usableHop } from '../lib/egress/errand';
import type { NextHop } from '../lib/wire/link';
import type { PcscfConfig } from './config';
import type { OwnPlaces } from './own-places';

/** Where the relay may send what is for the core, by the settings. */
export function coreHops(config: PcscfConfig, { own, controlPorts, privatePorts }: OwnPlaces): CoreHops {
  return new CoreHops({ own, named: namedHops(config), controlPorts, privatePorts });
}

/** Without those that the relay does not send to itself. */
function namedHops({ CORE_NEXT_HOP, EMERGENCY_NEXT_HOP }: PcscfConfig): NextHop[] {
  const all = EMERGENCY_NEXT_HOP === undefined ? [CORE_NEXT_HOP] : [CORE_NEXT_HOP, EMERGENCY_NEXT_HOP];
  return all.flatMap((uri) => usableHop(uri) ?? []);
}
