import { parse, type MediaDescription } from 'sdp-transform';
import { parseCandidate, type Candidate } from './candidate';
import { parseMediaLine, type MediaLine } from './media-line';

/** What lines say, by sdp-transform, of that which is read. */
export type Said = Pick<
  MediaDescription,
  'connection' | 'bandwidth' | 'direction' | 'iceUfrag' | 'icePwd' | 'rtcpMux' | 'rtcp' | 'fingerprint'
>;

/** A group of lines (RFC 5888 §5). */
interface LineGroup {
  /** All before the names of its lines: `a=group:LS`. */
  head: string;
  isBundle: boolean;
  mids: readonly string[];
}

/** What says it. sdp-transform tries dozens of patterns on each attribute, so it is given no others. */
const read = /^(?:[cb]=|a=(?:ice-ufrag:|ice-pwd:|rtcp-mux|rtcp:|fingerprint:|sendrecv|sendonly|recvonly|inactive))/;

/**
 * One line of an SDP, without its line end. It is never changed, only replaced, and reads its text once: all SDPs that
 * are made of one that came in share its lines, and with them what these say.
 */
export class SdpLine {
  readonly text: string;
  #says: Said | 'nothing' | undefined;
  #media: MediaLine | undefined;
  #candidate: Candidate | 'none' | undefined;

  constructor(text: string) {
    this.text = text;
  }

  /** The letter before the `=`. */
  get type(): string {
    return this.text.charAt(0);
  }

  /** Undefined if it says nothing that is read. */
  get says(): Said | undefined {
    this.#says ??= read.test(this.text) ? parse(this.text) : 'nothing';
    return this.#says === 'nothing' ? undefined : this.#says;
  }

  /**
   * Of an m= line.
   * @throws EdgeError `sdp-invalid` (488)
   */
  get media(): MediaLine {
    return (this.#media ??= parseMediaLine(this.text));
  }

  /** Undefined if it is no a=candidate, or one that nobody can read. */
  get candidate(): Candidate | undefined {
    this.#candidate ??= (this.type === 'a' ? parseCandidate(this.text) : undefined) ?? 'none';
    return this.#candidate === 'none' ? undefined : this.#candidate;
  }

  /** Undefined if it is no a=group. */
  get group(): LineGroup | undefined {
    const [, head, semantics = '', members = ''] = /^(a=group:(\S+))(.*)$/i.exec(this.text) ?? [];
    if (head === undefined) return undefined;
    return { head, isBundle: /^BUNDLE\b/i.test(semantics), mids: members.split(/\s+/).filter((mid) => mid !== '') };
  }

  /** True for `a=<name>` and `a=<name>:…`, of any of these names. */
  is(...names: readonly string[]): boolean {
    const { text } = this;
    if (!text.startsWith('a=')) return false;
    return names.some((name) => {
      const end = name.length + 2;
      return text.startsWith(name, 2) && (text.length === end || text[end] === ':');
    });
  }
}
