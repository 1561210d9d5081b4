import { z } from 'zod';
import type { CallRecord, EndCause } from '../lib/calls/call';
import type { StreamReport } from '../lib/media/media-anchor';
import { hostPort } from '../lib/wire/sip-uri';

const causes = {
  ...{ 'hung-up': true, rejected: true, cancelled: true, unanswered: true, 'not-acknowledged': true },
  ...{ 'media-failed': true, 'media-lost': true, 'anchor-lost': true, 'flow-failed': true, 'flow-lost': true },
  ...{ 'dialog-lost': true, 'link-lost': true, 'session-expired': true, 'sip-error': true, shutdown: true },
} satisfies Record<EndCause, true>;

const time = z.string().meta({ format: 'date-time' });

const ofBoth = (what: string) =>
  z.object({ fromUe: z.number().nullable(), fromCore: z.number().nullable() }).describe(what);

const stream = z.object({
  line: z.number().describe('Index of the m= line, from 0'),
  path: z.string().nullable().describe('The last way toward the UE: udp, tcp80, tcp443 …; null: none was ever known'),
  tcpReason: z
    .enum(['udp-unanswered', 'udp-lost', 'udp-not-offered'])
    .nullable()
    .describe('Why that is TCP; null unless it is'),
  remote: z.string().nullable().describe('Address and port of the UE on that way'),
  reconnects: z.number().describe('How often the UE came back on another connection'),
  dropped: z.number().describe('Packets that the gateway dropped, in both directions'),
  rttMs: z.number().nullable().describe('Between rtpengine and UE, by RTCP'),
  packets: ofBoth('RTP packets that came to rtpengine'),
  loss: ofBoth('Lost packets of all, 0 to 1, as RTCP of the receiving end tells it'),
  jitterMs: ofBoth('Mean jitter, as RTCP of the receiving end tells it'),
});

/** A line of CALL_RECORDS. */
export const callRecordSchema = z
  .object({
    version: z.literal(1).describe('Changes where what is here means something else'),
    call: z.string().describe('As `call` in the log'),
    callId: z.string().describe('Call-ID of the INVITE that started it'),
    direction: z.enum(['originating', 'terminating']).describe('Who called: the UE, or the core'),
    caller: z.string().describe('URI in From of the INVITE, 255 characters of it'),
    callee: z.string().describe('URI in To, the same'),
    ueAddress: z.string().describe('Address of the UE, or of the NAT that it is behind'),
    emergency: z.boolean(),
    startedAt: time,
    answeredAt: time.nullable().describe('null: it was not answered'),
    endedAt: time,
    seconds: z.number().describe('From answer to end; 0 where it was not answered'),
    timeToMediaMs: z
      .number()
      .nullable()
      .describe('From the answer until the first line had its way; UDP is looked for once a second at first'),
    cause: z.enum(Object.keys(causes) as [EndCause, ...EndCause[]]).describe('Why it ended'),
    streams: z.array(stream),
  })
  .describe('One call, when it has ended and its media is released');

/** One line for a call that has ended (I8). */
export function recordLine(record: CallRecord): string {
  const { answeredAt, endedAt, firstMedia, startedAt } = record;
  const hasTime = answeredAt !== undefined && firstMedia !== undefined;
  const line: z.infer<typeof callRecordSchema> = {
    version: 1,
    call: record.id,
    callId: record.sipCallId,
    direction: record.direction,
    caller: (record.caller ?? '').slice(0, 255),
    callee: (record.callee ?? '').slice(0, 255),
    ueAddress: record.ueAddress,
    emergency: record.isEmergency === true,
    startedAt: new Date(startedAt).toISOString(),
    answeredAt: answeredAt === undefined ? null : new Date(answeredAt).toISOString(),
    endedAt: new Date(endedAt).toISOString(),
    seconds: answeredAt === undefined ? 0 : (endedAt - answeredAt) / 1000,
    timeToMediaMs: hasTime ? Math.max(0, firstMedia.at - answeredAt) : null,
    cause: record.cause,
    streams: record.streams.map(streamOf),
  };
  return `${JSON.stringify(line)}\n`;
}

function streamOf({ line, path, remote, packets, quality, ...told }: StreamReport): z.infer<typeof stream> {
  const { access, core } = quality;
  return {
    line,
    path: path ?? null,
    tcpReason: told.tcpReason ?? null,
    remote: remote === undefined ? null : hostPort(remote.address, remote.port),
    reconnects: told.reconnects,
    dropped: told.dropped,
    rttMs: told.rttMs ?? null,
    packets: { fromUe: packets?.access ?? null, fromCore: packets?.core ?? null },
    loss: { fromUe: access?.loss ?? null, fromCore: core?.loss ?? null },
    jitterMs: { fromUe: access?.jitterMs ?? null, fromCore: core?.jitterMs ?? null },
  };
}
