import { spawnSync } from 'node:child_process';
import { countCall } from '../../../app/call-metrics';
import { samplesOf } from '../../../app/metric-samples';
import type { EdgeStatus } from '../../../app/roles/edge';
import type { CallRecord } from '../../../lib/calls/call';
import { newPlaneCounters } from '../../../lib/gateway/counters';
import type { StreamReport } from '../../../lib/media/media-anchor';
import { metricTable } from '../../../lib/ops/metric-table';
import { Metrics } from '../../../lib/ops/metrics';
import { withPromtool } from './with-promtool';

const url = 'tcp://192.0.2.7:2223';

/** An edge that has counted something of everything. */
const status: EdgeStatus = {
  ...{ state: 'draining', calls: 3, callsLimit: 5000, draining: { since: '', callsLeft: 3 }, capture: undefined },
  media: {
    calls: 3,
    rtpengines: [{ url, isUp: true, isBusy: false, orphans: 2 }],
    gateway: {
      ...newPlaneCounters(),
      ...{ accepted: 9, open: 5, streams: 4, authenticated: 3, selected: 2, acceptErrors: 1 },
      checks: { accepted: 7, rejected: 1, ignored: 0 },
      nominations: { started: 3, repeated: 0, succeeded: 2, failed: 1, refused: 0, raised: 0 },
    },
    msrp: {
      ...{ open: 3, joined: 2, strangers: 1, strays: 0, ends: { 'access-closed': 4 } },
      ...{ listening: { access: 1, core: 2 }, bytes: { access: 10, core: 20 } },
    },
    turn: { allocations: 2, refused: { '401': 1 }, credentials: { expired: 1 }, dropped: { 'forbidden-peer': 1 } },
    misplaced: { 'not-core-media': 1 },
  },
  signalling: {
    registrations: 11,
    connections: {
      ...{ strangers: 1, authenticated: 2, displaced: { 'address-limit': 1 }, handshakes: { 'too-late': 1 } },
      ...{ served: { wss: 2 }, refusedInTls: { media: 1 }, unserved: { 'ue-endings': 1 } },
    },
    loopLagMs: 20,
    relayDropped: { requests: 1, responses: 0 },
    refused: { 'not-registered': 6 },
    server: { isConnected: true, isAnswering: false, unread: 100, responses: { sent: { '2xx': 5 }, received: {} } },
  },
};

const stream: StreamReport = {
  ...{ line: 0, path: 'tcp80', remote: { address: '198.51.100.2', port: 4000 }, tcpReason: 'udp-lost', rttMs: 40 },
  quality: { access: { loss: 0.02, jitterMs: 8 }, core: { loss: 0, jitterMs: 1 } },
  ...{ reconnects: 2, dropped: 0, packets: { access: 1, core: 1 } },
};

const ended: CallRecord = {
  ...{ id: 'a', direction: 'originating', sipCallId: 'a@ue', ueAddress: '198.51.100.2', startedAt: 0 },
  ...{ answeredAt: 1000, endedAt: 61_000, firstMedia: { at: 1400, path: 'tcp80' }, cause: 'hung-up' },
  streams: [stream],
};

let metrics: Metrics;

beforeEach(() => {
  metrics = new Metrics(() => samplesOf(status, [{ part: 'edge', reason: 'draining', isBlocking: true }]));
});

/** Lines with values, by what stands before the value. */
const read = async () =>
  new Map(
    (await metrics.text())
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line): [string, number] => [line.replace(/ \S+$/, ''), Number(/\S+$/.exec(line)?.[0])]),
  );

