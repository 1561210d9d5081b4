import type { AuthenticCheck } from '../ice/lite-agent';
import type { ConnectionId } from './forwarding-plane';
import { FramedStream } from './framed-stream';
import { Members, type Member } from './members';
import type { GatewaySession, SessionSurroundings } from './session';
import type { MsrpStream, Stream, StreamStatus } from './stream';

/**
 * One stream of bytes, and the connections that authenticated for it.
 *
 * There is no agent behind ours: USE-CANDIDATE selects at once, and so do bytes on a valid pair, which a UE
 * may send before it nominates (RFC 8445 §12.1.1). The newest nominated connection wins (C12) until bytes
 * have passed; from then on the stream is that connection, since bytes on their way would be lost: with it
 * the MSRP session ends (RFC 4975 §5.4), and a later offer or answer (`update`) makes a new one.
 */
export class MsrpSession implements GatewaySession {
  #stream: MsrpStream;
  readonly #around: SessionSurroundings;
  readonly #members: Members<Member>;
  #selected: Member | undefined;
  #bytes: FramedStream | undefined;
  #isOver = false;
  #selections = 0;
  #selectedAt = 0;
  /** When the connection was lost before bytes passed; ms. */
  #lostAt: number | undefined;
  #sequence = 0;

  constructor(stream: MsrpStream, around: SessionSurroundings) {
    this.#stream = stream;
    this.#around = around;
    this.#members = new Members(around);
  }

  get stream(): MsrpStream {
    return this.#stream;
  }

  get isSelected(): boolean {
    return this.#selected !== undefined;
  }

  status(): StreamStatus {
    const { remote, port } = this.#selected ?? {};
    return { remote, port, mapped: undefined, reconnects: Math.max(0, this.#selections - 1), dropped: 0 };
  }

  /** An MSRP session that ended may begin anew. */
  update(stream: Stream): boolean {
    if (stream.content !== 'msrp') return false;
    this.#stream = stream;
    if (this.#selected === undefined) this.#isOver = false;
    return true;
  }

  join(id: ConnectionId, { remote, port }: Pick<Member, 'remote' | 'port'>): void {
    const joining = { id, remote, port, joinedAt: this.#around.now(), sequence: 0 };
    this.#members.join(joining, (member) => member === this.#selected);
  }

  isFresh(id: ConnectionId, check: AuthenticCheck): boolean {
    return this.#members.isFresh(id, check);
  }

  checked(id: ConnectionId, check: AuthenticCheck): void {
    const member = this.#members.get(id);
    if (member === undefined || !check.nominated) return;
    member.sequence = ++this.#sequence;
    this.#select(member);
  }

  received(id: ConnectionId, frame: Buffer): void {
    const member = this.#members.get(id);
    if (member === undefined) return;
    this.#select(member);
    if (member === this.#selected) this.#bytes?.received(frame);
    // Bytes that nobody will read, on a connection that is not the stream.
    else this.#around.plane.closeConnection(id, 'stream-ended');
  }

  drained(id: ConnectionId): void {
    if (this.#selected?.id === id) this.#bytes?.drained();
  }

  left(id: ConnectionId): void {
    const member = this.#members.leave(id);
    if (member === undefined || member !== this.#selected) return;
    this.#selected = undefined;
    this.#around.lost({ stream: this.#stream, remote: member.remote, port: member.port });
    if (this.#bytes?.hasCarried === false && !this.#bytes.destroyed) {
      this.#bytes.moveTo(undefined);
      this.#lostAt = this.#around.now();
      const [newest] = this.#members.nominated();
      if (newest !== undefined) this.#select(newest);
    } else {
      this.#conclude();
    }
  }

  watch(): void {
    const { limits, now } = this.#around;
    if (this.#selected !== undefined) this.#members.closeUnselected(this.#selected, this.#selectedAt);
    else if (this.#lostAt !== undefined && now() - this.#lostAt >= limits.silentMs) this.#conclude();
  }

  end(): void {
    this.#selected = undefined;
    this.#lostAt = undefined;
    this.#bytes?.gone();
    this.#bytes = undefined;
    this.#members.end();
  }

  #select(member: Member): void {
    const { plane, selected } = this.#around;
    if (member === this.#selected) return;
    if (this.#isOver) {
      plane.closeConnection(member.id, 'stream-ended');
      return;
    }
    if (this.#bytes?.hasCarried === true) return;
    this.#selected = member;
    this.#lostAt = undefined;
    this.#selectedAt = this.#around.now();
    this.#selections += 1;
    selected({ stream: this.#stream, remote: member.remote, port: member.port });
    if (this.#bytes === undefined) {
      this.#bytes = new FramedStream(member.id, plane);
      this.#stream.opened(this.#bytes);
    } else {
      this.#bytes.moveTo(member.id);
    }
  }

  /** The MSRP session is over: what came can be read, and no other connection takes its place. */
  #conclude(): void {
    this.#isOver = true;
    this.#lostAt = undefined;
    this.#bytes?.gone();
    this.#bytes = undefined;
  }
}
