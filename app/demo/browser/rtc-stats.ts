import type { PathName } from '../../../lib/ue/candidate-pair';
import { hostPort } from '../../../lib/wire/sip-uri';
import type { MediaStats } from '../foreign-phone';

/** One of RTCPeerConnection's getStats(): https://www.w3.org/TR/webrtc-stats/. */
export interface RtcStats {
  id: string;
  type: string;
  [member: string]: unknown;
}

/** Of the audio stream, and the pair that it takes. What the browser does not tell is 0. */
export function mediaStats(all: readonly RtcStats[]): MediaStats {
  const byId = new Map(all.map((each) => [each.id, each]));
  const ofAudio = (type: string) => all.find((each) => each.type === type && each['kind'] === 'audio');
  const transport = all.find(({ type, ...each }) => type === 'transport' && each['selectedCandidatePairId']);
  const named = (stats: RtcStats | undefined, member: string) => byId.get(text(stats?.[member]));
  const pair = named(transport, 'selectedCandidatePairId');
  const remote = named(pair, 'remoteCandidateId');
  return {
    line: 0,
    kind: 'audio',
    path: pathTo(named(pair, 'localCandidateId'), remote),
    sent: count(ofAudio('outbound-rtp')?.['packetsSent']),
    received: count(ofAudio('inbound-rtp')?.['packetsReceived']),
    lost: count(ofAudio('inbound-rtp')?.['packetsLost']),
    rtcpSent: 0,
    rtcpReceived: count(ofAudio('remote-outbound-rtp')?.['reportsSent']),
    rttMs: pair?.['currentRoundTripTime'] === undefined ? null : 1000 * count(pair['currentRoundTripTime']),
    local: endText(named(pair, 'localCandidateId')),
    remote: endText(remote),
  };
}

function pathTo(local: RtcStats | undefined, remote: RtcStats | undefined): PathName | null {
  if (remote === undefined) return null;
  if (local?.['candidateType'] === 'relay') return 'relay';
  return remote['protocol'] === 'udp' ? 'udp' : `tcp${count(remote['port'])}`;
}

function endText(candidate: RtcStats | undefined): string {
  return candidate === undefined ? '' : hostPort(text(candidate['address']), count(candidate['port']));
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function count(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}
