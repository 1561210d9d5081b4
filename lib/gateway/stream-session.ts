import type { AuthenticCheck } from '../ice/lite-agent';
import type { TransportAddress } from '../ice/transport-address';
import type { GatewayCounters } from './counters';
import type { ConnectionId, ConnectionStatus, ForwardingPlane } from './forwarding-plane';
import type { GatewayLimits } from './limits';
import { Nomination } from './nomination';
import { SeenChecks } from './seen-checks';
import type { Stream, StreamPath, StreamStatus } from './stream';

/** What the sessions of one gateway share. */
export interface SessionSurroundings {
  plane: ForwardingPlane;
  limits: GatewayLimits;
  /** ms, rising. */
  now: () => number;
  nominations: GatewayCounters['nominations'];
  /** Where rtpengine is bound, if it advertises another address. */
  anchorAddress: (advertised: string) => string;
  selected: (path: StreamPath) => void;
  lost: (path: StreamPath) => void;
  mediaLost: (path: StreamPath) => void;
}

/** A connection that authenticated for the stream. */
interface Member {
  id: ConnectionId;
  remote: TransportAddress;
  /** The port of ours that the UE dialled. */
  port: number;
  /** ms. */
  joinedAt: number;
  /** The UE's ufrag, from the check that nominated it. */
  remoteUfrag: string;
  nominations: number;
  /** The sequence of its last nomination: 0 if it was never nominated. */
  sequence: number;
}

/**
 * One stream, the connections that authenticated for it, and which of them carries its media.
 *
 * The newest nominated connection wins (C12), whatever PRIORITY the UE sends. When it ends, the one
 * nominated before takes over: a UE that nominated several may have kept another than we did.
 */
export class StreamSession {
  #stream: Stream;
  readonly #around: SessionSurroundings;
  /** In the order in which they authenticated. */
  readonly #members = new Map<ConnectionId, Member>();
  #sequence = 0;
  #nominatedAt = -Infinity;
  /** The connection nominated last, and its nomination until rtpengine answered. */
  #current: Member | undefined;
  #nomination: Nomination | undefined;
  /** The connection that rtpengine was last seen to accept. */
  #selected: Member | undefined;
  #selectedAt = 0;
  /** How often another connection was selected when the one before was gone or silent. */
  #reconnects = 0;
  /** The last path that media took, since when nothing came from the UE on it, and whether that was told. */
  #last: { path: StreamPath; received: number; heardAt: number; isLost: boolean } | undefined;
  readonly #checks = new SeenChecks();
  #unselected: NodeJS.Timeout | undefined;
  /** Packets dropped on connections that have ended. */
  #dropped = 0;

  constructor(stream: Stream, around: SessionSurroundings) {
    this.#stream = stream;
    this.#around = around;
  }

  get stream(): Stream {
    return this.#stream;
  }

  get isSelected(): boolean {
    return this.#selected !== undefined;
  }