test('I4: what is counted elsewhere is read when somebody asks, again and again', async () => {
  await metrics.text();
  expect(Object.fromEntries(await read())).toMatchObject({
    edge80_ready: 0,
    edge80_draining: 1,
    'edge80_troubles{part="edge"}': 1,
    edge80_calls: 3,
    edge80_registrations: 11,
    edge80_event_loop_lag_seconds: 0.02,
    'edge80_gateway_connections{state="stranger"}': 2,
    'edge80_gateway_checks_total{result="accepted"}': 7,
    'edge80_gateway_closed_total{reason="silent"}': 0,
    'edge80_gateway_packets_total{way="from_ue",kind="rtp"}': 0,
    [`edge80_rtpengine_undeleted_calls{url="${url}"}`]: 2,
    'edge80_access_served_total{transport="wss"}': 2,
    'edge80_access_unserved_total{reason="ue-endings"}': 1,
    'edge80_sip_refusals_total{code="not-registered"}': 6,
    'edge80_sip_responses_total{direction="sent",class="2xx"}': 5,
    edge80_turn_allocations: 2,
    'edge80_turn_credentials_total{reason="expired"}': 1,
    edge80_sip_server_connected: 1,
    edge80_sip_server_answering: 0,
    'edge80_msrp_sessions{state="waiting"}': 1,
  });
});

test('I4: each call that ended is counted: why, how long until it had media and by which way', async () => {
  countCall(metrics, ended);
  countCall(metrics, { ...ended, answeredAt: undefined, cause: 'rejected', firstMedia: undefined, streams: [] });
  expect(Object.fromEntries(await read())).toMatchObject({
    'edge80_calls_ended_total{direction="originating",answered="true",cause="hung-up"}': 1,
    'edge80_calls_ended_total{direction="originating",answered="false",cause="rejected"}': 1,
    edge80_call_seconds_total: 60,
    'edge80_time_to_media_seconds_bucket{le="0.2",path="tcp80"}': 0,
    'edge80_time_to_media_seconds_bucket{le="0.5",path="tcp80"}': 1,
    'edge80_streams_total{path="tcp80"}': 1,
    'edge80_streams_tcp_total{reason="udp-lost"}': 1,
    edge80_stream_reconnects_total: 2,
    'edge80_stream_loss_ratio_bucket{le="0.02",from="ue"}': 1,
    'edge80_stream_jitter_seconds_sum{from="ue"}': 0.008,
    'edge80_stream_round_trip_seconds_sum{path="tcp80"}': 0.04,
  });
});

test('I4: an answered call none of whose lines ever had a way is one without media', async () => {
  const silent = { ...ended, firstMedia: undefined, streams: [{ ...stream, path: undefined, tcpReason: undefined }] };
  countCall(metrics, silent);
  countCall(metrics, { ...silent, streams: [] });
  const told = await read();
  expect(told.get('edge80_calls_without_media_total{direction="originating"}')).toBe(1);
  expect(told.get('edge80_streams_total{path="none"}')).toBe(1);
});

test('I4: media before the answer took no time', async () => {
  countCall(metrics, { ...ended, firstMedia: { at: 400, path: 'udp' } });
  expect((await read()).get('edge80_time_to_media_seconds_sum{path="udp"}')).toBe(0);
});

test('I4: an edge that only starts has metrics, too', async () => {
  metrics = new Metrics(() => samplesOf({ ...status, media: undefined, signalling: undefined }, []));
  expect((await read()).get('edge80_ready')).toBe(1);
});

test('I4: every metric of the table has a value, or may have none yet', async () => {
  countCall(metrics, { ...ended, streams: [stream, { ...stream, path: undefined }] });
  countCall(metrics, { ...ended, streams: [{ ...stream, path: undefined }] });
  const names = [...(await read()).keys()].map((line) => line.replace(/(_bucket|_sum|_count)?(\{.*)?$/, ''));
  const missing = Object.keys(metricTable).filter((name) => !names.includes(name));
  // The native plane has no threads in this process, and ng is of a media node by itself.
  expect(missing).toEqual(['edge80_gateway_thread_cpu_seconds_total', 'edge80_ng_messages_total']);
});

withPromtool('I4: promtool has nothing against them', async () => {
  countCall(metrics, ended);
  const { stdout, stderr, status: code } = spawnSync('promtool', ['check', 'metrics'], { input: await metrics.text() });
  expect([String(stdout) + String(stderr), code]).toEqual(['', 0]);
});
