import type { Call, CallFacts, FirstMedia } from '../../lib/calls/call';
import type { EndedCall } from '../../lib/calls/call-history';
import type { Evidence } from '../../lib/calls/evidence';
import type { Ladder } from '../../lib/calls/ladder';
import { verdictOf } from '../../lib/calls/verdicts';
import type { Counted } from '../../lib/calls/witness';
import { otherSide, type StreamReport } from '../../lib/media/media-anchor';

/** A call as the lists and the page of one call take it. */
export interface ShownCall {
  facts: CallFacts;
  evidence: Evidence;
  answeredAt: number | undefined;
  /** Undefined while it is under way. */
  endedAt: number | undefined;
  firstMedia: FirstMedia | undefined;
  ladder: Ladder;
  counts: readonly Counted[];
}

/** @param streams what is known of its media now */
export function ofCall(call: Call, streams: readonly StreamReport[]): ShownCall {
  const { facts, answeredAt, firstMedia, witness } = call;
  const { ladder, counts } = witness;
  const endedAt = call.ended ? call.endedAt : undefined;
  return { facts, evidence: call.evidence(streams), answeredAt, endedAt, firstMedia, ladder, counts };
}

export function ofEnded({ record, evidence, ladder, counts }: EndedCall): ShownCall {
  const { answeredAt, endedAt, firstMedia } = record;
  return { facts: record, evidence, answeredAt, endedAt, firstMedia, ladder, counts };
}

/** What a list says of a call; times in ms since the epoch, null: not known. */
export function rowOf({ facts, evidence, answeredAt, endedAt, firstMedia }: ShownCall) {
  const { id, sipCallId, direction, caller = '', callee = '', ueAddress, startedAt, isEmergency = false } = facts;
  const { streams, seconds, cause = null, paths } = evidence;
  const [first] = streams;
  const reported = (of: (stream: StreamReport) => number) => streams.reduce((total, each) => total + of(each), 0);
  const hasTime = answeredAt !== undefined && firstMedia !== undefined;
  return {
    ...{ id, callId: sipCallId, direction, caller, callee, address: ueAddress, isEmergency, startedAt, cause, seconds },
    ...{ isAnswered: evidence.isAnswered, endedAt: endedAt ?? null },
    path: first?.path ?? Object.values(paths)[0] ?? null,
    tcpReason: first?.tcpReason ?? null,
    codec: codecOf(evidence),
    timeToMediaMs: hasTime ? Math.max(0, firstMedia.at - answeredAt) : null,
    packets: { fromUe: first?.packets?.access ?? null, fromCore: first?.packets?.core ?? null },
    loss: { fromUe: first?.quality.access?.loss ?? null, fromCore: first?.quality.core?.loss ?? null },
    jitterMs: { fromUe: first?.quality.access?.jitterMs ?? null, fromCore: first?.quality.core?.jitterMs ?? null },
    rttMs: first?.rttMs ?? null,
    reconnects: reported(({ reconnects }) => reconnects),
    dropped: reported(({ dropped }) => dropped),
    verdict: verdictOf(evidence),
  };
}

/** One call with all that there is. */
export function detailOf(call: ShownCall) {
  const { ladder, counts, evidence } = call;
  const { said, toldUe, streams, checks, vain } = evidence;
  return {
    ...rowOf(call),
    ladder: { events: ladder.events, missed: ladder.missed, counts },
    evidence: { said, toldUe, streams, checks, vain },
  };
}

/** Whether a search finds it: by number, Call-ID or address. */
export function isFound({ caller = '', callee = '', sipCallId, ueAddress, id }: CallFacts, search: string): boolean {
  return (
    search === '' || [caller, callee, sipCallId, ueAddress, id].some((text) => text.toLowerCase().includes(search))
  );
}

function codecOf({ direction, said }: Evidence): string {
  const answering = otherSide(direction === 'originating' ? 'access' : 'core');
  return said[answering]?.find(({ port }) => port !== 0)?.codec ?? '';
}