  status(): StreamStatus {
    const { plane } = this.#around;
    let dropped = this.#dropped;
    for (const id of this.#members.keys()) dropped += plane.status(id)?.dropped ?? 0;
    return {
      remote: this.#selected?.remote,
      port: this.#selected?.port,
      reconnects: this.#reconnects,
      dropped,
    };
  }

  /** A later offer or answer without a restart: rtpengine may have moved its port. */
  update(stream: Stream): void {
    const before = this.#stream;
    this.#stream = stream;
    const { address, port } = stream.anchor;
    const moved = before.anchor.address !== address || before.anchor.port !== port || before.pwd !== stream.pwd;
    if (moved && this.#current !== undefined) this.#nominate(this.#current);
    else if (before.kind !== stream.kind && this.#selected !== undefined) this.#select(this.#selected);
  }

  /** A connection authenticated; beyond the limit the oldest one without media has to go. */
  join(id: ConnectionId, { remote, port }: { remote: TransportAddress; port: number }): void {
    const joinedAt = this.#around.now();
    this.#members.set(id, { id, remote, port, joinedAt, remoteUfrag: '', nominations: 0, sequence: 0 });
    this.#closeUnselected();
    if (this.#members.size <= this.#around.limits.connectionsPerStream) return;
    for (const member of this.#members.values()) {
      if (member === this.#current || member === this.#selected || member.id === id) continue;
      this.#around.plane.closeConnection(member.id, 'stream-limit');
      return;
    }
  }

  /** Whether an authentic check came on another connection before. */
  isReplay(id: ConnectionId, transactionId: Buffer): boolean {
    return this.#checks.isReplay(transactionId, id);
  }

  /** An accepted check (C10). */
  checked(id: ConnectionId, check: AuthenticCheck): void {
    const member = this.#members.get(id);
    if (member === undefined || !check.nominated) return;
    member.remoteUfrag = check.remoteUfrag;
    if (member === this.#current || !this.#mayNominate(member)) return;
    this.#nominate(member);
  }

  anchorDatagram(id: ConnectionId, datagram: Buffer): void {
    if (this.#current?.id === id) this.#nomination?.received(datagram);
  }

  left(id: ConnectionId, { dropped }: ConnectionStatus): void {
    const member = this.#members.get(id);
    if (member === undefined) return;
    this.#dropped += dropped;
    this.#members.delete(id);
    const wasSelected = member === this.#selected;
    if (wasSelected) this.#selected = undefined;
    if (member === this.#current) {
      this.#nomination?.stop();
      this.#nomination = undefined;
      this.#current = undefined;
    }
    if (wasSelected) {
      if (this.#last && !this.#last.isLost) this.#last.heardAt = this.#around.now();
      this.#around.lost(this.#pathOf(member));
    }
    if (this.#current === undefined) this.#fallBack();
  }

  /** To be asked at intervals: tells of media that is lost (E4), and closes the connection on which it fell silent. */
  lookForSilence(): void {
    const last = this.#last;
    if (last === undefined || last.isLost) return;
    const { plane, limits, now, mediaLost } = this.#around;
    const received = this.#selected && plane.status(this.#selected.id)?.received;
    if (received !== undefined && received !== last.received) {
      last.received = received;
      last.heardAt = now();
    }
    if (now() - last.heardAt < limits.mediaLostMs) return;
    last.isLost = true;
    const { path } = last;
    if (this.#selected) plane.closeConnection(this.#selected.id, 'silent');
    mediaLost(path);
  }

  /** The stream is over: its connections are closed, and nothing is said of them. */
  end(): void {
    this.#nomination?.stop();
    clearTimeout(this.#unselected);
    this.#last = undefined;
    const ids = [...this.#members.keys()];
    this.#members.clear();
    this.#current = undefined;
    this.#selected = undefined;
    for (const id of ids) this.#around.plane.closeConnection(id, 'stream-ended');
  }

  /**
   * A connection that was nominated before wins again only after a pause, and not for ever: aggressive
   * nomination repeats USE-CANDIDATE on all connections at once, and rtpengine keeps a candidate for each.
   */
  #mayNominate(member: Member): boolean {
    const { limits, now, nominations } = this.#around;
    const again = member.nominations > 0 && this.#current !== undefined;
    const refused =
      (again && now() - this.#nominatedAt < limits.renominationMs) ||
      member.nominations >= limits.nominationsPerConnection;
    if (refused) nominations.refused += 1;
    return !refused;
  }

  #fallBack(): void {
    let newest: Member | undefined;
    for (const member of this.#members.values()) {
      if (member.sequence > (newest?.sequence ?? 0)) newest = member;
    }
    if (newest !== undefined) this.#nominate(newest);
  }

  #nominate(member: Member): void {
    const { plane, limits, now, nominations, anchorAddress } = this.#around;
    // An ICE restart makes a new stream.
    if (this.#sequence >= limits.nominationsPerStream) {
      nominations.refused += 1;
      plane.closeConnection(member.id, 'stream-limit');
      return;
    }
    this.#nomination?.stop();
    this.#current = member;
    this.#nominatedAt = now();
    this.#sequence += 1;
    member.sequence = this.#sequence;
    member.nominations += 1;
    nominations.started += 1;
    this.#nomination = new Nomination(this.#stream, member.remoteUfrag, this.#sequence, limits, {
      send: (request, attempt) => {
        if (attempt > 1) nominations.repeated += 1;
        plane.sendToAnchor(member.id, request);
      },
      succeeded: () => {
        nominations.succeeded += 1;
        this.#nomination = undefined;
        this.#select(member);
      },
      failed: () => {
        nominations.failed += 1;
        plane.closeConnection(member.id, 'nomination-failed');
      },
    });
    const { address, port } = this.#stream.anchor;
    plane.openAnchor(member.id, { address: anchorAddress(address), port });
    this.#nomination.start();
  }

  #select(member: Member): void {
    const { plane, limits, now, selected } = this.#around;
    const isNew = member !== this.#selected;
    // Several that are nominated at once are no reconnect: the one before was heard a moment ago.
    const isBack = isNew && this.#last !== undefined && now() - this.#selectedAt >= limits.unselectedMs;
    const wasGone = isNew && this.#last !== undefined && this.#selected === undefined;
    if (isBack || wasGone) this.#reconnects += 1;
    this.#selected = member;
    plane.select(member.id, this.#stream.kind === 'audio' ? limits.audioQueueMs : limits.videoQueueMs);
    if (!isNew) return;
    this.#selectedAt = now();
    const path = this.#pathOf(member);
    this.#last = { path, received: plane.status(member.id)?.received ?? 0, heardAt: this.#selectedAt, isLost: false };
    this.#closeUnselected();
    selected(path);
  }

  #pathOf({ remote, port }: Member): StreamPath {
    return { stream: this.#stream, remote, port };
  }

  /** Closes what was not selected and has had its time (E1), and looks again when the next one has. */
  #closeUnselected(): void {
    clearTimeout(this.#unselected);
    if (this.#selected === undefined) return;
    const { plane, limits, now } = this.#around;
    let next = Infinity;
    for (const member of [...this.#members.values()]) {
      if (member === this.#selected || member === this.#current) continue;
      const due = Math.max(member.joinedAt, this.#selectedAt) + limits.unselectedMs;
      if (due <= now()) plane.closeConnection(member.id, 'not-selected');
      else next = Math.min(next, due);
    }
    if (next !== Infinity) this.#unselected = setTimeout(() => this.#closeUnselected(), next - now());
  }
}
