import { formatCandidate } from '../sdp/candidate';
import { isRtpOverUdp } from '../sdp/media-line';
import { splitSdp } from '../sdp/sdp-lines';
import { viewSession, type Direction, type MediaView } from '../sdp/session-view';
import type { TransportAddress } from '../ice/transport-address';
import type { IceDescription } from './ice-stream';
import { pcmu } from './tone';

/** What one stream of ours looks like in an offer or answer. */
export interface LocalStream {
  kind: string;
  /** RTP over UDP, the default of RFC 8839 §4.2.4; 0 declines the stream. */
  port: number;
  direction: Direction;
  /** Present with ICE, which always comes with rtcp-mux here. */
  ice?: IceDescription;
  /** The m= transport; an answer repeats the offer's. */
  transport?: string;
  /** The formats of a stream that is declined, as offered. */
  formats?: string;
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

function writeStream({ kind, port, direction, ice, transport = 'RTP/AVP', formats }: LocalStream): string[] {
  const media = (payloads: string) => `m=${kind} ${port} ${transport} ${payloads}`;
  if (port === 0) return [media(formats ?? String(pcmu.payloadType))];
  return [
    media(String(pcmu.payloadType)),
    `a=rtpmap:${pcmu.payloadType} ${pcmu.name}/${pcmu.clockRate}`,
    'a=ptime:20',
    `a=${direction}`,
    ...(ice === undefined
      ? []
      : [
          'a=rtcp-mux',
          `a=ice-ufrag:${ice.ufrag}`,
          `a=ice-pwd:${ice.pwd}`,
          ...ice.candidates.map((candidate) => formatCandidate(candidate)),
        ]),
  ];
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
}

/** Reads an offer or answer. Throws `sdp-invalid` (488). */
export function readDescription(sdp: string): RemoteStream[] {
  return viewSession(splitSdp(sdp)).media.map(readStream);
}

function readStream(media: MediaView): RemoteStream {
  const { index, kind, transport, formats, direction, address = '', port, rtcpMux, rtcpPort } = media;
  const { ufrag = '', pwd = '', hasIce, candidates } = media;
  const speaksPcmu = formats.split(' ').includes(String(pcmu.payloadType));
  return {
    line: index,
    kind,
    transport,
    formats,
    direction,
    accepted: port !== 0 && kind === 'audio' && isRtpOverUdp(transport) && speaksPcmu,
    ice: hasIce ? { ufrag, pwd, candidates } : undefined,
    rtp: { address, port },
    rtcp: { address, port: rtcpMux ? port : (rtcpPort ?? port + 1) },
    rtcpMux,
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
