import type { CallRecord } from '../lib/calls/call';
import type { StreamReport } from '../lib/media/media-anchor';
import type { Metrics } from '../lib/ops/metrics';

/** Counts a call that has ended. */
export function countCall(metrics: Metrics, record: CallRecord): void {
  const { direction, cause, answeredAt, endedAt, firstMedia, streams } = record;
  metrics.add('edge80_calls_ended_total', { direction, answered: String(answeredAt !== undefined), cause });
  for (const stream of streams) countStream(metrics, stream);
  if (answeredAt === undefined) return;
  metrics.add('edge80_call_seconds_total', {}, (endedAt - answeredAt) / 1000);
  // With MSRP alone there may be no stream to tell of.
  if (streams.length > 0 && streams.every(({ path }) => path === undefined))
    metrics.add('edge80_calls_without_media_total', { direction });
  if (firstMedia) {
    const seconds = Math.max(0, firstMedia.at - answeredAt) / 1000;
    metrics.observe('edge80_time_to_media_seconds', { path: firstMedia.path }, seconds);
  }
}

function countStream(metrics: Metrics, { tcpReason, reconnects, quality, rttMs, ...stream }: StreamReport): void {
  const path = stream.path ?? 'none';
  metrics.add('edge80_streams_total', { path });
  if (tcpReason) metrics.add('edge80_streams_tcp_total', { reason: tcpReason });
  metrics.add('edge80_stream_reconnects_total', {}, reconnects);
  if (rttMs !== undefined) metrics.observe('edge80_stream_round_trip_seconds', { path }, rttMs / 1000);
  for (const [from, told] of Object.entries({ ue: quality.access, core: quality.core })) {
    if (told === undefined) continue;
    metrics.observe('edge80_stream_loss_ratio', { from }, told.loss);
    metrics.observe('edge80_stream_jitter_seconds', { from }, told.jitterMs / 1000);
  }
}
