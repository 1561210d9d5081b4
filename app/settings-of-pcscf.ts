import { z } from 'zod';
import {
  areDistinct,
  commaList,
  contacts,
  count,
  flowTokenKeys,
  headerNames,
  hostName,
  isForRelay,
  isWebServer,
  list,
  listeningPoint,
  nodePlace,
  oneOf,
  port,
  printable,
  relayedHop,
  shownAddresses,
  sipUri,
  someOf,
  webOrigin,
  webServerHint,
} from './setting-values';

const integrity = ['yes', 'no', 'ip-assoc-pending', 'ip-assoc-yes', 'tls-pending', 'tls-yes', 'auth-done'] as const;

/** Settings of the role `pcscf`: signalling. */
export const ofPcscf = {
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
  RTPENGINE_NODES: someOf(nodePlace, 'must name at least one ws://host:port')
    .refine((nodes) => areDistinct(nodes.map(({ at }) => at)), 'must name each once')
    .optional()
    .describe(
      'Media nodes of edge80 pcscf, which are edge80 agw: NG_HTTP_LISTEN of each, and its share of calls to those of others if need be, ws://192.0.2.10:2225;weight=2, separated by commas',
    ),
  NODE_LOST: oneOf('move', 'release')
    .default('move')
    .describe(
      'What becomes of the calls of a media node that is gone for 5 s or was started anew: move (both ends are offered another node by re-INVITE), release (they end)',
    ),
};
