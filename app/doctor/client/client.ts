import { lookup } from 'node:dns/promises';
import { parseArgs } from 'node:util';
import { EdgeError } from '../../../lib/errors';
import { askOptions } from '../../../lib/ue/asking';
import type { SipTransport } from '../../../lib/ue/edge-connection';
import { wrong } from '../../ue/option-values';
import { sipTransport, transportOptions } from '../../ue/transport-options';
import { bad, good, type Finding } from '../finding';
import { sampled, udpAnswers, udpFinding, type PortRange } from './udp';
import { callsFinding, wayFinding, waysOf, type Asked, type Way } from './way';

/** How long the edge may take to answer, ms. */
const patience = 4000;

export interface ClientOptions {
  host: string;
  transport: SipTransport;
  udpPorts: PortRange;
}

/** Of the command line. Throws `options-wrong`, or `file-unreadable`. */
export function clientOptions(args: readonly string[]): ClientOptions {
  const given = parse(args);
  const { 'from-client': host = '', 'udp-ports': range } = given;
  if (host === '') throw wrong('--from-client wants the host of the edge');
  const [, first = NaN, last = NaN] = (/^(\d{1,5})-(\d{1,5})$/.exec(range) ?? []).map(Number);
  if (!(first >= 1 && last <= 65_535 && first <= last))
    throw wrong(`--udp-ports wants first-last, as RTPENGINE_PORTS, not "${range}"`);
  const { tls, webSocket, proxy } = transportOptions({ ...given, tls: true, ws: false });
  return {
    host: host.replace(/^\[(.*)\]$/, '$1'),
    transport: sipTransport({ tls, webSocket, proxy }),
    udpPorts: { first, last },
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        'from-client': { type: 'string' },
        'http-proxy': { type: 'string' },
        ca: { type: 'string' },
        'server-name': { type: 'string' },
        insecure: { type: 'boolean', default: false },
        'udp-ports': { type: 'string', default: '30000-40000' },
        json: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw wrong((error as Error).message.replace(/\.? To specify.*$/s, '').replace(/\.$/, ''));
  }
}

/** Tries all ways from here to the edge. */
export async function clientFindings({ host, transport, udpPorts }: ClientOptions): Promise<Finding[]> {
  const named = await addressOf(host);
  if ('state' in named) return [named];
  const direct = waysOf({ ...transport, proxy: undefined });
  const ways = transport.proxy === undefined ? direct : [...direct, ...waysOf(transport)];
  const ports = sampled(udpPorts);
  const [came, ...results] = await Promise.all([
    udpAnswers(named.address, ports, patience),
    ...ways.map(async (way) => ({ way, asked: await ask(host, way) })),
  ]);
  return [
    good('address', named.address),
    ...results.map(({ way, asked }) => wayFinding(way, asked)),
    udpFinding(udpPorts, ports.length, came),
    callsFinding(new Map(results.map(({ way, asked }) => [way, asked])), came > 0),
  ];
}

async function addressOf(host: string): Promise<{ address: string } | Finding> {
  try {
    return await lookup(host);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return bad('address', `${host}: ${code ?? message}`, 'DNS does not know the name here: no client finds the edge.');
  }
}

async function ask(host: string, { port, transport }: Way): Promise<Asked> {
  try {
    return { status: await askOptions({ edge: { host, port }, transport, patience }) };
  } catch (error) {
    if (!(error instanceof EdgeError)) throw error;
    return { code: error.code, message: error.message };
  }
}
