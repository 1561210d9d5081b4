import type { MediaStream } from '../gateway/stream';
import { familyOf, unspecified } from '../ip-address';
import type { OccasionalLog } from '../ops/occasional-log';
import { withGatewayCandidates, type GatewayCandidateOptions } from '../sdp/gateway-candidate';
import { withIceLite, withoutLineIce } from '../sdp/ice-attributes';
import { withoutRtcpPayloadTypes } from '../sdp/payload-types';
import type { Sdp } from '../sdp/sdp';
import type { MediaSection } from '../sdp/sdp-part';
import { viewSession, type MediaView } from '../sdp/session-view';
import { answeredSetup, asTcpLine, type TcpLine, type TcpLines } from '../sdp/tcp-media-lines';
import type { GroupedForUe } from './call-bundle';
import type { CallStreams, StreamGateway } from './call-streams';
import { getsFallback, type Fallback } from './fallback';

export interface TowardUeOptions {
  call: string;
  gateway: StreamGateway;
  streams: CallStreams;
  fallback: Fallback;
  candidates: GatewayCandidateOptions;
  log: OccasionalLog;
}

/** What the SDP to the UE has to heed. */
export interface UeLines {
  isAnswer: boolean;
  /** The number of the offer and answer under way, rising. */
  exchange: number;
  /** The UE's last word on a line; undefined if it has said nothing yet, or the line was not in use. */
  line: (index: number) => MediaView | undefined;
  /** Its lines that are RTP over TCP. */
  tcp: TcpLines;
  /** Its lines that are without ICE because of a mismatch. */
  mismatched: ReadonlySet<number>;
}

export interface WrittenForUe {
  sdp: Sdp;
  /** By line: the streams of which it tells. */
  told: ReadonlyMap<number, MediaStream>;
  /** Lines that it has as RTP over TCP. */
  tcp: TcpLines;
}

/** What comes through rtpengine, and is about another's ICE. */
const notForUe = ['remote-candidates', 'ice-options'];

/** Makes of rtpengine's SDPs those that the UE of one call gets. */
export class TowardUe {
  readonly #options: TowardUeOptions;

  constructor(options: TowardUeOptions) {
    this.#options = options;
  }

  /**
   * Adds the candidate on port 80 to each line that gets it, after the gateway was opened to the line: the UE's
   * check may come as soon as it has the SDP (C1).
   */
  write({ sdp: reply, shared }: GroupedForUe, ue: UeLines): WrittenForUe {
    const sdp = withoutRtcpPayloadTypes(reply);
    const told = new Map<number, MediaStream>();
    const tcp = new Map<number, TcpLine>();
    const { media: lines } = viewSession(sdp);
    const carriesVideo = (tag: number) =>
      lines.some(({ index, kind }) => shared.get(index) === tag && kind === 'video');
    const media = sdp.media.map((itself, index) => {
      const written = lines[index];
      // What is said of a transport is said once (RFC 9143 §7.1.3): the UE would take candidates for those of another.
      if (written === undefined || shared.has(index)) return withoutCandidates(itself);
      const line = carriesVideo(index) ? { ...written, kind: 'video' } : written;
      const section = this.#withCandidates(line, itself, ue, told);
      const tcpLine = ue.tcp.get(line.index);
      // Of our offers the default is among our candidates; an answer keeps the transport, whatever we have (B12).
      if (tcpLine === undefined || !(ue.isAnswer || told.has(line.index))) return section;
      tcp.set(line.index, tcpLine);
      return this.#overTcp(line, section, tcpLine, ue.isAnswer, told.get(line.index));
    });
    return { sdp: withIceLite({ session: sdp.session, media }), told, tcp };
  }

  /** False if the gateway did not take it; the line then goes without its candidate. */
  open(stream: MediaStream, exchange: number): boolean {
    const { call, streams, log } = this.#options;
    try {
      streams.open(stream, exchange);
      return true;
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'unknown';
      log.warn({ call, line: stream.line, reason }, 'a media line has no candidate on port 80');
      return false;
    }
  }

  #withCandidates(
    line: MediaView,
    written: MediaSection,
    { line: ueLine, mismatched, exchange, isAnswer }: UeLines,
    told: Map<number, MediaStream>,
  ): MediaSection {
    const section = written.without(notForUe);
    const ue = ueLine(line.index);
    // No ICE on a declined line (B17), in an answer to a line without (B15), nor offered again where it was declined.
    if (line.port === 0 || ue?.hasIce === false) {
      const isMismatch = isAnswer && line.port !== 0 && mismatched.has(line.index);
      return withoutLineIce(section).and(isMismatch ? ['a=ice-mismatch'] : []);
    }
    const stream = this.#fallbackStream(line, ue);
    if (stream === undefined || !this.open(stream, exchange)) return section;
    told.set(line.index, stream);
    const { gateway, candidates } = this.#options;
    return withGatewayCandidates(section, gateway.advertised, candidates);
  }

  #fallbackStream(line: MediaView, ue: MediaView | undefined): MediaStream | undefined {
    const { call, gateway, streams, fallback } = this.#options;
    const { ufrag, pwd, address, port, index, kind } = line;
    if (ufrag === undefined || pwd === undefined || address === undefined) return undefined;
    const given = streams.isCurrent(index, ufrag);
    if (gateway.advertised.length === 0 || !getsFallback(fallback, { line, ue, given })) return undefined;
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

  #overTcp(
    { address }: MediaView,
    section: MediaSection,
    { transport, setup, connection }: TcpLine,
    isAnswer: boolean,
    stream: MediaStream | undefined,
  ): MediaSection {
    const { gateway, streams } = this.#options;
    const family = familyOf(address ?? '');
    const sameFamily = gateway.advertised.find((ours) => familyOf(ours.address) === family);
    const none = { address: unspecified(family), port: 9 };
    const isKept = stream !== undefined && streams.isSelected(stream) && !(isAnswer && connection === 'new');
    return asTcpLine(section, {
      transport,
      setup: isAnswer ? answeredSetup(setup) : 'passive',
      connection: isKept ? 'existing' : 'new',
      at: (stream === undefined ? undefined : (sameFamily ?? gateway.advertised[0])) ?? none,
    });
  }
}

function withoutCandidates(section: MediaSection): MediaSection {
  return section.without([...notForUe, 'candidate', 'end-of-candidates']);
}
