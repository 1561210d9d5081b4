import type { AuthenticCheck } from '../ice/lite-agent';
import type { NominationCounters } from './counters';
import type { ConnectionId, ConnectionStatus } from './forwarding-plane';
import type { Member, MembersSurroundings } from './members';
import type { Nominated } from './nomination-ranks';
import type { Stream, StreamPath, StreamStatus } from './stream';
import type { RaisedCandidate } from './stream-nominations';

/** One stream that the gateway is open to, whatever it carries; unknown connections are fine everywhere. */
export interface GatewaySession {
  readonly stream: Stream;
  /** The connection that carries the stream is open. */
  readonly isSelected: boolean;
  /** What rtpengine was sent of nominations, of media. */
  readonly nominated?: Nominated;
  /** Candidates of ours that may rank above the UE's UDP at rtpengine; undefined if they are not all known. */
  readonly raised?: readonly RaisedCandidate[] | undefined;
  status(): StreamStatus;
  /** A later offer or answer without a restart. False, and nothing is done, if it carries something else. */
  update(stream: Stream): boolean;
  /** A connection authenticated; beyond the limit the oldest one that is not in use has to go. */
  join(id: ConnectionId, at: Pick<Member, 'remote' | 'port'>): void;
  /** Whether an authenticated check is this connection's own, and not a copy of another's. */
  isFresh(id: ConnectionId, check: AuthenticCheck): boolean;
  /** An accepted check (C10). */
  checked(id: ConnectionId, check: AuthenticCheck): void;
  left(id: ConnectionId, status: ConnectionStatus): void;
  /** To be called now and then: closes what is not used, and gives up what nobody came back for. */
  watch(): void;
  /** The stream is over: its connections are closed, and nothing is said of them. */
  end(): void;

  /** Of MSRP: a frame that is no STUN. */
  received?(id: ConnectionId, frame: Buffer): void;
  /** Of MSRP: the kernel has taken all that was written. */
  drained?(id: ConnectionId): void;
  /** Of media: the UE sends some on a connection (C12, C19). */
  mediaHeard?(id: ConnectionId): void;
  /** Of media: a STUN message from rtpengine. */
  anchorDatagram?(id: ConnectionId, datagram: Buffer): void;
  /**
   * Of media: rtpengine sends it elsewhere, though the UE uses its connection (C18, C19): to an address that repeated a
   * check of the UE, or to one that the UE has left. The connection is nominated anew, as another candidate of a higher
   * rank.
   * @param count how many nominations there were when rtpengine was asked; one since then may have won already
   */
  winBack?(count: number): void;
  /** Of media: rtpengine has lowered what was raised, and is made to choose again. */
  lower?(): void;
}

/** What the sessions of one gateway share. */
export interface SessionSurroundings extends MembersSurroundings {
  nominations: NominationCounters;
  /** Where rtpengine is bound, if it advertises another address. */
  anchorAddress: (advertised: string) => string;
  /** How much a port of ours is wanted: more than those of a lower number. */
  preference: (port: number) => number;
  selected: (path: StreamPath) => void;
  /** With how many nominations of the stream there were. */
  unanswered: (path: StreamPath, nominations: number) => void;
  /** The UE sends no media on a connection that was nominated above its UDP: the so manieth look in a row. */
  unheard: (path: StreamPath, times: number) => void;
  lost: (path: StreamPath) => void;
  mediaLost: (path: StreamPath) => void;
}
