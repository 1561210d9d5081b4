import type { Carriage } from '../wire/carriage';
import type { Accepted } from './accepted';

/** Serves HTTP on shared ports. */
export interface HttpServing {
  /** @param upgraded is given what has become SIP over WebSocket (RFC 7118) */
  take(accepted: Accepted, isSecure: boolean, upgraded: (carriage: Carriage) => void): void;
}
