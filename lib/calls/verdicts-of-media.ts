import type { Evidence } from './evidence';
import { anyHas, fromCore, fromUe, hasWay, isCounted, mutes, pathsOf, portOf, wordOf } from './evidence-questions';
import type { VerdictRow } from './verdict';

/** What became of media that has, or had, its way toward the UE. */
export const verdictsOfMedia: readonly VerdictRow[] = [
  {
    id: 'connection-lost',
    is: 'bad',
    evidence: 'its connection with media ended, and none came after it, 3 s or more before the end',
    when: ({ lostFor = 0 }) => lostFor >= 3,
    text: (evidence) =>
      `The UE’s media stopped ${wordOf({ seconds: evidence.lostFor ?? 0 })} before the end: the TCP connection was lost and not dialled again.`,
    help: 'The firewall may end connections after a time, or the UE lost its network.',
  },
  {
    id: 'media-lost',
    is: 'bad',
    evidence: 'nothing came from the UE for 30 s, and nothing since',
    when: ({ isMediaLost }) => isMediaLost,
    text: () => 'Nothing came from the UE for the last 30 s or more, though its way is open.',
    help: 'It was muted without RTCP, or lost its network. MEDIA_LOST=release ends such calls.',
  },
  {
    id: 'nobody-sends',
    is: 'bad',
    evidence: 'a way; no RTP from either side',
    when: (evidence) => isCounted(evidence) && fromUe(evidence) === 0 && fromCore(evidence) === 0,
    text: (evidence) =>
      anyHas(evidence.said.access, 'hasDtls')
        ? 'No media: the way is open, and neither side sends RTP: DTLS with the UE never finished, or both are silent.'
        : 'No media: the way is open, and neither side sends RTP.',
    help: 'Look at both ends: at their microphones, and at DTLS where there is some.',
  },
  {
    id: 'dtls-unfinished',
    is: 'bad',
    evidence: 'a way, DTLS; RTP from the core, none from the UE, which may send',
    when: (evidence) =>
      isCounted(evidence) &&
      fromUe(evidence) === 0 &&
      anyHas(evidence.said.access, 'hasDtls') &&
      !mutes(evidence.said.access, ['recvonly', 'inactive']),
    text: () => 'One way only: the UE’s way is open, and no RTP of it came: DTLS never finished, or it sends nothing.',
    help: 'Look at the UE’s a=fingerprint and a=setup, and at its microphone.',
  },
  {
    id: 'ue-only-hears',
    is: 'good',
    evidence: 'no RTP from the UE, which says recvonly, or the core sendonly',
    when: (evidence) =>
      isCounted(evidence) &&
      fromUe(evidence) === 0 &&
      (mutes(evidence.said.access, ['recvonly', 'inactive']) || mutes(evidence.said.core, ['sendonly', 'inactive'])),
    text: () => 'One way by agreement: the UE only hears, as the SDP says (recvonly, or hold).',
    help: '',
  },
  {
    id: 'ue-silent',
    is: 'bad',
    evidence: 'a way; RTP from the core, none from the UE',
    when: (evidence) => isCounted(evidence) && fromUe(evidence) === 0,
    text: () => 'One way only: the UE sends nothing, though its way is open.',
    help: 'Look at its microphone. On UDP a firewall may let packets through in one direction alone.',
  },
  {
    id: 'core-only-hears',
    is: 'good',
    evidence: 'no RTP from the core, which says recvonly, or the UE sendonly',
    when: (evidence) =>
      isCounted(evidence) &&
      fromCore(evidence) === 0 &&
      (mutes(evidence.said.core, ['recvonly', 'inactive']) || mutes(evidence.said.access, ['sendonly', 'inactive'])),
    text: () => 'One way by agreement: the core only hears, as the SDP says (recvonly, or hold).',
    help: '',
  },
  {
    id: 'core-silent',
    is: 'bad',
    evidence: 'RTP from the UE, none from the core',
    when: (evidence) => isCounted(evidence) && fromCore(evidence) === 0,
    text: ({ said }) => {
      const { address = '', port = 0 } = said.core?.find((line) => line.port !== 0) ?? {};
      return `The core sends nothing: the UE’s media goes to ${address} port ${port}, and none comes back.`;
    },
    help: 'Look whether that place of the core can be reached from rtpengine, and rtpengine from there.',
  },
  {
    id: 'way-by-tcp',
    is: 'good',
    evidence: 'a way by TCP, RTP from both sides',
    when: (evidence) => pathsOf(evidence).some((path) => path.startsWith('tcp')),
    text: (evidence) => `Media went over TCP ${portOf(evidence)}, ${whyTcp(evidence)}.`,
    help: '',
  },
  {
    id: 'way-by-relay',
    is: 'good',
    evidence: 'a way by a relay of TURN, RTP from both sides',
    when: (evidence) => pathsOf(evidence).includes('relay'),
    text: () => 'Media went through TURN.',
    help: '',
  },
  {
    id: 'way-by-udp',
    is: 'good',
    evidence: 'a way by UDP, RTP from both sides',
    when: hasWay,
    text: () => 'The firewall passes UDP; TCP was not needed.',
    help: '',
  },
];

const whyWords = {
  'udp-unanswered': 'because nothing of the UE came over UDP',
  'udp-lost': 'because UDP had worked and then came no more',
  'udp-not-offered': 'because the UE offered nothing else',
};

function whyTcp({ streams }: Evidence): string {
  const reason = streams.flatMap(({ tcpReason }) => tcpReason ?? [])[0];
  return reason === undefined ? 'which the UE chose' : whyWords[reason];
}
