import type { AdvertisedAddress, MediaStream } from '../gateway/stream';
import { familyOf, unspecified } from '../ip-address';
import type { CandidateSpelling } from '../sdp/candidate';
import { withGatewayCandidates } from '../sdp/gateway-candidate';
import { withoutLineIce } from '../sdp/ice-attributes';
import type { Sdp } from '../sdp/sdp';
import type { MediaSection } from '../sdp/sdp-part';
import { viewSession, withEachLine, type MediaView } from '../sdp/session-view';
import { answeredSetup, asTcpLine, type TcpLine, type TcpLines } from '../sdp/tcp-media-lines';
import type { GroupedForUe } from './call-bundle';
import type { CallStreams, OpenStreams } from './call-streams';
import { getsFallback, type Fallback } from './fallback';

/** What the SDPs to the UE of one call go by. */
export interface UeSdpOptions {
  call: string;
  advertised: readonly AdvertisedAddress[];
  fallback: Fallback;
  spelling: CandidateSpelling;
  /** Those that the gateway is open to. */
  streams: Pick<CallStreams, 'isCurrent' | 'isSelected'>;
}

/** What one SDP to the UE has to heed. */
export interface UeLines {
  isAnswer: boolean;
  /** The UE's last word on a line; undefined if it has said nothing yet, or the line was not in use. */
  line: (index: number) => MediaView | undefined;
  /** Its lines that are RTP over TCP. */
  tcp: TcpLines;
  /** Its lines that are without ICE because of a mismatch. */
  mismatched: ReadonlySet<number>;
}

export interface WrittenForUe {
  sdp: Sdp;
  /** Lines that it has as RTP over TCP. */
  tcp: TcpLines;
}

/** What comes through rtpengine, and is about another's ICE. */
const notForUe = ['remote-candidates', 'ice-options'];
const notOfShared = [...notForUe, 'candidate', 'end-of-candidates'];

/** Makes of what rtpengine wrote the SDPs that the UE of one call gets. */
export class UeSdp {
  readonly #options: UeSdpOptions;

  constructor(options: UeSdpOptions) {
    this.#options = options;
  }

  /** What an SDP will tell of: to be opened first, as the UE's check may come as soon as it has the SDP (C1). */
  streams({ sdp, shared }: GroupedForUe, ue: UeLines): MediaStream[] {
    const { media } = viewSession(sdp);
    const isVideo = ({ index, kind }: MediaView) =>
      kind === 'video' || media.some((line) => shared.get(line.index) === index && line.kind === 'video');
    return media
      .filter(({ index }) => !shared.has(index))
      .flatMap((line) => this.#streamOf(isVideo(line) ? { ...line, kind: 'video' } : line, ue.line(line.index)) ?? []);
  }

  /**
   * With the candidate on port 80 on each line that gets it.
   * @param open the streams that the gateway took; the other lines go without their candidate
   */
  write({ sdp, shared }: GroupedForUe, ue: UeLines, open: OpenStreams): WrittenForUe {
    // Of our offers the default is among our candidates; an answer keeps the transport, whatever we have (B12).
    const tcp = new Map([...ue.tcp].filter(([index]) => !shared.has(index) && (ue.isAnswer || open.has(index))));
    const written = withEachLine(sdp, (section, line) => {
      const { index } = line;
      // What is said of a transport is said once (RFC 9143 §7.1.3): the UE would take candidates for those of another.
      if (shared.has(index)) return section.without(notOfShared);
      const ours = this.#withCandidates(section, line, ue, open.has(index));
      const said = tcp.get(index);
      return said === undefined ? ours : this.#overTcp(ours, line, said, ue.isAnswer, open.get(index));
    });
    return { sdp: written, tcp };
  }

  #streamOf(line: MediaView, ue: MediaView | undefined): MediaStream | undefined {
    const { call, advertised, fallback, streams } = this.#options;
    const { ufrag, pwd, address, port, index, kind } = line;
    if (ufrag === undefined || pwd === undefined || address === undefined) return undefined;
    const given = streams.isCurrent(index, ufrag);
    if (advertised.length === 0 || !getsFallback(fallback, { line, ue, given })) return undefined;
    return {
      ufrag,
      pwd,
      anchor: { address, port },
      content: line.hasDtls ? 'dtls' : 'rtp',
      kind: kind === 'audio' || kind === 'video' ? kind : 'other',
      call,
      line: index,
    };
  }

  #withCandidates(
    written: MediaSection,
    { port, index }: MediaView,
    { line, mismatched, isAnswer }: UeLines,
    isOpen: boolean,
  ): MediaSection {
    const section = written.without(notForUe);
    // No ICE on a declined line (B17), in an answer to a line without (B15), nor offered again where it was declined.
    if (port === 0 || line(index)?.hasIce === false) {
      const isMismatch = isAnswer && port !== 0 && mismatched.has(index);
      return withoutLineIce(section).and(isMismatch ? ['a=ice-mismatch'] : []);
    }
    const { advertised, spelling } = this.#options;
    return isOpen ? withGatewayCandidates(section, advertised, spelling) : section;
  }

  #overTcp(
    section: MediaSection,
    { address }: MediaView,
    { transport, setup, connection }: TcpLine,
    isAnswer: boolean,
    stream: MediaStream | undefined,
  ): MediaSection {
    const { advertised, streams } = this.#options;
    const family = familyOf(address ?? '');
    const sameFamily = advertised.find((ours) => familyOf(ours.address) === family);
    const none = { address: unspecified(family), port: 9 };
    const isKept = stream !== undefined && streams.isSelected(stream) && !(isAnswer && connection === 'new');
    return asTcpLine(section, {
      transport,
      setup: isAnswer ? answeredSetup(setup) : 'passive',
      connection: isKept ? 'existing' : 'new',
      at: (stream === undefined ? undefined : (sameFamily ?? advertised[0])) ?? none,
    });
  }
}
