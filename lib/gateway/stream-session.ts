import type { AuthenticCheck } from '../ice/lite-agent';
import { AnswerWatch } from './answer-watch';
import type { ConnectionId, ConnectionStatus } from './forwarding-plane';
import { joining, listenTo, type MediaMember } from './media-member';
import { Members } from './members';
import { Nomination } from './nomination';
import { NominationPace } from './nomination-pace';
import { NominationRanks, type Nominated } from './nomination-ranks';
import type { SessionSurroundings } from './session-surroundings';
import type { MediaStream, StreamPath, StreamStatus } from './stream';

/**
 * One stream, the connections that authenticated for it, and which of them carries its media.
 *
 * The newest nominated connection wins (C12), whatever PRIORITY the UE sends. When it ends, the one
 * nominated before takes over: a UE that nominated several may have kept another than we did.
 */
export class StreamSession {
  #stream: MediaStream;
  readonly #around: SessionSurroundings;
  readonly #members: Members<MediaMember>;
  readonly #ranks: NominationRanks;
  readonly #pace: NominationPace;
  #nominatedAt = -Infinity;
  /** The connection nominated last, and its nomination until rtpengine answered. */
  #current: MediaMember | undefined;
  #nomination: Nomination | undefined;
  /** The connection that rtpengine was last seen to accept. */
  #selected: MediaMember | undefined;
  #selectedAt: number | undefined;
  /** Of the selected connection, or of the last one. */
  #answers: AnswerWatch | undefined;
  /** Something came on the selected connection since: the UE uses it too. */
  #isUsed = false;
  /** Where the media went until its connection was lost, and when that was; until it is told, or another is selected. */
  #lost: { path: StreamPath; at: number } | undefined;
  /** How often another connection was selected when the one before was gone, or had its time. */
  #reconnects = 0;
  /** Packets dropped on connections that have ended. */
  #dropped = 0;

  constructor(stream: MediaStream, around: SessionSurroundings) {
    this.#stream = stream;
    this.#around = around;
    this.#members = new Members(around);
    this.#ranks = new NominationRanks(stream.nominated);
    this.#pace = new NominationPace(around.limits, around.now());
  }

  get stream(): MediaStream {
    return this.#stream;
  }

  get nominated(): Nominated {
    return this.#ranks.nominated;
  }

  get isSelected(): boolean {
    return this.#selected !== undefined;
  }

