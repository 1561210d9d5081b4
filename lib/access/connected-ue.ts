import type { Carriage } from '../wire/carriage';
import type { UeFlow, UeTransport } from './ue-flow';

/** A UE that has connected. */
export interface ConnectedUe {
  readonly carriage: Carriage;
  readonly transport: UeTransport;
  /** Where it is, or the NAT that it is behind. */
  readonly address: string;
  readonly port: number;
  /** Where it is shown that it reached us. */
  readonly contact: { readonly host: string; readonly port: number };
}

export interface UeConnectionEvents {
  /** It has reached the SIP server. */
  opened(flow: UeFlow): void;
  /** The SIP server did not take it. */
  refused(error: Error | undefined): void;
  /**
   * A registration was accepted, or a call answered: it is no stranger's. May be told more than once.
   * @param account whose it is, by its first registration
   */
  proved(account: string | undefined): void;
  /** It is a stranger's again: nothing is registered any more, and no answered call is left. */
  unproved(): void;
  /** Told once. `flow` is missing if it never reached the SIP server; `fault` is an error of ours that a message caused. */
  closed(flow: UeFlow | undefined, fault?: unknown): void;
}
