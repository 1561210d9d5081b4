import { z } from 'zod';
import type { NgReply } from './ng-command';

/** How the RTP of a side got to the other end, as that told by RTCP. */
export interface Quality {
  /** Lost packets of all, 0 to 1; the mean of what was reported. */
  loss: number;
  /** Mean jitter, ms. */
  jitterMs: number;
}

/** What rtpengine tells of one media line of one side: of its RTP, not of an RTCP port beside it. */
export interface LineStatistics {
  /** Where its media goes. */
  endpoint: { address: string; port: number } | undefined;
  /** rtpengine's own address for it. */
  localAddress: string | undefined;
  /** That side was heard from its endpoint. */
  confirmed: boolean;
  /** RTP packets that came from that side. */
  packets: number;
  /** Packets that it did not take: of RTP, those from elsewhere than from its endpoint. */
  errors: number;
  /** Between rtpengine and that side, by its last RTCP, ms; undefined where there was none. */
  rttMs: number | undefined;
  /** Undefined where the far end reported nothing. */
  quality?: Quality | undefined;
}

/** By tag; the lines are in the order in which rtpengine knows them. */
export type CallStatistics = ReadonlyMap<string, readonly LineStatistics[]>;

const stream = z.object({
  endpoint: z.object({ address: z.string(), port: z.number() }).optional(),
  'local address': z.string().optional(),
  flags: z.array(z.string()).default([]),
  SSRC: z.number().optional(),
  stats: z.object({ packets: z.number(), errors: z.number().default(0) }).optional(),
});

const report = z.object({ 'round-trip time leg': z.number() });

const average = z.object({ jitter: z.number(), 'packet loss': z.number(), samples: z.number() });

const source = z.object({
  'average MOS': average.optional().catch(undefined),
  'MOS progression': z.object({ entries: z.array(report).default([]) }).optional(),
});

const shape = z.object({
  tags: z.record(z.string(), z.object({ medias: z.array(z.object({ streams: z.array(stream).default([]) })) })),
  SSRC: z.record(z.string(), source).default({}),
});

/** Reads the reply to `query`; undefined if it holds no statistics. */
export function callStatistics(reply: NgReply): CallStatistics | undefined {
  const { success, data } = shape.safeParse(reply);
  if (!success) return undefined;
  const line = ({ streams: [rtp] }: { streams: z.infer<typeof stream>[] }): LineStatistics => {
    // The time to the sender of that SSRC, in µs, as it reported it.
    const told = rtp?.SSRC === undefined ? undefined : data.SSRC[rtp.SSRC];
    const rtt = told?.['MOS progression']?.entries.at(-1)?.['round-trip time leg'];
    return {
      endpoint: rtp?.endpoint,
      localAddress: rtp?.['local address'],
      confirmed: rtp?.flags.includes('confirmed') === true,
      packets: rtp?.stats?.packets ?? 0,
      errors: rtp?.stats?.errors ?? 0,
      rttMs: rtt === undefined || rtt === 0 ? undefined : rtt / 1000,
      quality: qualityOf(told?.['average MOS']),
    };
  };
  return new Map(Object.entries(data.tags).map(([tag, { medias }]) => [tag, medias.map(line)]));
}

/** Loss comes in percent, jitter in ms. */
function qualityOf(told: z.infer<typeof average> | undefined): Quality | undefined {
  return told && told.samples > 0 ? { loss: told['packet loss'] / 100, jitterMs: told.jitter } : undefined;
}
