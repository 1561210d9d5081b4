import type { SaidLine } from '../media/said-lines';
import type { Evidence } from './evidence';

export const limitCodes = new Set([
  'too-many-requests',
  'too-many-calls',
  'too-many-lines',
  'egress-full',
  'msrp-no-port',
]);
export const coreCodes = new Set(['core-unreachable', 'egress-unreachable', 'egress-unsupported', 'egress-invalid']);
export const mediaCodes = new Set(['sdp-invalid', 'no-usable-media', 'answer-unexpected', 'sip-type']);

/** How long media may take to be seen: rtpengine is asked 1, 2, 3, 4, 6 s after the answer. */
export const patienceSeconds = 6;

export const refusedBy = ({ refusal }: Evidence) => `${refusal?.status ?? '?'} ${refusal?.reason ?? ''}`.trimEnd();
export const hasCode = ({ isAnswered, refusal }: Evidence, codes: ReadonlySet<string>) =>
  !isAnswered && refusal?.by === 'edge' && codes.has(refusal.code ?? '');
const inUse = (lines: readonly SaidLine[] | undefined) => (lines ?? []).filter(({ port }) => port !== 0);
export const isDeclined = (lines: readonly SaidLine[] | undefined) => lines !== undefined && inUse(lines).length === 0;
const sum = (counts: Readonly<Record<string, number>>, ...names: string[]) =>
  names.reduce((total, name) => total + (counts[name] ?? 0), 0);
export const taken = ({ checks }: Evidence) => sum(checks, 'accepted', 'nominated');
export const pathsOf = ({ paths, streams }: Evidence) => [
  ...new Set([...streams.flatMap(({ path }) => path ?? []), ...Object.values(paths)]),
];
export const hasWay = (evidence: Evidence) => pathsOf(evidence).length > 0;
export const fromUe = ({ streams }: Evidence) =>
  streams.reduce((total, { packets }) => total + (packets?.access ?? 0), 0);
export const fromCore = ({ streams }: Evidence) =>
  streams.reduce((total, { packets }) => total + (packets?.core ?? 0), 0);
export const isCounted = ({ streams }: Evidence) => streams.some(({ packets }) => packets !== undefined);
export const mutes = (lines: readonly SaidLine[] | undefined, directions: readonly string[]) =>
  inUse(lines).length > 0 && inUse(lines).every(({ direction }) => directions.includes(direction));
export const hasCandidate = (lines: readonly SaidLine[] | undefined, kind: 'udp' | 'tcp' | 'relay') =>
  inUse(lines).some(({ candidates }) => candidates[kind] > 0);
export const anyHas = (lines: readonly SaidLine[] | undefined, what: 'hasIce' | 'hasDtls') =>
  inUse(lines).some((line) => line[what]);
export const isPrivate = (address: string) =>
  /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|169\.254\.|f[cd]|fe80:)/i.test(
    address,
  );
/** Whether a UE without ICE is to send nothing, so that nothing of it is missing; what is for it goes where its SDP says. */
const onlyHears = ({ said }: Evidence) =>
  !anyHas(said.access, 'hasIce') &&
  !(said.access ?? []).some(({ address }) => isPrivate(address)) &&
  (mutes(said.access, ['recvonly']) || mutes(said.core, ['sendonly']));
/** Whether the UE has no way, and all that could be its own fault is over. */
export const isWayless = (evidence: Evidence) => evidence.isAnswered && !hasWay(evidence) && !onlyHears(evidence);
export const vainOf = ({ vain }: Evidence, ...names: string[]) => sum(vain, ...names);
export const portOf = (evidence: Evidence) =>
  pathsOf(evidence)
    .find((path) => path.startsWith('tcp'))
    ?.slice(3) ?? '80';
export const wordOf = ({ seconds }: { seconds: number }) => `${Math.round(seconds)} s`;
export const strange = [
  ...['strange-opening', 'fingerprint', 'frame-too-long', 'broken-framing', 'method', 'class', 'no-credentials'],
  ...['short', 'first-bits', 'cookie', 'length', 'attribute'],
];
export const silent = ['authentication-timeout', 'peer', 'socket-error'];
export const pushedOut = ['address-limit', 'unauthenticated-limit', 'connection-limit', 'stream-limit'];
