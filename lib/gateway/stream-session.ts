import type { AuthenticCheck } from '../ice/lite-agent';
import { AnswerWatch } from './answer-watch';
import type { ConnectionId, ConnectionStatus } from './forwarding-plane';
import { LostMedia } from './lost-media';
import { MediaFollower } from './media-follower';
import { MediaMembers, type MediaMember } from './media-members';
import type { Nominated } from './nomination-ranks';
import { ReturnWatch } from './return-watch';
import type { GatewaySession, SessionSurroundings } from './session';
import type { MediaStream, Stream, StreamPath, StreamStatus } from './stream';
import { StreamNominations, type RaisedCandidate } from './stream-nominations';

/**
 * One stream, the connections that authenticated for it, and which of them carries its media.
 *
 * Of those that the UE nominated and is heard on, that to the port most wanted wins, and of several to one port the
 * newest (C12), whatever PRIORITY the UE sends; but where the UE sends its media, there it goes. When it ends, the one
 * nominated before takes over: a UE that nominated several may have kept another than we did.
 */
export class StreamSession implements GatewaySession {
  #stream: MediaStream;
  readonly #around: SessionSurroundings;
  readonly #members: MediaMembers;
  readonly #nominations: StreamNominations;
  readonly #follower: MediaFollower;
  readonly #return: ReturnWatch;
  /** How often a connection was nominated, by the UE or by us. */
  #sequence = 0;
  /** The connection nominated last. */
  #current: MediaMember | undefined;
  /** One on which the UE sends media while none is nominated. */
  #tried: MediaMember | undefined;
  /** The connection that rtpengine was last seen to accept. */
  #selected: MediaMember | undefined;
  #selectedAt: number | undefined;
  /** Of the selected connection, or of the last one. */
  #answers: AnswerWatch | undefined;
  #look: NodeJS.Timeout | undefined;
  /** rtpengine was seen to send the media elsewhere, and is to be asked whether the next nomination was enough. */
  #isContested = false;
  /** Something came on the selected connection since: the UE uses it too. */
  #isUsed = false;
  readonly #lost: LostMedia;
  /** How often another connection was selected when the one before was gone, or had its time. */
  #reconnects = 0;
  /** Packets dropped on connections that have ended. */
  #dropped = 0;

  constructor(stream: MediaStream, around: SessionSurroundings) {
    this.#stream = stream;
    this.#around = around;
    this.#members = new MediaMembers(around);
    this.#nominations = new StreamNominations(stream, around, (member) => this.#select(member));
    this.#follower = new MediaFollower(around, (member) => this.#follow(member));
    this.#return = new ReturnWatch(around.limits, (times) => this.#unheard(times));
    this.#lost = new LostMedia(around);
  }

  get stream(): MediaStream {
    return this.#stream;
  }

  get nominated(): Nominated {
    return this.#nominations.nominated;
  }

  get isSelected(): boolean {
    return this.#selected !== undefined;
  }

  get raised(): readonly RaisedCandidate[] | undefined {
    return this.#nominations.raised;
  }

