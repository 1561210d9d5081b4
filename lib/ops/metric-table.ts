interface MetricKind {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  /** Their values are few, and none is what a UE or the core sends. */
  readonly labels: readonly string[];
  /** Of a histogram: upper bounds. */
  readonly buckets?: readonly number[];
}

const ofTime = [0.1, 0.2, 0.5, 1, 2, 3, 5, 10, 30];

/** Every metric, by its name; docs/operate.md lists them with the same words. */
export const metricTable = {
  // The process.
  edge80_info: { type: 'gauge', help: '1; the label says which release runs.', labels: ['version'] },
  edge80_ready: { type: 'gauge', help: '1 where /ready is 200, else 0.', labels: [] },
  edge80_draining: { type: 'gauge', help: '1 while no new calls are taken because of a drain, else 0.', labels: [] },
  edge80_troubles: {
    type: 'gauge',
    help: 'Troubles that /ready tells now, by the part that has them.',
    labels: ['part'],
  },
  edge80_event_loop_lag_seconds: {
    type: 'gauge',
    help: 'How late the event loop is: the median of the last half second.',
    labels: [],
  },
  edge80_event_loop_active_seconds_total: {
    type: 'counter',
    help: 'Time in which the event loop had something to do; its rate is the load of that one core.',
    labels: [],
  },
  edge80_heap_used_bytes: { type: 'gauge', help: 'What JavaScript objects take of memory.', labels: [] },
  process_cpu_seconds_total: { type: 'counter', help: 'CPU time of all threads, user and system.', labels: [] },
  process_resident_memory_bytes: { type: 'gauge', help: 'Resident memory.', labels: [] },
  process_start_time_seconds: { type: 'gauge', help: 'When the process started, since the epoch.', labels: [] },
  process_open_fds: { type: 'gauge', help: 'Open file descriptors.', labels: [] },
  process_max_fds: { type: 'gauge', help: 'File descriptors that may be open.', labels: [] },

  // Calls.
  edge80_calls: { type: 'gauge', help: 'Calls under way.', labels: [] },
  edge80_calls_limit: { type: 'gauge', help: 'Calls that may be under way: MAX_CALLS.', labels: [] },
  edge80_calls_ended_total: {
    type: 'counter',
    help: 'Calls that ended, by who called, whether they were answered, and why they ended.',
    labels: ['direction', 'answered', 'cause'],
  },
  edge80_call_seconds_total: { type: 'counter', help: 'Time from answer to end of the calls that ended.', labels: [] },
  edge80_calls_without_media_total: {
    type: 'counter',
    help: 'Answered calls that ended without a way for any of their media lines.',
    labels: ['direction'],
  },
  edge80_time_to_media_seconds: {
    type: 'histogram',
    help: 'Time from the answer until the first media line had its way, by that way; UDP is looked for once a second at first.',
    labels: ['path'],
    buckets: ofTime,
  },
  edge80_streams_total: {
    type: 'counter',
    help: 'Media lines of calls that ended, by the last way that they took toward the UE.',
    labels: ['path'],
  },
  edge80_streams_tcp_total: {
    type: 'counter',
    help: 'Those that took TCP, by why: udp-unanswered, udp-lost (UDP had worked before) or udp-not-offered by the UE.',
    labels: ['reason'],
  },
  edge80_stream_reconnects_total: {
    type: 'counter',
    help: 'How often UEs came back on another connection, in calls that ended.',
    labels: [],
  },
  edge80_stream_loss_ratio: {
    type: 'histogram',
    help: 'Lost packets of each media line of calls that ended, as RTCP tells it, by who sent them.',
    labels: ['from'],
    buckets: [0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2],
  },
  edge80_stream_jitter_seconds: {
    type: 'histogram',
    help: 'Mean jitter of each media line of calls that ended, as RTCP tells it, by who sent it.',
    labels: ['from'],
    buckets: [0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2],
  },
  edge80_stream_round_trip_seconds: {
    type: 'histogram',
    help: 'Round-trip time between rtpengine and UE of each media line of calls that ended, by its way.',
    labels: ['path'],
    buckets: [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1],
  },

  // SIP.
  edge80_registrations: { type: 'gauge', help: 'Registrations of UEs that have not expired.', labels: [] },
  edge80_sip_responses_total: {
    type: 'counter',
    help: 'Responses that went to drachtio-server or came from it, by class.',
    labels: ['direction', 'class'],
  },
  edge80_sip_refusals_total: {
    type: 'counter',
    help: 'Requests outside of calls under way that the app refused, by the code of the error.',
    labels: ['code'],
  },
  edge80_sip_server_connected: { type: 'gauge', help: '1 while the link to drachtio-server stands.', labels: [] },
  edge80_sip_server_answering: { type: 'gauge', help: '1 while drachtio-server answers pings.', labels: [] },
  edge80_sip_server_unread_bytes: { type: 'gauge', help: 'What drachtio-server has not read yet.', labels: [] },
  edge80_sip_relay_dropped_total: {
    type: 'counter',
    help: 'Messages that the relay toward the core dropped, because it could not read them or nobody waited for them.',
    labels: ['kind'],
  },
  edge80_access_connections: { type: 'gauge', help: 'Connections of UEs for SIP and HTTP.', labels: ['state'] },
  edge80_access_served_total: {
    type: 'counter',
    help: 'Connections by what they turned out to bring: SIP over tcp, tls, ws or wss, or http or https.',
    labels: ['transport'],
  },
  edge80_access_displaced_total: {
    type: 'counter',
    help: 'Connections that were closed to make room, by the limit.',
    labels: ['reason'],
  },
  edge80_access_tls_held_total: {
    type: 'counter',
    help: 'Connections whose TLS handshake had to wait, or that waited in vain, by the share.',
    labels: ['reason'],
  },
  edge80_access_tls_strange_total: {
    type: 'counter',
    help: 'Connections that were closed by what they began with inside TLS.',
    labels: ['kind'],
  },
  edge80_access_unserved_total: {
    type: 'counter',
    help: 'Requests of UEs that were refused before drachtio-server saw them, or that it did not answer, by the reason.',
    labels: ['reason'],
  },

  // The gateway.
  edge80_gateway_accepted_total: { type: 'counter', help: 'Connections to the public ports.', labels: [] },
  edge80_gateway_accept_errors_total: {
    type: 'counter',
    help: 'Connections that could not be accepted, mostly for want of file descriptors.',
    labels: [],
  },
  edge80_gateway_connections: {
    type: 'gauge',
    help: 'Open connections at the gateway, by whether the UE has proved its password.',
    labels: ['state'],
  },
  edge80_gateway_closed_total: { type: 'counter', help: 'Connections that ended, by why.', labels: ['reason'] },
  edge80_gateway_streams: {
    type: 'gauge',
    help: 'Media lines that the gateway is open to, by whether they use it.',
    labels: ['state'],
  },
  edge80_gateway_checks_total: { type: 'counter', help: 'ICE checks of UEs, by result.', labels: ['result'] },
  edge80_gateway_nominations_total: {
    type: 'counter',
    help: 'Nominations toward rtpengine, by what became of them; raised: because media went elsewhere.',
    labels: ['event'],
  },
  edge80_gateway_packets_total: { type: 'counter', help: 'Packets, by way and kind.', labels: ['way', 'kind'] },
  edge80_gateway_bytes_total: { type: 'counter', help: 'Their bytes, without framing.', labels: ['way'] },
  edge80_gateway_dropped_packets_total: { type: 'counter', help: 'Packets that were dropped.', labels: ['reason'] },
  edge80_gateway_anchor_errors_total: {
    type: 'counter',
    help: 'Faults of the sockets toward rtpengine, such as after it gave up a call.',
    labels: [],
  },
  edge80_gateway_thread_cpu_seconds_total: {
    type: 'counter',
    help: 'CPU time of each thread of the native plane; its rate is the load of that core.',
    labels: ['thread'],
  },

  // TURN.
  edge80_turn_allocations: { type: 'gauge', help: 'Relayed addresses that UEs have.', labels: [] },
  edge80_turn_refused_total: { type: 'counter', help: 'TURN requests that were refused, by error.', labels: ['error'] },
  edge80_turn_credentials_total: {
    type: 'counter',
    help: 'Why credentials of TURN were refused.',
    labels: ['reason'],
  },
  edge80_turn_dropped_total: {
    type: 'counter',
    help: 'Data and permissions of TURN for peers that it does not go to, and messages that say nothing.',
    labels: ['reason'],
  },

  // Media.
  edge80_rtpengine_up: { type: 'gauge', help: '1 while this rtpengine answers.', labels: ['url'] },
  edge80_rtpengine_busy: {
    type: 'gauge',
    help: '1 while too many commands wait for it to take a new call.',
    labels: ['url'],
  },
  edge80_rtpengine_undeleted_calls: {
    type: 'gauge',
    help: 'Calls that have ended and may still be there.',
    labels: ['url'],
  },
  edge80_media_misplaced_total: {
    type: 'counter',
    help: 'Places in SDPs that media is not sent to, by why.',
    labels: ['reason'],
  },
  edge80_msrp_sessions: { type: 'gauge', help: 'MSRP sessions.', labels: ['state'] },
  edge80_msrp_ended_total: { type: 'counter', help: 'MSRP sessions that ended, by why.', labels: ['reason'] },
  edge80_msrp_bytes_total: { type: 'counter', help: 'Bytes that came, by the side that sent them.', labels: ['from'] },
  edge80_msrp_ports: { type: 'gauge', help: 'Ports of MSRP_PORTS that are listened on.', labels: ['side'] },
  edge80_msrp_strangers_total: {
    type: 'counter',
    help: 'Connections for MSRP that were turned away: from elsewhere than expected, or too many.',
    labels: [],
  },

  // ng, of a media node by itself.
  edge80_ng_messages_total: {
    type: 'counter',
    help: 'Messages of ng clients, by what became of them.',
    labels: ['outcome'],
  },
  edge80_ng_under_way: { type: 'gauge', help: 'Commands of ng clients that have no reply yet.', labels: [] },
  edge80_ng_kept_reply_bytes: { type: 'gauge', help: 'Replies that are kept for repeated commands.', labels: [] },
  edge80_ng_refused_clients_total: {
    type: 'counter',
    help: 'Messages and connections of ng clients that are not in NG_FROM.',
    labels: [],
  },
} as const satisfies Record<string, MetricKind>;

type MetricTable = typeof metricTable;

export type MetricName = keyof MetricTable;

/** What is counted where it happens, and read at each scrape. */
export type PulledName = Exclude<MetricName, FedName>;

/** What calls that ended are counted in. */
export type FedName =
  | HistogramName
  | 'edge80_calls_ended_total'
  | 'edge80_call_seconds_total'
  | 'edge80_calls_without_media_total'
  | 'edge80_streams_total'
  | 'edge80_streams_tcp_total'
  | 'edge80_stream_reconnects_total';

export type HistogramName = {
  [Name in MetricName]: MetricTable[Name]['type'] extends 'histogram' ? Name : never;
}[MetricName];

/** The values of a metric's labels. */
export type Labels<Name extends MetricName> = Readonly<Record<MetricTable[Name]['labels'][number], string>>;
