import type { Carriage } from '../wire/carriage';
import type { Naming } from './contact';

/**
 * The one way out of a UE (RFC 5626 §4.3): whatever a request's next hop is, it goes on this connection, which is opened
 * anew when it was lost.
 */
export interface Outbound {
  /** An IP address, told to apps as the place that messages go to and come from. */
  readonly remote: { readonly address: string; readonly port: number };
  /** How Via and Contact name our end. */
  readonly naming: Naming;
  /** Opens it. */
  dial(): Carriage;
}
