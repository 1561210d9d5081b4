import Table from 'cli-table3';
import { EdgeError } from '../../lib/errors';
import type { Config } from '../config';
import { mediaPorts } from '../public-ports';
import { readEnvironment } from '../environment';
import { readConfig } from '../read-config';
import { listenPlaces } from '../setting-rules';
import { wrong } from '../ue/option-values';
import { saidOf, unknownSettings } from '../unknown-settings';
import { certificateFinding } from './certificate';
import { clockHere } from './clock';
import { clientFindings, clientOptions } from './client/client';
import { bad, doubtful, good, type Finding } from './finding';
import { kernel, mayListen, openFiles, queues, reservedPorts } from './machine';
import { drachtioFinding, rtpengineFindings } from './parts';
import { portFindings } from './ports';

export const usage = `edge80 doctor [--json]
edge80 doctor --from-client HOST [options] [--json]

Looks at the settings (of the environment or .env), the machine, drachtio-server and rtpengine, and says what would keep
calls from working. An edge may be running meanwhile.

With --from-client it runs where clients sit, behind the firewall in question, reads no settings, and tries each way to
the edge at HOST: SIP on TCP 80, 443 and 5060, over WebSocket, over TLS, by a proxy, and UDP; and says what calls have.

  --http-proxy URL     also by this proxy, as http://HOST:PORT
  --ca FILE            authority of the edge's certificate (PEM), beside those that the system knows
  --server-name NAME   whom the certificate has to name; HOST unless given
  --insecure           takes any certificate
  --udp-ports RANGE    RTPENGINE_PORTS of the edge (30000-40000)
  --json               one object for each look, a line each

Exit status: 0 nothing is bad; 1 something is; 2 wrong options.`;

/** Looks from where the command line says. Throws `options-wrong`, or `file-unreadable`. */
export async function examined(args: readonly string[]): Promise<Finding[]> {
  if (args.some((arg) => /^--from-client(=|$)/.test(arg))) return await clientFindings(clientOptions(args));
  const unknown = args.filter((arg) => arg !== '--json');
  if (unknown.length > 0) throw wrong(`${unknown.join(' ')} is no option of doctor`);
  const { file, all } = readEnvironment();
  return await findings(all, Object.keys(file));
}

/** Looks at all of it. */
async function findings(environment: NodeJS.ProcessEnv, fromFile: readonly string[]): Promise<Finding[]> {
  const unknown = unknownSettings(Object.keys(environment), fromFile);
  const strange = unknown.map((each) => doubtful('settings', saidOf(each), ''));
  try {
    return [...strange, good('settings', 'they can be used'), ...(await ofConfig(readConfig(environment)))];
  } catch (error) {
    if (!(error instanceof EdgeError)) throw error;
    return [...strange, bad('settings', error.message, error.help ?? '')];
  }
}

async function ofConfig(config: Config): Promise<Finding[]> {
  // The clients of rtpengine keep no process alive.
  const alive = setInterval(() => undefined, 1000);
  try {
    return await looks(config);
  } finally {
    clearInterval(alive);
  }
}

async function looks(config: Config): Promise<Finding[]> {
  const isRunning = await answers(config);
  return [
    mayListen(
      mediaPorts(config).map(({ port }) => port),
      kernel,
    ),
    ...(await portFindings(listenPlaces(config), { isRunning })),
    reservedPorts(config, kernel),
    openFiles(config),
    queues(kernel),
    await clockHere(),
    certificateFinding(config),
    await drachtioFinding(config),
    ...(await rtpengineFindings(config)),
  ];
}

/** Whether an edge with these settings runs. With TLS, whether its port is taken: who asks may need a certificate. */
async function answers({ ADMIN_LISTEN: at, ADMIN_CERT_FILE }: Config): Promise<boolean> {
  if (at === 'off') return false;
  const host = at.address.includes(':') ? `[${at.address}]` : at.address;
  return fetch(`http://${host}:${at.port}/live`, { signal: AbortSignal.timeout(1000) }).then(
    ({ ok }) => ok,
    (error: unknown) => {
      const { code } = { ...((error as Error).cause as { code?: string } | undefined) };
      return ADMIN_CERT_FILE !== undefined && code !== 'ECONNREFUSED';
    },
  );
}

const signs = { good: '✓', doubtful: '?', bad: '✗' } as const;

export function table(found: readonly Finding[]): string {
  const rows = new Table({
    head: ['', 'what', 'found', 'what to do'],
    wordWrap: true,
    colWidths: [3, 30, 44, 52],
    style: { head: [], border: [] },
  });
  for (const { what, state, found: is, help } of found) rows.push([signs[state], what, is, help]);
  return rows.toString();
}