  status(): StreamStatus {
    const { plane } = this.#around;
    const { remote, port, mapped } = this.#selected ?? {};
    let dropped = this.#dropped;
    for (const { id } of this.#members.all()) dropped += plane.status(id)?.dropped ?? 0;
    return { remote, port, mapped, reconnects: this.#reconnects, dropped };
  }

  /** A later offer or answer without a restart: rtpengine may have moved its port. */
  update(stream: MediaStream): void {
    const before = this.#stream;
    this.#stream = stream;
    const { address, port } = stream.anchor;
    const moved = before.anchor.address !== address || before.anchor.port !== port || before.pwd !== stream.pwd;
    if (moved && this.#current !== undefined) this.#nominate(this.#current);
    else if (before.kind !== stream.kind && this.#selected !== undefined) this.#select(this.#selected);
  }

  /** A connection authenticated; beyond the limit the oldest one without media has to go. */
  join(id: ConnectionId, { remote, port }: Pick<MediaMember, 'remote' | 'port'>): void {
    const { plane, now } = this.#around;
    const isInUse = (member: MediaMember) => member === this.#current || member === this.#selected;
    this.#members.join(joining(id, remote, port, plane.status(id)?.received ?? 0, now()), isInUse);
  }

  /** Whether an authenticated check is this connection's own, and not a copy of another's. */
  isFresh(id: ConnectionId, check: AuthenticCheck): boolean {
    return this.#members.isFresh(id, check);
  }

  /** An accepted check (C10). */
  checked(id: ConnectionId, check: AuthenticCheck): void {
    const member = this.#members.get(id);
    if (member === undefined) return;
    this.#ranks.seen(check.priority);
    if (check.nominated) this.#nominated(member, check.remoteUfrag);
    this.#askIfUnanswered();
  }

  /**
   * rtpengine sends the media elsewhere, though the UE uses its connection (C18): to an address that repeated a check of
   * the UE, or to one that the UE has left. The connection is nominated anew, as another candidate of a higher rank.
   * @param count how many nominations there were when rtpengine was asked; one since then may have won already
   */
  winBack(count: number): void {
    const { limits, now, nominations } = this.#around;
    const selected = this.#selected;
    if (selected === undefined || count !== this.nominated.count || count >= limits.nominationsPerStream) return;
    // There is nothing better to try at once.
    if (this.#ranks.isAboveAll && now() - this.#nominatedAt < limits.renominationMs) return;
    nominations.raised += 1;
    this.#ranks.raise();
    this.#nominate(selected);
  }

  anchorDatagram(id: ConnectionId, datagram: Buffer): void {
    if (this.#current?.id === id) this.#nomination?.received(datagram);
  }

  left(id: ConnectionId, status: ConnectionStatus): void {
    const member = this.#members.leave(id);
    if (member === undefined) return;
    this.#dropped += status.dropped;
    const wasSelected = member === this.#selected;
    if (wasSelected) {
      this.#answers?.passed(status, this.#around.now());
      this.#selected = undefined;
    }
    if (member === this.#current) {
      this.#nomination?.stop();
      this.#nomination = undefined;
      this.#current = undefined;
    }
    if (wasSelected) {
      const path = this.#pathOf(member);
      this.#lost = member.isTold ? undefined : { path, at: this.#around.now() };
      this.#around.lost(path);
    }
    if (this.#current === undefined) this.#fallBack();
  }

  /** To be called now and then: closes what is not used, and tells of media that is lost. */
  watch(): void {
    this.#listen();
    this.#askIfUnanswered();
    const { limits, now, mediaLost } = this.#around;
    if (this.#lost !== undefined && now() - this.#lost.at >= limits.silentMs) {
      const { path } = this.#lost;
      this.#lost = undefined;
      mediaLost(path);
    }
    const selected = this.#selected;
    if (selected === undefined) return;
    if (this.#isSilent(selected)) this.#giveUp(selected);
    // Not before the UE is seen to use it: it may have kept another than we did (E1).
    else if (selected === this.#current && this.#isUsed) this.#members.closeUnselected(selected, this.#selectedAt ?? 0);
  }

  /** The stream is over: its connections are closed, and nothing is said of them. */
  end(): void {
    this.#nomination?.stop();
    this.#current = undefined;
    this.#selected = undefined;
    this.#lost = undefined;
    this.#members.end();
  }

  #nominated(member: MediaMember, remoteUfrag: string): void {
    member.remoteUfrag = remoteUfrag;
    if (member !== this.#current) {
      if (this.#mayNominate(member)) this.#nominate(member);
    } else if (member === this.#selected) {
      this.#answers?.used(this.#around.now());
    }
  }

  #askIfUnanswered(): void {
    const { plane, now } = this.#around;
    const selected = this.#selected;
    if (selected === undefined || selected !== this.#current || this.#nomination !== undefined) return;
    const status = plane.status(selected.id);
    if (status) this.#answers?.passed(status, now());
    if (this.#answers?.isDue(now())) this.#askWhere(selected);
  }

  #askWhere(selected: MediaMember): void {
    this.#around.unanswered(this.#pathOf(selected), this.nominated.count);
  }

  /**
   * A connection that was nominated before wins again only after a pause, and not for ever: aggressive
   * nomination repeats USE-CANDIDATE on all connections at once, and rtpengine keeps a candidate for each.
   */
  #mayNominate(member: MediaMember): boolean {
    const { limits, now, nominations } = this.#around;
    const again = member.nominations > 0 && this.#current !== undefined;
    const isTooSoon = again && now() - this.#nominatedAt < limits.renominationMs;
    const may = !isTooSoon && member.nominations < limits.nominationsPerConnection && this.#pace.take(now());
    if (!may) nominations.refused += 1;
    return may;
  }

  #listen(): void {
    const { plane, now } = this.#around;
    for (const member of this.#members.all()) {
      const isHeard = listenTo(member, plane.status(member.id)?.received, now());
      if (isHeard && member === this.#selected) this.#isUsed = true;
    }
  }

  #isSilent({ heardAt }: MediaMember): boolean {
    return this.#around.now() - heardAt >= this.#around.limits.silentMs;
  }

  /** A UE that is heard on another connection that it nominated has not lost its media: that one takes over (E4). */
  #giveUp(selected: MediaMember): void {
    const isHeard = this.#members.nominated().some((member) => !this.#isSilent(member));
    if (!isHeard) {
      selected.isTold = true;
      this.#around.mediaLost(this.#pathOf(selected));
    }
    this.#around.plane.closeConnection(selected.id, 'silent');
  }

  #pathOf({ remote, port }: MediaMember): StreamPath {
    return { stream: this.#stream, remote, port };
  }

  /** To the one nominated last, if the UE is still heard on it or on none. */
  #fallBack(): void {
    const nominated = this.#members.nominated();
    const next = nominated.find((member) => !this.#isSilent(member)) ?? nominated[0];
    if (next !== undefined) this.#nominate(next);
  }

  #nominate(member: MediaMember): void {
    const { plane, limits, now, nominations, anchorAddress } = this.#around;
    // An ICE restart makes a new stream.
    if (this.nominated.count >= limits.nominationsPerStream) {
      nominations.refused += 1;
      plane.closeConnection(member.id, 'stream-limit');
      return;
    }
    this.#nomination?.stop();
    this.#current = member;
    this.#nominatedAt = now();
    const priority = this.#ranks.next();
    member.sequence = this.nominated.count;
    member.nominations += 1;
    nominations.started += 1;
    this.#nomination = new Nomination(this.#stream, member.remoteUfrag, priority, limits, {
      send: (request, attempt) => {
        if (attempt > 1) nominations.repeated += 1;
        plane.sendToAnchor(member.id, request);
      },
      succeeded: (mapped) => {
        member.mapped = mapped;
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

  #select(member: MediaMember): void {
    const { plane, limits, now } = this.#around;
    const wasUsed = this.#answers?.wasUsed === true;
    const isNew = member !== this.#selected;
    // Several that are nominated one right after the other are one UE that tries, and did not come back.
    const since = this.#selectedAt;
    const hadOther = since !== undefined && (!this.#selected || now() - since >= limits.renominationMs);
    if (isNew && hadOther) this.#reconnects += 1;
    this.#selected = member;
    plane.select(member.id, this.#stream.kind === 'audio' ? limits.audioQueueMs : limits.videoQueueMs);
    if (isNew) this.#begin(member);
    // Of a UE that had its media here rtpengine is asked at once whether it has them again.
    if (!isNew || (hadOther && wasUsed)) this.#askWhere(member);
  }

  #begin(member: MediaMember): void {
    const { plane, limits, now, selected } = this.#around;
    const status = plane.status(member.id);
    this.#answers = status && new AnswerWatch(limits, status, now());
    this.#selectedAt = now();
    this.#isUsed = false;
    this.#lost = undefined;
    member.received = status?.received ?? member.received;
    member.heardAt = this.#selectedAt;
    member.isTold = false;
    selected(this.#pathOf(member));
  }
}
