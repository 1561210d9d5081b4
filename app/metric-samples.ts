import { performance } from 'node:perf_hooks';
import { readinessOf, type Trouble } from '../lib/admin/readiness';
import type { GatewayCounters } from '../lib/gateway/counters';
import type { Samples } from '../lib/ops/metrics';
import { openFiles, threadTimes } from '../lib/ops/process-load';
import { openFilesLimit } from './open-files';
import type { Agw } from './roles/agw';
import type { EdgeStatus } from './roles/edge';
import { version } from './version';

const release = version();

const packetKinds = ['stun', 'dtls', 'rtp', 'rtcp'] as const;

type Series<Label extends string> = [Record<Label, string>, number][];

type MediaNames = Extract<keyof Samples, `edge80_${'gateway' | 'rtpengine' | 'media' | 'msrp' | 'turn'}_${string}`>;
type SignallingNames =
  | Extract<keyof Samples, `edge80_${'sip' | 'access'}_${string}`>
  | 'edge80_registrations'
  | 'edge80_event_loop_lag_seconds';

/** Of a role; what it has not is missing. */
type ShownStatus = Omit<EdgeStatus, 'signalling' | 'capture'> & {
  signalling?: EdgeStatus['signalling'];
  ng?: ReturnType<Agw['status']>['ng'];
};

/** What all metrics are now that are counted elsewhere. Never rejects. */
export async function samplesOf(status: ShownStatus, troubles: readonly Trouble[]): Promise<Samples> {
  return {
    ...(await ofProcess()),
    ...(await ofThreads()),
    ...ofMedia(status.media),
    ...ofSignalling(status.signalling),
    ...ofNg(status.ng),
    edge80_ready: one(readinessOf(troubles).ready),
    edge80_draining: one(status.state === 'draining'),
    edge80_troubles: byLabel('part', countsOf(troubles.map(({ part }) => part))),
    edge80_calls: one(status.calls),
    edge80_calls_limit: one(status.callsLimit),
  };
}

async function ofProcess() {
  const { user, system } = process.cpuUsage();
  const [open, limit] = [await openFiles(), openFilesLimit()];
  return {
    edge80_info: [[{ version: release }, 1]] satisfies Series<'version'>,
    edge80_event_loop_active_seconds_total: one(performance.eventLoopUtilization().active / 1000),
    edge80_heap_used_bytes: one(process.memoryUsage().heapUsed),
    process_cpu_seconds_total: one((user + system) / 1e6),
    process_resident_memory_bytes: one(process.memoryUsage.rss()),
    process_start_time_seconds: one(performance.timeOrigin / 1000),
    process_open_fds: open === undefined ? [] : one(open),
    process_max_fds: limit === undefined ? [] : one(limit),
  };
}

/** As native/worker.cc names them. */
async function ofThreads() {
  const times = await threadTimes('edge80-media');
  const series: Series<'thread'> = times.map(({ thread, seconds }) => [{ thread }, seconds]);
  return { edge80_gateway_thread_cpu_seconds_total: series };
}

function ofMedia(
  media: EdgeStatus['media'],
): Omit<Pick<Samples, MediaNames>, 'edge80_gateway_thread_cpu_seconds_total'> {
  const nodes = media?.rtpengines ?? [];
  const ofNodes = (value: (node: (typeof nodes)[number]) => number | boolean): Series<'url'> =>
    nodes.map((node) => [{ url: node.url }, Number(value(node))]);
  const { msrp, turn } = media ?? {};
  return {
    ...ofGateway(media?.gateway),
    edge80_turn_allocations: one(turn?.allocations ?? 0),
    edge80_turn_refused_total: byLabel('error', turn?.refused),
    edge80_turn_credentials_total: byLabel('reason', turn?.credentials),
    edge80_turn_dropped_total: byLabel('reason', turn?.dropped),
    edge80_rtpengine_up: ofNodes(({ isUp }) => isUp),
    edge80_rtpengine_busy: ofNodes(({ isBusy }) => isBusy),
    edge80_rtpengine_undeleted_calls: ofNodes(({ orphans }) => orphans),
    edge80_media_misplaced_total: byLabel('reason', media?.misplaced),
    edge80_msrp_sessions: byLabel('state', msrp && { joined: msrp.joined, waiting: msrp.open - msrp.joined }),
    edge80_msrp_ended_total: byLabel('reason', msrp?.ends),
    edge80_msrp_bytes_total: byLabel('from', msrp && { ue: msrp.bytes.access, core: msrp.bytes.core }),
    edge80_msrp_ports: byLabel('side', msrp && { ue: msrp.listening.access, core: msrp.listening.core }),
    edge80_msrp_strangers_total: one(msrp?.strangers ?? 0),
  };
}

