import { canConnect, isUsable, type Candidate } from './candidate';
import { formatMediaLine, type MediaLine } from './media-line';
import { SdpLine, type Said } from './sdp-line';

/** The session part of an SDP, or what stands in a section: lines in their order, never changed but replaced. */
export class SdpPart {
  readonly lines: readonly SdpLine[];
  #says: Said | undefined;

  constructor(lines: readonly SdpLine[]) {
    this.lines = lines;
  }

  /** What its lines say; of what is said twice, the last. */
  get says(): Said {
    this.#says ??= this.lines.reduce<Said>((said, { says }) => {
      if (says === undefined) return said;
      const bandwidth = [...(said.bandwidth ?? []), ...(says.bandwidth ?? [])];
      const rtcp = says.rtcp && { rtcp: { ...said.rtcp, ...says.rtcp } };
      return { ...said, ...says, bandwidth, ...rtcp };
    }, {});
    return this.#says;
  }

  /** An attribute of any of these names. */
  has(...names: readonly string[]): boolean {
    return this.lines.some((line) => line.is(...names));
  }

  hasType(type: string): boolean {
    return this.lines.some((line) => line.type === type);
  }

  /** Of the first attribute of this name. */
  value(name: string): string | undefined {
    const line = this.lines.find((each) => each.is(name));
    return line?.text.slice(name.length + 3).trim();
  }

  filter(keeps: (line: SdpLine) => boolean): this {
    const kept = this.lines.filter(keeps);
    return kept.length === this.lines.length ? this : this.withLines(kept);
  }

  /** Without the attributes of these names. */
  without(names: readonly string[]): this {
    return this.filter((line) => !line.is(...names));
  }

  /** With these lines behind its own. */
  and(added: readonly (SdpLine | string)[]): this {
    return added.length === 0 ? this : this.withLines([...this.lines, ...linesOf(added)]);
  }

  /** With these lines behind the last one of these types (RFC 8866 §5), before all others where there is none. */
  insert(added: readonly (SdpLine | string)[], types: string): this {
    const at = this.lines.findLastIndex(({ type }) => types.includes(type)) + 1;
    return this.withLines([...this.lines.slice(0, at), ...linesOf(added), ...this.lines.slice(at)]);
  }

  /** With these lines in place of its own. */
  withLines(lines: readonly SdpLine[]): this {
    return new SdpPart(lines) as this;
  }
}

/** An m= line, and the lines that belong to it. */
export class MediaSection extends SdpPart {
  /** The m= line. */
  readonly head: SdpLine;
  #candidates: readonly Candidate[] | undefined;

  constructor(head: SdpLine, lines: readonly SdpLine[] = []) {
    super(lines);
    this.head = head;
  }

  /** As {@link MediaLine}. Each throws EdgeError `sdp-invalid` (488) if the m= line is none. */
  get kind(): string {
    return this.head.media.kind;
  }

  get port(): number {
    return this.head.media.port;
  }

  get transport(): string {
    return this.head.media.transport;
  }

  get formats(): string {
    return this.head.media.formats;
  }

  /** Those that can be used: names and unknown transports are left out (B18). */
  get candidates(): readonly Candidate[] {
    this.#candidates ??= this.lines.flatMap((line) =>
      line.is('candidate') && line.candidate !== undefined && isUsable(line.candidate) ? [line.candidate] : [],
    );
    return this.#candidates;
  }

  /**
   * Has no candidate but those of TCP, and of relays, whose UDP is not the UE's: its end will not try UDP. Names count,
   * too; where there is none, it may try any.
   */
  get isTcpAlone(): boolean {
    const candidates = this.lines.flatMap((line) => (line.is('candidate') ? (line.candidate ?? []) : []));
    return candidates.length > 0 && candidates.every(({ transport, type }) => transport === 'tcp' || type === 'relay');
  }

  /** Has a TCP candidate that would connect to ours: `active` or `so` (A9). */
  get offersTcp(): boolean {
    return this.candidates.some(canConnect);
  }

  /** With another m= line. */
  with(changes: Partial<MediaLine>): MediaSection {
    const text = formatMediaLine({ ...this.head.media, ...changes });
    return text === this.head.text ? this : new MediaSection(new SdpLine(text), this.lines);
  }

  /** With this c= line in place of its own (RFC 8866 §5: behind m= and i=). */
  at(address: string): this {
    const connection = `c=IN ${address.includes(':') ? 'IP6' : 'IP4'} ${address}`;
    return this.filter(({ type }) => type !== 'c').insert([connection], 'i');
  }

  /**
   * Not used: port 0 (RFC 3264 §6) and a=mid, by which a peer that has one on each line tells them apart (RFC 8843
   * §7.1.1). Nothing else, so that no address of one side is shown to the other.
   */
  declined(): MediaSection {
    return this.with({ port: 0 }).filter((line) => line.is('mid'));
  }

  override withLines(lines: readonly SdpLine[]): this {
    return new MediaSection(this.head, lines) as this;
  }
}

function linesOf(added: readonly (SdpLine | string)[]): readonly SdpLine[] {
  return added.map((line) => (typeof line === 'string' ? new SdpLine(line) : line));
}
