import type { Socket } from 'node:net';
import type { TransportAddress } from '../ice/transport-address';

/** A connection to a shared port. What was read of it to tell its kind will be read again from its socket. */
export interface Accepted {
  /** Paused, so that nothing of it is lost before its reader is there. */
  readonly socket: Socket;
  /** The UE's, or the one that a trusted proxy named. */
  readonly remote: TransportAddress;
  /** Dialled by the UE. */
  readonly local: TransportAddress;
}
