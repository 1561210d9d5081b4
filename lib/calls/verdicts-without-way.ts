import {
  anyHas,
  fromUe,
  hasCandidate,
  isDeclined,
  isPrivate,
  isWayless,
  mutes,
  patienceSeconds,
  pushedOut,
  silent,
  strange,
  taken,
  vainOf,
} from './evidence-questions';
import type { VerdictRow } from './verdict';

/** Why media of an answered call has no way toward the UE. */
export const verdictsWithoutWay: readonly VerdictRow[] = [
  {
    id: 'core-declined',
    is: 'bad',
    evidence: 'the core said port 0 on all lines',
    when: ({ said }) => isDeclined(said.core),
    text: () => 'The core took the call with port 0 on each line: it knows none of the codecs that the UE offers.',
    help: 'Compare the codecs of both in the SIP messages.',
  },
  {
    id: 'ue-declined',
    is: 'bad',
    evidence: 'the UE said port 0 on all lines',
    when: ({ said }) => isDeclined(said.access),
    text: () => 'The UE took the call with port 0 on each line: it knows none of the codecs that the core offers.',
    help: 'Compare the codecs of both in the SIP messages.',
  },
  {
    id: 'wrong-password',
    is: 'bad',
    evidence: 'no way; checks over TCP with bad-integrity, and none that was right',
    when: (evidence) => isWayless(evidence) && (evidence.checks['bad-integrity'] ?? 0) > 0 && taken(evidence) === 0,
    text: () => 'No media: the UE dialled port 80, and its checks came with a wrong password.',
    help: 'It uses an old a=ice-pwd, or something between changed the SDP.',
  },
  {
    id: 'never-nominated',
    is: 'bad',
    evidence: 'no way; checks over TCP were taken, and none nominated',
    when: (evidence) => isWayless(evidence) && taken(evidence) > 0 && !evidence.checks['nominated'],
    text: () => 'No media: the UE’s checks over TCP arrive and are answered, but it never nominates.',
    help: 'It is the controlling side and has to send USE-CANDIDATE: the firewall may hold the answers back.',
  },
  {
    id: 'not-accepted',
    is: 'bad',
    evidence: 'no way; the UE nominated over TCP, and rtpengine never accepted it',
    when: (evidence) => isWayless(evidence) && taken(evidence) > 0,
    text: () => 'No media: the UE nominated its connection, and rtpengine did not accept that.',
    help: 'Look at rtpengine’s log, and whether RTPENGINE_ACCESS_INTERFACE names where it is bound.',
  },
  {
    id: 'unknown-ufrag',
    is: 'bad',
    evidence: 'no way; a connection from the UE’s address named no call of this edge',
    when: (evidence) => isWayless(evidence) && vainOf(evidence, 'unknown-ufrag') > 0,
    text: () => 'No media: the UE dialled port 80, and its checks name no call of this edge.',
    help: 'It uses an old SDP, or a load balancer sent it to the wrong edge.',
  },
  {
    id: 'pushed-out',
    is: 'bad',
    evidence: 'no way; its connection ended for a limit of the port',
    when: (evidence) => isWayless(evidence) && vainOf(evidence, ...pushedOut) > 0,
    text: () => 'No media: the port was taken: the UE’s connection had to go for a limit.',
    help: 'Many share its address, or somebody floods the port: look at edge80_gateway_closed_total.',
  },
  {
    id: 'strange-bytes',
    is: 'bad',
    evidence: 'no way; a connection from the UE’s address began with what is no framed check',
    when: (evidence) => isWayless(evidence) && vainOf(evidence, ...strange) > 0,
    text: () => 'No media: the UE dialled port 80, and what came there is no ICE check.',
    help: 'Something on the way takes port 80 for HTTP and changes it, or the UE does not frame (RFC 4571).',
  },
  {
    id: 'silent-connection',
    is: 'bad',
    evidence: 'no way; a connection from the UE’s address ended and had sent no check',
    when: (evidence) => isWayless(evidence) && vainOf(evidence, ...silent) > 0,
    text: () => 'No media: the UE dialled port 80, and no ICE check came before the connection ended.',
    help: 'A proxy may answer in place of the edge and hold back what is no HTTP.',
  },
  {
    id: 'hold',
    is: 'waiting',
    evidence: 'no way or no packets; a side says inactive on all lines',
    when: (evidence) =>
      evidence.isAnswered &&
      fromUe(evidence) === 0 &&
      (mutes(evidence.said.access, ['inactive']) || mutes(evidence.said.core, ['inactive'])),
    text: ({ said }) => `The call is on hold: the ${mutes(said.access, ['inactive']) ? 'UE' : 'core'} says a=inactive.`,
    help: '',
  },
  {
    id: 'too-early',
    is: 'waiting',
    evidence: 'no way, under way, answered less than 6 s ago',
    when: (evidence) => isWayless(evidence) && evidence.cause === undefined && evidence.seconds < patienceSeconds,
    text: () => 'The call was answered a moment ago: its media has no way yet.',
    help: '',
  },
  {
    id: 'private-without-ice',
    is: 'bad',
    evidence: 'no way; the UE has no ICE, and a private address in its SDP',
    when: (evidence) =>
      isWayless(evidence) &&
      !anyHas(evidence.said.access, 'hasIce') &&
      (evidence.said.access ?? []).some(({ address }) => isPrivate(address)),
    text: ({ said }) =>
      `No media: the UE’s SDP has a private address (${said.access?.find(({ address }) => isPrivate(address))?.address ?? ''}) and no ICE, and nothing came from it.`,
    help: 'Turn ICE on in the UE: without it nothing but plain UDP is left, and that did not pass.',
  },
  {
    id: 'no-ice',
    is: 'bad',
    evidence: 'no way; the UE has no ICE',
    when: (evidence) => isWayless(evidence) && !anyHas(evidence.said.access, 'hasIce'),
    text: () => 'No media: the UE has no ICE, so it could not try TCP, and nothing of it came over UDP.',
    help: 'Turn ICE on in the UE, or open UDP in the firewall.',
  },
  {
    id: 'relay-unused',
    is: 'bad',
    evidence: 'no way; the UE offered a TURN relay and no TCP candidate',
    when: (evidence) =>
      isWayless(evidence) && hasCandidate(evidence.said.access, 'relay') && !hasCandidate(evidence.said.access, 'tcp'),
    text: () => 'No media: the UE has a TURN relay, and nothing came through it or over UDP.',
    help: 'A relay of ours refuses who is no user of the call: look at edge80_turn_refused_total and edge80_turn_credentials_total.',
  },
  {
    id: 'tcp-not-offered',
    is: 'bad',
    evidence: 'no way; the edge told the UE no TCP candidate',
    when: (evidence) => isWayless(evidence) && evidence.toldUe !== undefined && !hasCandidate(evidence.toldUe, 'tcp'),
    text: () => 'No media: nothing of the UE came over UDP, and the edge told it of no port for TCP.',
    help: 'TCP_FALLBACK or TCP_FALLBACK_REALMS leave this UE out.',
  },
  {
    id: 'no-ice-tcp',
    is: 'bad',
    evidence: 'no way; no connection, and the UE offered no TCP candidate',
    when: (evidence) => isWayless(evidence) && !hasCandidate(evidence.said.access, 'tcp'),
    text: () =>
      'The UE never dialled TCP 80 although nothing of it came over UDP: it offered no TCP candidate, or does not know ICE over TCP.',
    help: 'Turn ICE over TCP on in the UE, or let it use TURN (docs/turn.md).',
  },
  {
    id: 'never-dialled',
    is: 'bad',
    evidence: 'no way; no connection, though the UE offers ICE over TCP',
    when: isWayless,
    text: () => 'No media: nothing of the UE came over UDP, and no connection of the UE reached the port for TCP.',
    help: 'The firewall drops both, or GATEWAY_ADDRESS is not what the UE can reach (docs/check-a-deployment.md); or UDP passes, and the UE sends no RTP at all.',
  },
];
