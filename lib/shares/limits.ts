import type { Rate } from './token-buckets';

/** What one UE may take, told by the identity that it registered and by its connection. */
interface UeShare {
  /** All requests but the endings. */
  requests: Rate;
  /** ACK, BYE, CANCEL and PRACK in its calls: they end what others hold, and are not held up by its other requests. */
  endings: Rate;
  /** Provisional responses, and 2xx to INVITEs: of these there may be any number for one request of ours. */
  progress: Rate;
  /** Requests that the core sends to it, calls apart, outside of dialogs and in all of its dialogs. */
  delivered: Rate;
  /** REGISTERs among them: each costs the core an authentication. */
  registrations: Rate;
  /** INVITEs that begin a call, and, counted apart, calls to the UE. */
  calls: Rate;
  /** Connections of one account: with one more the oldest is closed, as if the UE had come back from elsewhere. */
  connections: number;
  /** Calls at once, of both directions. */
  callsAtOnce: number;
  /** Calls at once without an answer yet, in each direction. */
  unanswered: number;
  /** Media lines at rtpengine, in all its calls: each takes 4 ports there, RTP and RTCP on either side. */
  lines: number;
  /** MSRP lines in all its calls: each takes up to 2 ports of MSRP_PORTS. */
  messageLines: number;
  /** Questions to rtpengine where the media of its calls goes, by what it does on its connections to the gateway. */
  looks: Rate;
  /** Subscriptions at once, of both directions: a switchboard watches hundreds of lines. */
  subscriptions: number;
  /** Requests at once that have no answer yet. */
  underWay: number;
  /** Emergency calls at once, counted by connection, be it registered or not. */
  emergencyCallsAtOnce: number;
}

/** What UEs that are not registered may take from one IPv4 address or IPv6 /64: a UE, or a NAT with hundreds. */
interface SourceShare {
  /** REGISTERs. A UE needs two: 500 UEs behind a NAT that lost its link are served within 20 s. */
  registrations: Rate;
  /** REGISTERs that the part of `strangers.requests` which is kept for known places is for: a flood is none of them. */
  keptRegistrations: Rate;
  /** Other requests: they are refused by the app anyway. */
  requests: Rate;
  /** TLS handshakes, those of UEs that come back among them: one costs up to 1 ms of the event loop. */
  handshakes: Rate;
  /** HTTP requests, upgrades to WebSocket among them: a page of a web phone has 200 files. */
  webRequests: Rate;
  /** Emergency calls, those of registered UEs among them. */
  emergencyCalls: Rate;
  emergencyCallsAtOnce: number;
  /** Requests at once that have no answer yet, where UEs reach the SIP server by themselves. */
  underWay: number;
  /** The same where they pass the access listener: less than the half of what all strangers have that is for anybody. */
  onTheirWay: number;
}

/** What all UEs that are not registered may take together. */
interface StrangersShare {
  /**
   * All their requests. The last half of the burst is kept for REGISTERs from where a UE has been registered before, a
   * few from each place, so that a flood from many places does not keep UEs from coming back. The other half is more than
   * the bursts of one place.
   */
  requests: Rate;
  /** Those among them that are no REGISTERs: the app refuses them, at the cost of those that it could serve. */
  otherRequests: Rate;
  /** TLS handshakes: a fifth of the event loop. The last half of the burst is kept as that of the requests is. */
  handshakes: Rate;
  /** HTTP requests: a fifth of the event loop. */
  webRequests: Rate;
  /** What they bring beyond the `fewMessages` of each connection, be they in as many places as they like. */
  messages: Rate;
  emergencyCalls: Rate;
  emergencyCallsAtOnce: number;
  /**
   * Requests at once that have no answer yet: who comes next waits for all of these. Half of them are kept as the last
   * half of the burst is.
   */
  underWay: number;
}

/** The one table of what UEs, and the places that they come from, may take (N3). Rates count by the second. */
export interface ShareLimits {
  ue: UeShare;
  source: SourceShare;
  strangers: StrangersShare;
  /** SIP messages on one connection, of any kind, and what their bytes cost: beyond, it is closed. */
  messages: Rate;
  /** The same on all connections of a registered UE, or of the strangers of one place, but for `fewMessages`. */
  messagesOfSender: Rate;
  /** What each connection may bring whatever the others bring: the neighbours of who floods can register. */
  fewMessages: Rate;
  /** Media lines of a call that are carried; those behind them are declined with port 0. */
  linesOfCall: number;
  /** MSRP lines of them: each may take two ports of MSRP_PORTS. */
  messageLinesOfCall: number;
  /** Requests of the core in one dialog with a UE. */
  deliveredInDialog: Rate;
  /** Provisional responses to the INVITE of one call: each may bring an answer, for rtpengine and for the caller. */
  progressOfCall: Rate;
  /** Requests outside of calls at once that the app serves, from UEs and from the core. */
  exchanges: number;
  /** Requests of all UEs at once on their way to the SIP server and not answered yet. */
  underWay: number;
}