function ofGateway(gateway: GatewayCounters | undefined) {
  const { open = 0, authenticated = 0, streams = 0, selected = 0 } = gateway ?? {};
  const ways = gateway && {
    from_ue: gateway.fromUe,
    to_ue: gateway.toUe,
    to_anchor: gateway.toAnchor,
    from_anchor: gateway.fromAnchor,
  };
  const traffic = Object.entries(ways ?? {});
  return {
    edge80_gateway_accepted_total: one(gateway?.accepted ?? 0),
    edge80_gateway_accept_errors_total: one(gateway?.acceptErrors ?? 0),
    edge80_gateway_connections: byLabel('state', { authenticated, stranger: open - authenticated }),
    edge80_gateway_closed_total: byLabel('reason', gateway?.closes),
    edge80_gateway_streams: byLabel('state', { selected, waiting: streams - selected }),
    edge80_gateway_checks_total: byLabel('result', gateway?.checks),
    edge80_gateway_nominations_total: byLabel('event', gateway && { ...gateway.nominations }),
    edge80_gateway_packets_total: traffic.flatMap(([way, packets]) =>
      packetKinds.map((kind): [Record<'way' | 'kind', string>, number] => [{ way, kind }, packets[kind]]),
    ),
    edge80_gateway_bytes_total: traffic.map(([way, { bytes }]): [{ way: string }, number] => [{ way }, bytes]),
    edge80_gateway_dropped_packets_total: byLabel('reason', gateway?.drops),
    edge80_gateway_anchor_errors_total: one(gateway?.anchorErrors ?? 0),
  };
}

function ofNg(ng: ShownStatus['ng']): Pick<Samples, Extract<keyof Samples, `edge80_ng_${string}`>> {
  const { underWay = 0, keptBytes = 0, refusedClients = 0, ...outcomes } = ng ?? {};
  return {
    edge80_ng_messages_total: byLabel('outcome', outcomes),
    edge80_ng_under_way: one(underWay),
    edge80_ng_kept_reply_bytes: one(keptBytes),
    edge80_ng_refused_clients_total: one(refusedClients),
  };
}

function ofSignalling(signalling: EdgeStatus['signalling']): Pick<Samples, SignallingNames> {
  const { connections, server, relayDropped } = signalling ?? {};
  const { sent = {}, received = {} } = server?.responses ?? {};
  return {
    edge80_event_loop_lag_seconds: one((signalling?.loopLagMs ?? 0) / 1000),
    edge80_registrations: one(signalling?.registrations ?? 0),
    edge80_sip_responses_total: Object.entries({ sent, received }).flatMap(([direction, counts]) =>
      Object.entries(counts).map(([name, count]): [Record<'direction' | 'class', string>, number] => [
        { direction, class: name },
        count,
      ]),
    ),
    edge80_sip_refusals_total: byLabel('code', signalling?.refused),
    edge80_sip_server_connected: one(server?.isConnected === true),
    edge80_sip_server_answering: one(server?.isAnswering === true),
    edge80_sip_server_unread_bytes: one(server?.unread ?? 0),
    edge80_sip_relay_dropped_total: byLabel('kind', relayDropped && { ...relayDropped }),
    edge80_access_connections: byLabel(
      'state',
      connections && { authenticated: connections.authenticated, stranger: connections.strangers },
    ),
    edge80_access_served_total: byLabel('transport', connections?.served),
    edge80_access_displaced_total: byLabel('reason', connections?.displaced),
    edge80_access_tls_held_total: byLabel('reason', connections?.handshakes),
    edge80_access_tls_strange_total: byLabel('kind', connections?.refusedInTls),
    edge80_access_unserved_total: byLabel('reason', connections?.unserved),
  };
}

function one(value: number | boolean): Series<never> {
  return [[{}, Number(value)]];
}

function byLabel<Label extends string>(
  label: Label,
  counts: Readonly<Partial<Record<string, number>>> = {},
): Series<Label> {
  return Object.entries(counts).map(([value, count]) => [{ [label]: value } as Record<Label, string>, count ?? 0]);
}

function countsOf(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
