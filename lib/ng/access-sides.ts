import { viewSession } from '../sdp/session-view';
import type { CallOptions } from './call-options';
import type { Told } from './told';

/** Whether the sender of an SDP, and who gets it, is a UE that may come over TCP. */
export interface AccessSides {
  from: boolean;
  to: boolean;
}

/** What was decided of the two sides before; undefined: nothing. */
export interface KnownSides {
  from: boolean | undefined;
  to: boolean | undefined;
}

/**
 * The one rule by which the access side of a call is told, by an offer:
 *
 * 1. Where the interfaces that lead to UEs are named, and the command names those of the call (`direction`, or `in-iface`
 *    and `out-iface`), they decide.
 * 2. Else the sender is access if its SDP does ICE and is not ICE-lite, which a server is.
 * 3. And the receiver is what it was before. Of one that is new, the client says what it wants for it: `ICE=force` or
 *    `WebRTC`: access; `ICE=remove`: not. Else it is what the sender is, as rtpengine then goes by the SDP.
 *
 * In an answer both are what they were in the offer. Of an access side, a line gets candidates only where rtpengine writes
 * ICE of its own for it.
 */
export function accessSides(
  { what, options, sdp }: Pick<Told, 'what' | 'options' | 'sdp'>,
  known: KnownSides,
  accessInterfaces: readonly string[],
): AccessSides {
  const doesIce =
    viewSession(sdp).media.some(({ port, hasIce }) => port !== 0 && hasIce) && !sdp.session.has('ice-lite');
  if (what === 'answer') return { from: known.from ?? doesIce, to: known.to ?? false };
  const [fromInterface, toInterface] = interfaces(options);
  const byInterface = (name: string | undefined) =>
    accessInterfaces.length === 0 || name === undefined ? undefined : accessInterfaces.includes(name);
  return {
    from: byInterface(fromInterface) ?? doesIce,
    to: byInterface(toInterface) ?? known.to ?? isWanted(options) ?? doesIce,
  };
}

function interfaces(options: CallOptions): readonly (string | undefined)[] {
  const directions = options.values('direction');
  if (directions.length > 0) return directions;
  return [options.values('in-iface').at(-1), options.values('out-iface').at(-1)];
}

function isWanted(options: CallOptions): boolean | undefined {
  const ice = options.values('ice');
  if (ice.includes('remove')) return false;
  return ice.includes('force') || options.has('webrtc') ? true : undefined;
}
