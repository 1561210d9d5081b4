import type { IceCredentials } from '../ice/credentials';
import { formatCandidate, type Candidate } from '../sdp/candidate';
import { isRtpOverUdp } from '../sdp/media-line';
import { isMsrp, readMsrpLine, type MsrpLine, type MsrpSetup } from '../sdp/msrp-line';
import { parseSdp } from '../sdp/sdp';
import type { MediaSection } from '../sdp/sdp-part';
import { mapLines, type Direction, type MediaView } from '../sdp/session-view';
import { formatWithoutChoice } from '../sdp/usable-formats';
import type { TransportAddress } from '../ice/transport-address';
import { familyOf } from '../ip-address';
import { pcmu } from './tone';

/** The half of an ICE session that one side writes into its SDP for a stream (RFC 8839 §5). */
export interface IceDescription extends IceCredentials {
  candidates: readonly Candidate[];
}

/** What one stream of ours looks like in an offer or answer. */
export interface LocalStream {
  kind: string;
  /** RTP over UDP, the default of RFC 8839 §4.2.4; 0 declines the stream. */
  port: number;
  /** In place of that of the session. */
  address?: string;
  direction: Direction;
  /** Present with ICE, which always comes with rtcp-mux here. */
  ice?: IceDescription;
  /** The m= transport; an answer repeats the offer's. */
  transport?: string;
  /** The formats of a stream that is declined, as offered. */
  formats?: string;
  /** Present for MSRP. */
  msrp?: LocalMsrp;
}

/** What an MSRP stream of ours says of itself. */
interface LocalMsrp {
  path: string;
  setup: MsrpSetup;
  hasCema: boolean;
  /** Of our certificate, `sha-256 AB:CD:…`, where the stream is TCP/TLS/MSRP (RFC 8122). */
  fingerprint: string | undefined;
}

export interface LocalDescription {
  address: string;
  sessionId: number;
  /** Goes up with each change (RFC 3264 §8). */
  version: number;
  streams: readonly LocalStream[];
}

/** Writes an offer or answer; ICE is full and the only codec PCMU. */
export function writeDescription({ address, sessionId, version, streams }: LocalDescription): string {
  const family = address.includes(':') ? 'IP6' : 'IP4';
  const session = [
    'v=0',
    `o=- ${sessionId} ${version} IN ${family} ${address}`,
    's=-',
    `c=IN ${family} ${address}`,
    't=0 0',
    ...(streams.some(({ ice }) => ice !== undefined) ? ['a=ice-options:ice2'] : []),
  ];
  return [...session, ...streams.flatMap(writeStream)].map((line) => `${line}\r\n`).join('');
}

function writeStream(stream: LocalStream): string[] {
  const { kind, port, address, direction, ice, transport = 'RTP/AVP', formats = '' } = stream;
  const media = (payloads: string) => `m=${kind} ${port} ${transport} ${payloads}`;
  // The peer may have named none.
  if (port === 0) return [media(formats === '' ? formatWithoutChoice(transport) : formats)];
  if (stream.msrp !== undefined) return [media('*'), ...writeMsrp(stream.msrp), ...writeIce(ice)];
  return [
    media(String(pcmu.payloadType)),
    ...(address === undefined ? [] : [`c=IN ${familyOf(address)} ${address}`]),
    `a=rtpmap:${pcmu.payloadType} ${pcmu.name}/${pcmu.clockRate}`,
    'a=ptime:20',
    `a=${direction}`,
    ...(ice === undefined ? [] : ['a=rtcp-mux']),
    ...writeIce(ice),
  ];
}

/** RFC 4975 §8, RFC 6135 §4.2, RFC 6714 §4. */
function writeMsrp({ path, setup, hasCema, fingerprint }: LocalMsrp): string[] {
  return [
    'a=accept-types:*',
    `a=path:${path}`,
    `a=setup:${setup}`,
    ...(hasCema ? ['a=msrp-cema'] : []),
    ...(fingerprint === undefined ? [] : [`a=fingerprint:${fingerprint}`]),
  ];
}

function writeIce(ice: IceDescription | undefined): string[] {
  if (ice === undefined) return [];
  const candidates = ice.candidates.map((candidate) => formatCandidate(candidate));
  return [`a=ice-ufrag:${ice.ufrag}`, `a=ice-pwd:${ice.pwd}`, ...candidates];
}

/** What one stream of the peer's looks like. */
export interface RemoteStream {
  line: number;
  kind: string;
  transport: string;
  formats: string;
  direction: Direction;
  /** False for port 0, and for what this end does not speak. */
  accepted: boolean;
  ice: IceDescription | undefined;
  rtp: TransportAddress;
  rtcp: TransportAddress;
  rtcpMux: boolean;
  /** Present for MSRP. */
  msrp?: MsrpLine & { fingerprint: string | undefined };
}

/** Reads an offer or answer. Throws `sdp-invalid` (488). */
export function readDescription(sdp: string): RemoteStream[] {
  return mapLines(parseSdp(sdp), readStream);
}

function readStream(section: MediaSection, media: MediaView): RemoteStream {
  const { index, kind, transport, formats, direction, address = '', port, rtcpMux, rtcpPort } = media;
  const { ufrag = '', pwd = '', hasIce, candidates } = media;
  const speaksPcmu = formats.split(' ').includes(String(pcmu.payloadType));
  const speaksMsrp = kind === 'message' && isMsrp(transport);
  const fingerprint = section.value('fingerprint');
  return {
    line: index,
    kind,
    transport,
    formats,
    direction,
    accepted: port !== 0 && (speaksMsrp || (kind === 'audio' && isRtpOverUdp(transport) && speaksPcmu)),
    ice: hasIce ? { ufrag, pwd, candidates } : undefined,
    rtp: { address, port },
    rtcp: { address, port: rtcpMux ? port : (rtcpPort ?? port + 1) },
    rtcpMux,
    ...(speaksMsrp && { msrp: { ...readMsrpLine(section), fingerprint } }),
  };
}

/** The direction that answers an offered one (RFC 3264 §6.1), for an end that wants both ways. */
export function answeringDirection(offered: Direction): Direction {
  const answers = { sendrecv: 'sendrecv', sendonly: 'recvonly', recvonly: 'sendonly', inactive: 'inactive' } as const;
  return answers[offered];
}

/** Whether an end that said `ours` in the last offer or answer may send. */
export function maySend(ours: Direction): boolean {
  return ours === 'sendrecv' || ours === 'sendonly';
}
