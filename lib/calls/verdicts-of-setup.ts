import { coreCodes, hasCode, limitCodes, mediaCodes, refusedBy } from './evidence-questions';
import type { VerdictRow } from './verdict';

/** Why a call was not answered, or lost all at once. */
export const verdictsOfSetup: readonly VerdictRow[] = [
  {
    id: 'refused-by-limit',
    is: 'bad',
    evidence: 'the edge refused it for a limit, such as too-many-calls',
    when: (evidence) => hasCode(evidence, limitCodes),
    text: (evidence) => `The edge refused the call for a limit: ${refusedBy(evidence)}`,
    help: 'Who takes so much is in the log; the limits are in docs/deploy.md.',
  },
  {
    id: 'core-unreachable',
    is: 'bad',
    evidence: 'the edge refused it with core-unreachable or egress-unreachable',
    when: (evidence) => hasCode(evidence, coreCodes),
    text: (evidence) => `The core’s own address cannot be reached: ${refusedBy(evidence)}`,
    help: 'Look at CORE_NEXT_HOP, at the Service-Route of the registrar, and whether the core runs.',
  },
  {
    id: 'rtpengine-refused',
    is: 'bad',
    evidence: 'the edge refused it with anchor-unavailable: rtpengine refused or did not answer',
    when: (evidence) => hasCode(evidence, new Set(['anchor-unavailable', 'anchor-lost'])),
    text: (evidence) => `rtpengine refused the call or did not answer: ${refusedBy(evidence)}`,
    help: 'Look at rtpengine’s log, and at /ready.',
  },
  {
    id: 'nothing-usable',
    is: 'bad',
    evidence: 'the edge refused its SDP: sdp-invalid, no-usable-media, answer-unexpected',
    when: (evidence) => hasCode(evidence, mediaCodes),
    text: (evidence) => `The SDP has nothing that can be carried: ${refusedBy(evidence)}`,
    help: 'Who sent it has to change it: it is in the ladder.',
  },
  {
    id: 'refused-here',
    is: 'bad',
    evidence: 'the edge refused it for anything else',
    when: ({ isAnswered, refusal }) => !isAnswered && refusal?.by === 'edge',
    text: (evidence) => `The edge refused the call: ${refusedBy(evidence)}`,
    help: 'The log says more: look for the call’s id.',
  },
  {
    id: 'rejected',
    is: 'bad',
    evidence: 'the far end answered with a final response of 300 or more',
    when: ({ isAnswered, refusal }) => !isAnswered && refusal?.by === 'far-end',
    text: (evidence) =>
      `${evidence.direction === 'originating' ? 'The core' : 'The UE'} rejected the call with ${refusedBy(evidence)}.`,
    help: 'That is between the ends: the edge only passed it on.',
  },
  {
    id: 'not-answered-yet',
    is: 'waiting',
    evidence: 'it is under way and was not answered',
    when: ({ isAnswered, cause }) => !isAnswered && cause === undefined,
    text: () => 'The call rings, or is being set up: it was not answered yet.',
    help: '',
  },
  {
    id: 'ue-unreachable',
    is: 'bad',
    evidence: 'it ended with flow-failed or flow-lost before the answer',
    when: ({ isAnswered, cause }) => !isAnswered && (cause === 'flow-failed' || cause === 'flow-lost'),
    text: () => 'The UE could not be reached: its SIP connection is gone.',
    help: 'It has to register again. A short keep-alive keeps firewalls from forgetting the connection.',
  },
  {
    id: 'never-answered',
    is: 'bad',
    evidence: 'it ended before the answer: cancelled, unanswered, …',
    when: ({ isAnswered }) => !isAnswered,
    text: ({ cause }) => `The call was never answered (${cause ?? ''}): there was no media to carry.`,
    help: '',
  },
  {
    id: 'rtpengine-lost',
    is: 'bad',
    evidence: 'it ended with anchor-lost',
    when: ({ cause }) => cause === 'anchor-lost',
    text: () => 'rtpengine was started anew or is gone, and the call with it.',
    help: 'Look at rtpengine’s log for why it ended.',
  },
];
