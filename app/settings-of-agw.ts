import { z } from 'zod';
import {
  areDistinct,
  commaList,
  count,
  interfaces,
  ipAddresses,
  mediaNetwork,
  oneOf,
  port,
  portRange,
  printable,
  publicPorts,
  realm,
  rtpengineUrl,
  shownAddresses,
  someOf,
  turnSecret,
  turnUser,
} from './setting-values';

/** Settings of the role `agw`: media. */
export const ofAgw = {
  GATEWAY_ADDRESS: shownAddresses.describe(
    'Public address that UEs dial for TCP 80; one per address family, separated by a comma',
  ),
  GATEWAY_BIND: ipAddresses
    .optional()
    .describe('Address that the gateway listens on, if it differs from GATEWAY_ADDRESS (1:1 NAT)'),
  GATEWAY_PORTS: publicPorts
    .optional()
    .describe('TCP ports that take media alone, in the manner of PUBLIC_PORTS and in place of it'),
  SSLTCP_PORTS: someOf(port, 'must name a port')
    .optional()
    .describe(
      "Public ports with a second candidate, below the plain one, of libwebrtc's pseudo-TLS (ssltcp), for firewalls that look for TLS; unset: none",
    ),
  GATEWAY_PLANE: oneOf('auto', 'native', 'node')
    .default('auto')
    .describe('What forwards media: native (threads in C++), node (one core), auto (native where it was built)'),
  GATEWAY_THREADS: count(64).optional().describe('Threads that forward media natively; unset: one for each core'),
  TCP_FALLBACK: oneOf('always', 'offered', 'off')
    .default('always')
    .describe('Who gets the TCP candidate: always (any UE with ICE), offered (UEs that offer TCP candidates), off'),
  TCP_FALLBACK_REALMS: commaList
    .pipe(
      z.array(realm).refine((realms) => areDistinct(realms.map(({ prefix }) => prefix)), 'must name each prefix once'),
    )
    .optional()
    .describe('TCP_FALLBACK for UEs of some networks, by their address: prefix=who, separated by commas'),
  TCP_PRIORITY: oneOf('lowest', 'above-relay')
    .optional()
    .describe(
      'Rank of the TCP candidate: lowest (below all UDP), above-relay (above the relayed UDP of UEs with TURN); unset: above-relay where TURN_SECRET or TURN_USER is set, else lowest',
    ),
  TURN_SECRET: turnSecret
    .optional()
    .describe(
      'Secret of time-limited credentials for TURN on PUBLIC_PORTS (edge80 turn-credential makes one), as coturn has it in static-auth-secret; this and TURN_USER unset: no TURN',
    ),
  TURN_USER: turnUser.optional().describe('User name for TURN of all UEs, for a closed network; unset: none'),
  TURN_PASSWORD: printable('must be printable ASCII')
    .min(8, 'must have 8 characters or more')
    .optional()
    .describe('Password of TURN_USER'),
  TURN_REALM: printable('must be printable ASCII without quotes')
    .regex(/^[^"\\]+$/, 'must be printable ASCII without quotes')
    .default('edge80')
    .describe('Realm of TURN: any name, the same on all edges that UEs have one credential for'),
  CANDIDATE_SPELLING: oneOf('rfc6544', 'w')
    .default('rfc6544')
    .describe(
      'Spelling of TCP candidates toward UEs: rfc6544 (tcptype passive), w (tcptyp tcp-passive, as in Annex W)',
    ),
  CORE_PROFILE: oneOf('as-offered', 'rtp-avp')
    .default('as-offered')
    .describe('RTP profile that the core is offered: as-offered (that of the UE), rtp-avp (plain RTP)'),
  ACCESS_PROFILE: oneOf('as-offered', 'webrtc')
    .default('as-offered')
    .describe(
      'RTP profile that UEs are offered: as-offered (that of the core), webrtc (UDP/TLS/RTP/SAVPF with DTLS-SRTP)',
    ),
  MSRP_PORTS: portRange
    .default({ first: 50_000, last: 50_999 })
    .describe('TCP ports for MSRP, first-last: toward the core, and toward UEs without ICE'),
  CORE_MEDIA: commaList
    .pipe(z.array(mediaNetwork))
    .optional()
    .describe(
      'Networks that media toward the core goes to, each with ports if need be: prefix:first-last, separated by commas; unset: any',
    ),
  CORE_MEDIA_TO: oneOf('said', 'heard')
    .default('said')
    .describe(
      'Where media goes in the core: said (where its SDP says), heard (where its RTP comes from; behind a NAT)',
    ),
  RTPENGINE_URLS: someOf(rtpengineUrl, 'must name at least one tcp://host:port')
    .refine(areDistinct, 'must name each once')
    .optional()
    .describe(
      'ng control addresses of rtpengine (tcp://host:port, or udp://), separated by commas; unset: a local rtpengine is started as a child',
    ),
  RTPENGINE_BIN: z.string().min(1).default('rtpengine').describe('Program to start where RTPENGINE_URLS is unset'),
  RTPENGINE_ACCESS_INTERFACE: interfaces
    .optional()
    .describe(
      'Address[!advertised] of rtpengine toward UEs, one per family (behind 1:1 NAT also of one in RTPENGINE_URLS); unset: GATEWAY_ADDRESS',
    ),
  RTPENGINE_CORE_INTERFACE: interfaces
    .optional()
    .describe(
      'Address[!advertised] of the local rtpengine toward the core, one per family; unset: the hosts of CORE_CONTACTS',
    ),
  RTPENGINE_PORTS: portRange
    .default({ first: 30_000, last: 40_000 })
    .describe('UDP ports of rtpengine, first-last; those in RTPENGINE_URLS have the same as --port-min and --port-max'),
};