export interface ShareSizes {
  /** Calls at once of one UE: how large a UE may be. Default: 50, or a twentieth of `maxCalls` where that is fewer. */
  ueCalls?: number | undefined;
  /** REGISTERs a second of UEs that are not registered, from one place. */
  sourceRegistrations?: number | undefined;
  /** Requests a second of all UEs that are not registered. */
  strangerRequests?: number | undefined;
  /** Calls at once of all UEs. */
  maxCalls?: number | undefined;
  /** How many ports there are for MSRP. */
  msrpPorts?: number | undefined;
}

/** A pool that one UE must not empty: it gets a twentieth of it. */
const smallPart = 1 / 20;

/** The table for an edge of these sizes. */
export function shareLimits(sizes: ShareSizes = {}): ShareLimits {
  const { maxCalls = 5000, sourceRegistrations = 50, strangerRequests = 200, msrpPorts = 1000 } = sizes;
  const calls = sizes.ueCalls ?? Math.min(50, Math.max(2, Math.ceil(maxCalls * smallPart)));
  // A PBX of 30 lines at the busiest time of its day: calls of 3 s, all of them ringing.
  const callsPerSecond = Math.max(2, Math.min(10, calls / 5), calls / 10);
  const unanswered = Math.min(calls, Math.max(30, Math.ceil(calls / 5)));
  const requests = { perSecond: Math.max(30, callsPerSecond * 6), burst: Math.max(300, callsPerSecond * 18) };
  // A call has six messages or so, in twelve pieces with 10 kB in all.
  const messages = { perSecond: Math.max(500, callsPerSecond * 20), burst: Math.max(2000, callsPerSecond * 80) };
  const messagesOfSender = { perSecond: 2 * messages.perSecond, burst: 2 * messages.burst };
  // At the full rate it is reached when answers take longer than a quarter of a second.
  const strangersUnderWay = Math.max(50, Math.ceil(strangerRequests / 4));
  const msrpPart = Math.max(2, Math.floor((msrpPorts / 2) * smallPart));
  return {
    ue: {
      requests,
      // A call has an ACK, a BYE, and a PRACK or two; one to the UE as many.
      endings: { perSecond: 2 * requests.perSecond, burst: 2 * requests.burst },
      progress: requests,
      delivered: requests,
      registrations: { perSecond: 2, burst: 20 },
      calls: { perSecond: callsPerSecond, burst: Math.max(100, callsPerSecond * 3) },
      connections: Math.max(20, Math.ceil(calls / 5)),
      callsAtOnce: calls,
      unanswered,
      lines: Math.max(32, calls * 2),
      messageLines: Math.min(msrpPart, Math.max(4, Math.ceil(calls / 3))),
      // All its calls lose UDP at once, and each asks a few times.
      looks: { perSecond: Math.max(10, calls / 5), burst: Math.max(100, calls * 4) },
      subscriptions: Math.max(500, calls * 2),
      underWay: Math.max(64, calls),
      emergencyCallsAtOnce: 2,
    },
    source: {
      registrations: { perSecond: sourceRegistrations, burst: sourceRegistrations * 2 },
      keptRegistrations: { perSecond: 5, burst: 5 },
      requests: { perSecond: 20, burst: 200 },
      handshakes: { perSecond: 50, burst: 200 },
      webRequests: { perSecond: 50, burst: 1000 },
      emergencyCalls: { perSecond: 1, burst: 10 },
      emergencyCallsAtOnce: 5,
      underWay: 500,
      onTheirWay: Math.floor(strangersUnderWay * 0.4),
    },
    strangers: {
      requests: { perSecond: strangerRequests, burst: Math.max(2 * strangerRequests, 8 * sourceRegistrations) },
      otherRequests: { perSecond: strangerRequests / 4, burst: strangerRequests / 4 },
      handshakes: { perSecond: 200, burst: 400 },
      webRequests: { perSecond: 500, burst: 2000 },
      // Of two places that flood.
      messages: { perSecond: 2 * messagesOfSender.perSecond, burst: 2 * messagesOfSender.burst },
      emergencyCalls: { perSecond: 20, burst: 50 },
      emergencyCallsAtOnce: Math.max(10, Math.ceil(maxCalls * smallPart)),
      underWay: strangersUnderWay,
    },
    messages,
    messagesOfSender,
    fewMessages: { perSecond: 5, burst: 10 },
    linesOfCall: 16,
    messageLinesOfCall: 4,
    deliveredInDialog: { perSecond: 10, burst: 100 },
    progressOfCall: { perSecond: 5, burst: 50 },
    exchanges: 10_000,
    underWay: 4000,
  };
}
