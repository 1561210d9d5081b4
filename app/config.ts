import { z } from 'zod';
import {
  adminPlace,
  adminToken,
  areDistinct,
  commaList,
  contacts,
  count,
  countFrom,
  flowTokenKeys,
  headerNames,
  hostName,
  interfaces,
  ipAddresses,
  isForRelay,
  isWebServer,
  list,
  listeningPoint,
  mediaNetwork,
  networkPrefix,
  oneOf,
  port,
  portRange,
  printable,
  publicPorts,
  realm,
  relayedHop,
  rtpengineUrl,
  shownAddresses,
  sipUri,
  someOf,
  turnSecret,
  turnUser,
  webOrigin,
  webServerHint,
} from './setting-values';

/*
 * The one table of settings, by the role that reads them. Each comes from the environment under the name that it has here, is checked at
 * start, and is listed in .env.example with its default and the same sentence.
 */

const integrity = ['yes', 'no', 'ip-assoc-pending', 'ip-assoc-yes', 'tls-pending', 'tls-yes', 'auth-done'] as const;

/** The role `pcscf`: signalling. */
const ofPcscf = {
  ACCESS_CONTACTS: contacts.describe(
    'Where UEs reach the edge: contacts in the manner of drachtio, separated by spaces',
  ),
  CORE_CONTACTS: contacts.describe(
    'Where the core reaches the edge: contacts in the manner of drachtio, separated by spaces',
  ),
  CORE_NEXT_HOP: sipUri.describe('Where requests of UEs are sent: the I-CSCF, registrar or PBX'),
  ACCESS_LISTEN: list
    .pipe(z.array(listeningPoint).min(1, 'must name at least one contact'))
    .optional()
    .describe(
      'TCP and TLS contacts that edge80 itself has for UEs, in front of the first TCP one of ACCESS_CONTACTS; unset: none',
    ),
  ACCESS_ADDRESS: shownAddresses
    .optional()
    .describe('Address of ACCESS_LISTEN that UEs are shown in SIP, if it differs (1:1 NAT); one per family'),
  TLS_CERT_FILE: z
    .string()
    .optional()
    .describe(
      'Certificate chain (PEM) for TLS on PUBLIC_PORTS and the TLS contacts of ACCESS_LISTEN; read anew when it changes',
    ),
  TLS_KEY_FILE: z.string().optional().describe('Private key (PEM) of the certificate in TLS_CERT_FILE'),
  TLS_SELF_SIGNED_FILE: z
    .string()
    .min(1)
    .default('state/self-signed.pem')
    .describe(
      'Where the certificate for trying out is kept, with its key, that is made if 443 is one of PUBLIC_PORTS and TLS_CERT_FILE is unset',
    ),
  WEBSOCKET_ORIGINS: someOf(webOrigin, 'must name an origin')
    .optional()
    .describe(
      'Origins of web pages that may speak SIP over WebSocket, such as https://phone.example.com, separated by commas; unset: all',
    ),
  WEB_PHONE: oneOf('on', 'off')
    .default('off')
    .describe('A web phone for trying out, at /phone/ of PUBLIC_PORTS: on, off'),
  ACME_CHALLENGES: z
    .string()
    .min(1)
    .refine((text) => !/^https?:/.test(text) || isWebServer(text), webServerHint)
    .optional()
    .describe(
      'What answers for /.well-known/acme-challenge/ on PUBLIC_PORTS: a folder of tokens, or http://host:port; unset: HTTP_BACKEND',
    ),
  HTTP_BACKEND: z
    .string()
    .refine(isWebServer, webServerHint)
    .optional()
    .describe('Web server for the other paths of PUBLIC_PORTS, http://host:port; unset: they get 404'),
  MEDIA_LOST: oneOf('keep', 'release')
    .default('keep')
    .describe('A call whose UE is not heard on TCP any more, for 30 s: keep, or release (BYE to both sides)'),
  DRACHTIO_HOST: hostName
    .optional()
    .describe('drachtio-server; unset: the embedded SIP edge, for trying out and testing only'),
  DRACHTIO_PORT: port.default(9022).describe('Admin port of drachtio-server'),
  DRACHTIO_SECRET: z.string().min(1).default('cymru').describe('Secret of drachtio-server'),
  FLOW_TOKEN_KEYS: flowTokenKeys
    .optional()
    .describe('Keys that protect flow tokens: the first signs, all verify; unset: random at each start'),
  EGRESS_PORT: port
    .optional()
    .describe(
      'Port, on the hosts of CORE_CONTACTS, that requests of UEs leave from and those of the core come to, by the Path; unset: any free one',
    ),
  EGRESS_RELAY: oneOf('service-route', 'always')
    .optional()
    .describe(
      'What passes EGRESS_PORT: always (all to and from the core, under another Call-ID, for a core that is a proxy), or service-route (requests with one; large messages and bodies with NULs then fail); unset: all, with the Call-ID kept, where CORE_NEXT_HOP is sip: over UDP or TCP',
    ),
  VISITED_NETWORK_ID: printable('must be printable ASCII')
    .optional()
    .describe('Name of this network for P-Visited-Network-ID in REGISTER; unset: the header is not sent'),
  INTEGRITY_PROTECTED: z
    .enum(integrity, `must be ${integrity.join(', ')}`)
    .optional()
    .describe('Parameter integrity-protected in the Authorization of REGISTERs (TS 24.229); unset: it is not sent'),
  ACCESS_NETWORK_INFO: printable('must be pass, remove or a header value')
    .refine((text) => !/^(pass|remove)$/i.test(text) || text === text.toLowerCase(), 'must be pass or remove')
    .default('pass')
    .describe('P-Access-Network-Info of UEs: pass, remove, or the value that is sent to the core instead'),
  PASS_HEADERS_TO_UE: headerNames
    .optional()
    .describe(
      'Headers of the core that UEs get as they are, besides those of lib/sip/header-table.ts, separated by commas; unset: none',
    ),
  PASS_HEADERS_TO_CORE: headerNames
    .optional()
    .describe(
      'Headers of UEs that the core gets, besides those of lib/sip/header-table.ts, separated by commas; they are believed there; unset: none',
    ),
  EMERGENCY_NEXT_HOP: sipUri
    .refine(isForRelay, relayedHop)
    .optional()
    .describe('E-CSCF for emergency calls, registered or not; unset: urn:service:sos gets 380'),
  EMERGENCY_NUMBERS: commaList
    .pipe(z.array(z.string().regex(/^[0-9*#]+$/, 'must be a comma list of numbers')))
    .default(['112', '911'])
    .describe('Numbers that are emergency calls where EMERGENCY_NEXT_HOP is set, separated by commas'),
  SOURCE_REGISTRATIONS: count(1_000_000)
    .default(50)
    .describe(
      'REGISTERs a second of UEs that are not registered, from one IPv4 address or IPv6 /64; further ones get 503',
    ),
  STRANGER_REQUESTS: count(1_000_000)
    .default(200)
    .describe('Requests a second of all UEs that are not registered; further ones get 503'),
};

/** The role `agw`: media. */
const ofAgw = {
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

/** What both roles read. */
const ofEach = {
  PUBLIC_PORTS: publicPorts
    .optional()
    .describe(
      'TCP ports of GATEWAY_ADDRESS that take everything: media, MSRP, SIP, WebSocket, HTTP and TLS; the most wanted first for media, each with a rank of its own if need be: 443=above-relay,80=lowest; unset: 80',
    ),
  PROXY_PROTOCOL_FROM: someOf(networkPrefix, 'must name a network')
    .optional()
    .describe(
      'Networks of proxies and load balancers, whose connections all begin with a header of the PROXY protocol (v1 or v2) that names the UE; unset: none',
    ),
  MAX_CALLS: count(1_000_000).default(5000).describe('Calls under way at most; further ones get 503'),
  UE_CALLS: count(1_000_000)
    .optional()
    .describe(
      'Calls of one UE at once, from which the rest of its share follows (a PBX that registers as one needs more); unset: 50, or a twentieth of MAX_CALLS',
    ),
  DRAIN_SECONDS: countFrom(0, 86_400)
    .default(300)
    .describe('How long calls under way may go on after SIGTERM, while new ones get 503; 0: they end at once'),
  ADMIN_LISTEN: adminPlace
    .default({ address: '127.0.0.1', port: 8480 })
    .describe('Address and port of /live, /ready, /status and /metrics, for who runs the edge; off: there are none'),
  ADMIN_TOKEN: adminToken
    .optional()
    .describe(
      'What requests of ADMIN_LISTEN have to bring as Authorization: Bearer …, but /live and /ready; unset: nothing, on loopback',
    ),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], 'must be a pino level such as info or debug')
    .default('info')
    .describe('Least level that is logged'),
};

const tables: Record<'pcscf' | 'agw' | 'each', Record<string, z.ZodType>> = {
  pcscf: ofPcscf,
  agw: ofAgw,
  each: ofEach,
};

export const configSchema = z.object({ ...ofPcscf, ...ofAgw, ...ofEach });

export type PcscfConfig = z.infer<z.ZodObject<typeof ofPcscf & typeof ofEach>>;
export type AgwConfig = z.infer<z.ZodObject<typeof ofAgw & typeof ofEach>>;
/** What is read where both roles are in one process. */
export type Config = z.infer<typeof configSchema>;

/** Name, sentence and role of each setting, in the order of the table. */
export const settings = Object.entries(tables).flatMap(([role, table]) =>
  Object.entries(table).map(([name, type]) => ({ name, role, description: type.description ?? '' })),
);

/** Whether all to and from the core goes by the relay. */
export function relaysAlways({ EGRESS_RELAY, CORE_NEXT_HOP }: PcscfConfig): boolean {
  return EGRESS_RELAY === undefined ? isForRelay(CORE_NEXT_HOP) : EGRESS_RELAY === 'always';
}