  status(): StreamStatus {
    const { remote, port, mapped } = this.#selected ?? {};
    const dropped = this.#dropped + this.#members.dropped();
    return { remote, port, mapped, reconnects: this.#reconnects, dropped };
  }

  /** rtpengine may have moved its port. */
  update(stream: Stream): boolean {
    if (stream.content === 'msrp') return false;
    const before = this.#stream;
    this.#stream = stream;
    const { address, port } = stream.anchor;
    const moved = before.anchor.address !== address || before.anchor.port !== port || before.pwd !== stream.pwd;
    if (moved && this.#current !== undefined) this.#nominate(this.#current);
    else if (before.kind !== stream.kind && this.#selected !== undefined) this.#select(this.#selected);
    return true;
  }

  join(id: ConnectionId, { remote, port }: Pick<MediaMember, 'remote' | 'port'>): void {
    const isInUse = (member: MediaMember) => member === this.#current || member === this.#selected;
    this.#members.enter({ id, remote, port, preference: this.#around.preference(port) }, isInUse);
  }

  isFresh(id: ConnectionId, check: AuthenticCheck): boolean {
    return this.#members.isFresh(id, check);
  }

  checked(id: ConnectionId, check: AuthenticCheck): void {
    const member = this.#members.get(id);
    if (member === undefined) return;
    member.remoteUfrag = check.remoteUfrag;
    this.#nominations.seen(check.priority);
    if (check.nominated) this.#nominated(member);
    this.#askIfUnanswered();
  }

  mediaHeard(id: ConnectionId): void {
    const member = this.#members.get(id);
    if (member === undefined) return;
    if (member !== this.#selected) this.#members.waitAt(id, this.#maxAge);
    if (member === this.#current) {
      this.#lookSoon();
    } else if (this.#current !== undefined) {
      this.#follower.heard(member, this.#current);
    } else {
      // Before it nominates: it may be on UDP by what rtpengine knows, and UDP has died.
      this.#tried = member;
      this.#askWhere(member);
    }
  }

  winBack(count: number): void {
    const member = this.#selected ?? this.#tried;
    if (member === undefined || count !== this.nominated.count || !this.#nominations.raise()) return;
    this.#isContested = true;
    this.#nominate(member);
  }

  lower(): void {
    this.#return.stop();
    this.#isContested = false;
    this.#nominations.lower();
    if (this.#selected !== undefined) this.#nominate(this.#selected);
  }

  anchorDatagram(id: ConnectionId, datagram: Buffer): void {
    const member = this.#members.get(id);
    if (member !== undefined) this.#nominations.received(member, datagram);
  }

  left(id: ConnectionId, status: ConnectionStatus): void {
    const member = this.#members.leave(id);
    if (member === undefined) return;
    this.#dropped += status.dropped;
    if (member === this.#tried) this.#tried = undefined;
    const wasSelected = member === this.#selected;
    if (wasSelected) {
      this.#answers?.passed(status, this.#around.now());
      this.#selected = undefined;
      this.#return.stop();
    }
    if (member === this.#current) {
      this.#nominations.stop();
      this.#current = undefined;
    }
    if (wasSelected) this.#lost.ended(this.#pathOf(member), member.isTold);
    const next = this.#current === undefined ? this.#members.best() : undefined;
    if (next !== undefined) this.#nominate(next);
  }

  watch(): void {
    if (this.#members.listen(this.#selected)) this.#isUsed = true;
    this.#askIfUnanswered();
    this.#lost.watch();
    const selected = this.#selected;
    if (selected !== undefined && this.#members.isSilent(selected)) this.#giveUp(selected);
    // Not before the UE is seen to use it: it may have kept another than we did (E1).
    else if (selected !== undefined && selected === this.#current && this.#isUsed)
      this.#members.closeUnselected(selected, this.#selectedAt ?? 0);
    else if (this.#current === undefined) this.#members.closeIdle();
  }

  end(): void {
    this.#nominations.stop();
    this.#follower.stop();
    this.#return.stop();
    clearTimeout(this.#look);
    this.#current = undefined;
    this.#selected = undefined;
    this.#tried = undefined;
    this.#lost.forget();
    this.#members.end();
  }

  #nominated(member: MediaMember): void {
    if (member === this.#current) {
      if (member === this.#selected) this.#answers?.used(this.#around.now());
      return;
    }
    member.sequence = ++this.#sequence;
    // Aggressive nomination repeats USE-CANDIDATE on all connections at once.
    const pauseMs = this.#current === undefined ? 0 : this.#around.limits.renominationMs;
    if (this.#members.mayReplace(this.#current, member) && this.#nominations.may(member, pauseMs))
      this.#nominate(member);
  }

  /** The UE sends its media on another connection than the one that was nominated last. */
  #follow(member: MediaMember): void {
    if (this.#members.get(member.id) === undefined || member === this.#current) return;
    if (this.#nominations.may(member, 0)) this.#nominate(member);
  }

  #askIfUnanswered(): void {
    const { plane, now } = this.#around;
    const selected = this.#selected;
    if (selected === undefined || selected !== this.#current || this.#nominations.isPending) return;
    const status = plane.status(selected.id);
    if (status) this.#answers?.passed(status, now());
    if (this.#answers?.isDue(now())) this.#askWhere(selected);
  }

  #lookSoon(): void {
    clearTimeout(this.#look);
    this.#look = setTimeout(() => this.#askIfUnanswered(), this.#around.limits.unansweredMs).unref();
  }

  #askWhere(member: MediaMember): void {
    this.#around.unanswered(this.#pathOf(member), this.nominated.count);
  }

  #unheard(times: number): void {
    const selected = this.#selected;
    if (selected === undefined) return;
    if (times === 1) this.#around.plane.listenForMedia(selected.id);
    this.#around.unheard(this.#pathOf(selected), times);
  }

  /** A UE that is heard on another connection that it nominated has not lost its media: that one takes over (E4). */
  #giveUp(selected: MediaMember): void {
    const isHeard = this.#members.nominated().some((member) => !this.#members.isSilent(member));
    if (!isHeard) {
      selected.isTold = true;
      this.#around.mediaLost(this.#pathOf(selected));
    }
    this.#around.plane.closeConnection(selected.id, 'silent');
  }

  #pathOf({ remote, port }: MediaMember): StreamPath {
    return { stream: this.#stream, remote, port };
  }

  #nominate(member: MediaMember): void {
    member.sequence = ++this.#sequence;
    this.#current = member;
    this.#nominations.start(member, this.#stream);
  }

  /** ms; of what waits for a UE that reads slowly. */
  get #maxAge(): number {
    const { audioQueueMs, videoQueueMs } = this.#around.limits;
    return this.#stream.kind === 'audio' ? audioQueueMs : videoQueueMs;
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
    this.#tried = undefined;
    plane.select(member.id, this.#maxAge);
    this.#members.giveWay(member.id, this.#maxAge);
    if (isNew) this.#begin(member);
    if (this.#nominations.isRaised) this.#return.start(() => plane.status(member.id)?.toAnchor);
    // Of a UE that had its media here, or sends it, rtpengine is asked at once whether it has them again.
    if (this.#isContested || (isNew && hadOther && wasUsed)) this.#askWhere(member);
    this.#isContested = false;
  }

  #begin(member: MediaMember): void {
    const { plane, limits, now, selected } = this.#around;
    const status = plane.status(member.id);
    this.#answers = status && new AnswerWatch(limits, status, now());
    this.#selectedAt = now();
    this.#isUsed = false;
    this.#lost.forget();
    member.received = status?.received ?? member.received;
    member.heardAt = this.#selectedAt;
    member.isTold = false;
    selected(this.#pathOf(member));
    this.#lookSoon();
  }
}
