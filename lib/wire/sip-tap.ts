import type { Destination } from './link';

/** A SIP message as a far end has it, a UE or the core; not what goes between the edge and its SIP server. */
export interface SeenSip {
  readonly way: 'received' | 'sent';
  readonly transport: 'udp' | 'tcp';
  /** Where the far end is. */
  readonly far: Pick<Destination, 'address' | 'port'>;
  /** Where it reaches us. */
  readonly near: Pick<Destination, 'address' | 'port'>;
  /** With one character a byte. */
  readonly text: string;
}

/** Is told of each SIP message; what it throws would end the connection that brought it. */
export type SipTap = (seen: SeenSip) => void;
