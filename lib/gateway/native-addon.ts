import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TransportAddress } from '../ice/transport-address';
import { dropReasons, newPlaneCounters, type PlaneCounters } from './counters';
import { packetKinds } from './first-byte';
import {
  streamContents,
  type AvoidedPorts,
  type ConnectionId,
  type ConnectionStatus,
  type ForwardingPlane,
} from './forwarding-plane';
import type { GatewayLimits } from './limits';

/** What the native plane tells; `reason` is `finished` for that which `finish` was given. */
export type NativeEvent = { id: ConnectionId } & (
  | { kind: 'accepted'; remote: TransportAddress; local: TransportAddress }
  | { kind: 'opening' | 'controlFrame' | 'anchorDatagram'; bytes: Buffer }
  | { kind: 'handedOver'; bytes: Buffer; fd: number; status: ConnectionStatus }
  | { kind: 'relayed'; address?: TransportAddress }
  | { kind: 'mediaHeard' | 'drained' }
  | { kind: 'closed'; reason: NativeCloseReason; status: ConnectionStatus }
);

export type NativeCloseReason = (typeof closeReasons)[number];

const closeReasons = ['peer', 'socket-error', 'frame-too-long', 'broken-framing', 'not-reading', 'finished'] as const;

/** `held`: frames that are dropped if it is closed now. */
type NativeStatus = ConnectionStatus & { held: number };

/** What native code does as the interface of all planes says it. */
type SameInNative =
  | ('address' | 'admit' | 'listenForMedia' | 'send' | 'openAnchor' | 'sendToAnchor' | 'select' | 'giveWay')
  | ('write' | 'pause' | 'resume' | 'closeRelay' | 'forbid' | 'relay');

/** The plane in native/addon.cc. Unknown connections are fine everywhere. */
export interface NativePlane extends Pick<ForwardingPlane, SameInNative> {
  /** Undefined, or the system's error number and the index of the address that it belongs to; of none if to none. */
  listen(addresses: readonly TransportAddress[], ipv6Only: boolean): { errno: number; index: number } | undefined;
  /**
   * What is to be told, in its order for each connection: so many events at most, and in addition those of MSRP with
   * about so many bytes. Until it gave none `wake` is not called again.
   */
  take(events: number, bulkBytes: number): NativeEvent[];
  /** What follows an `opening`: it is read on; from this byte on it carries frames, or TURN, or is given away. */
  readMore(connection: ConnectionId): void;
  takeFrames(connection: ConnectionId, from: number): void;
  carryTurn(connection: ConnectionId, from: number): void;
  handOver(connection: ConnectionId, from: number): void;
  /** A `controlFrame` was acted upon: what came behind it may be looked at. */
  handled(connection: ConnectionId): void;
  finish(connection: ConnectionId): void;
  openRelay(connection: ConnectionId, toward: TransportAddress, avoid: AvoidedPorts): void;
  /** Channel 0: none. */
  permit(connection: ConnectionId, named: TransportAddress, at: TransportAddress, channel: number): void;
  close(connection: ConnectionId): void;
  status(connection: ConnectionId): NativeStatus | undefined;
  counters(): Omit<PlaneCounters, 'accepted' | 'open' | 'closes'>;
  /** Closes all; may be called twice. */
  stop(): void;
}

const nativeLimits = [
  'firstFrameBytes',
  'frameBytes',
  'queueBytes',
  'stunQueueBytes',
  'videoQueueMs',
  'heldMs',
  'heldFrames',
  'heldBytes',
] as const satisfies readonly (keyof GatewayLimits)[];

const events = [
  'accepted',
  'opening',
  'handedOver',
  'controlFrame',
  'mediaHeard',
  'anchorDatagram',
  'relayed',
  'drained',
  'closed',
] as const satisfies readonly NativeEvent['kind'][];

const status = [
  'received',
  'dropped',
  'held',
  'toAnchor',
  'fromAnchor',
] as const satisfies readonly (keyof NativeStatus)[];

/** What it counts: all but that which is counted here. */
const counters = Object.keys(newPlaneCounters()).filter((name) => !['accepted', 'open', 'closes'].includes(name));

/** What this side calls what both name, in whatever order; native/names.h has the other's. */
const names = {
  packetKinds,
  contents: streamContents,
  dropReasons,
  closeReasons,
  limits: nativeLimits,
  events,
  status,
  counters,
};

/** What the addon exports. */
export interface NativeAddon {
  /** `wake` is called when there is something to `take` after there was nothing, from the event loop. */
  Plane: new (
    limits: Pick<GatewayLimits, (typeof nativeLimits)[number]>,
    threads: number,
    wake: () => void,
  ) => NativePlane;
}

const built = join('native', 'build', 'Release', 'forwarding_plane.node');

/** The addon as it was built for this clone or image; undefined and why not, if it cannot be used. */
export function loadNativeAddon(path = builtAddon()): { addon: NativeAddon } | { fault: string } {
  if (path === undefined) return { fault: 'it was not built; `npm install` builds it where a C++ compiler is' };
  try {
    const loaded = { exports: {} };
    // Neither a bundler's nor a test runner's `require` has a say in native code.
    process.dlopen(loaded, path);
    const fault = strangeName(loaded.exports);
    return fault === undefined ? { addon: loaded.exports as NativeAddon } : { fault };
  } catch (error) {
    return { fault: (error as Error).message };
  }
}

/** That which is not as it is here: another state of the sources was built. */
function strangeName(exports: { names?: Record<string, readonly string[]> }): string | undefined {
  const sorted = (list: readonly string[] = []) => [...list].sort().join();
  const strange = Object.entries(names).find(([list, known]) => sorted(exports.names?.[list]) !== sorted(known));
  return strange && `it was built from other sources (${strange[0]} differ); \`npm install\` builds it anew`;
}

/** Above this file, whether that is compiled or not. */
function builtAddon(): string | undefined {
  for (let folder = __dirname; folder !== dirname(folder); folder = dirname(folder)) {
    const path = join(folder, built);
    if (existsSync(path)) return path;
  }
  return undefined;
}
