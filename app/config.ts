import { z } from 'zod';
import { ofAgw } from './settings-of-agw';
import { ofNg } from './settings-of-ng';
import { ofPcscf } from './settings-of-pcscf';
import {
  adminPlace,
  adminToken,
  count,
  countFrom,
  hostPlace,
  isForRelay,
  networkPrefix,
  oneOf,
  printable,
  publicPorts,
  someOf,
} from './setting-values';

/*
 * The one table of settings: those of each role stand in a file of their own. Each comes from the environment under the
 * name that it has there, is checked at start, and is listed in .env.example with its default and the same sentence.
 */

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
    .describe(
      'Address and port of the admin page, /live, /ready, /status and /metrics, for who runs the edge; off: there are none',
    ),
  ADMIN_TOKEN: adminToken
    .optional()
    .describe(
      'What requests of ADMIN_LISTEN have to bring as Authorization: Bearer …, but /live and /ready; the page asks for it; unset: nothing, on loopback',
    ),
  ADMIN_CERT_FILE: z
    .string()
    .min(1)
    .optional()
    .describe('Certificate chain (PEM) that ADMIN_LISTEN serves TLS with; unset: it speaks plain HTTP'),
  ADMIN_KEY_FILE: z.string().min(1).optional().describe('Private key (PEM) of the certificate in ADMIN_CERT_FILE'),
  ADMIN_CLIENT_CA_FILE: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Authority (PEM) of the certificates that clients of ADMIN_LISTEN have to bring, its probes too; unset: they need none',
    ),
  LADDERS: oneOf('on', 'off')
    .default('on')
    .describe(
      'Whether the steps of each call are kept for the admin page, in 48 MiB for all; off: it shows verdicts alone',
    ),
  CALL_RECORDS: z
    .string()
    .min(1)
    .optional()
    .describe('File that gets a line of JSON for each call at its end; -: standard output; unset: none'),
  HEP_SERVER: hostPlace
    .optional()
    .describe(
      'Address and UDP port of a capture server (Homer), which is sent SIP as UEs and core see it, and the steps of calls, by HEP3; unset: none',
    ),
  HEP_ID: countFrom(0, 4_294_967_295).default(80).describe('How this edge names itself to HEP_SERVER'),
  HEP_PASSWORD: printable('must be printable ASCII')
    .optional()
    .describe('What HEP_SERVER wants from those that it listens to; unset: nothing'),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], 'must be a pino level such as info or debug')
    .default('info')
    .describe('Least level that is logged'),
};

const tables: Record<'pcscf' | 'agw' | 'ng' | 'each', Record<string, z.ZodType>> = {
  pcscf: ofPcscf,
  agw: ofAgw,
  ng: ofNg,
  each: ofEach,
};

export const configSchema = z.object({ ...ofPcscf, ...ofAgw, ...ofEach });
export const nodeSchema = z.object({ ...ofAgw, ...ofNg, ...ofEach });

export type PcscfConfig = z.infer<z.ZodObject<typeof ofPcscf & typeof ofEach>>;
export type AgwConfig = z.infer<z.ZodObject<typeof ofAgw & typeof ofEach>>;
/** What a media node by itself reads. */
export type NodeConfig = z.infer<typeof nodeSchema>;
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
