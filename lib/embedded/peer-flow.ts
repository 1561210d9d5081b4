import type { ListeningPoint } from './contact';

/** A way to one peer address: a UDP address pair or a TCP connection. */
export interface PeerFlow {
  /** The contact of ours that it belongs to: for Via, Contact and Record-Route. */
  readonly local: ListeningPoint;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** Whether it stands or is being opened. */
  readonly isOpen: boolean;
  /** Text has one character a byte. Nothing is sent on a flow that is not open. */
  send(text: string): void;
}
