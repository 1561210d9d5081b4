import type { Logger } from '../lib/ops/logger';
import type { TcpPriority } from '../lib/sdp/gateway-candidate';
import type { TurnCredentials } from '../lib/turn/credentials';
import { TurnServer, type AnchorPlaces } from '../lib/turn/turn-server';
import { advertisedAddresses, anchorAddress } from './anchor-address';
import type { AgwConfig } from './config';

/** Who gets relayed addresses; undefined: there is no TURN. */
export function turnCredentials(config: AgwConfig): TurnCredentials | undefined {
  const { TURN_SECRET: secret, TURN_USER: user, TURN_PASSWORD: password, TURN_REALM: realm } = config;
  const pair = user === undefined || password === undefined ? undefined : { user, password };
  return secret === undefined && pair === undefined ? undefined : { realm, secret, pair };
}

/** A UE that has both ways to TCP takes the one without a hop more. */
export function tcpPriority(config: AgwConfig): TcpPriority {
  return config.TCP_PRIORITY ?? (turnCredentials(config) === undefined ? 'lowest' : 'above-relay');
}

/** Undefined: there is no TURN. */
export function turnServer(config: AgwConfig, places: AnchorPlaces, logger: Logger): TurnServer | undefined {
  const { RTPENGINE_ACCESS_INTERFACE: interfaces, GATEWAY_ADDRESS } = config;
  const credentials = turnCredentials(config);
  const advertised = advertisedAddresses(interfaces ?? GATEWAY_ADDRESS);
  const boundAt = anchorAddress(interfaces ?? []);
  return credentials && new TurnServer({ credentials, places, advertised, boundAt, logger });
}
