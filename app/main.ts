#!/usr/bin/env node
import { EdgeError } from '../lib/errors';
import { relaysAlways, type Config, type NodeConfig } from './config';
import { examined, table, usage as doctorUsage } from './doctor/doctor';
import { readEnvironment } from './environment';
import { mediaPorts } from './public-ports';
import { readConfig, readNodeConfig, readPcscfConfig } from './read-config';
import { Agw } from './roles/agw';
import { Edge } from './roles/edge';
import { isStopping, runRole, tell, type Role } from './run';
import { tcpPriority } from './turn';
import { turnCredentialFor, usage } from './turn-credential';

const edge: Role<Config> = {
  read: readConfig,
  open: (config, logger, onFailure) => new Edge(config, logger, onFailure),
  shown: (config) => ({
    access: config.ACCESS_CONTACTS,
    listen: config.ACCESS_LISTEN,
    core: config.CORE_CONTACTS,
    gateway: config.GATEWAY_ADDRESS,
    ports: mediaPorts(config).map(({ port }) => port),
    fallback: config.TCP_FALLBACK,
    priority: tcpPriority(config),
    egress: relaysAlways(config) ? 'always' : 'service-route',
  }),
};

const pcscf: Role<Config> = {
  ...edge,
  read: readPcscfConfig,
  shown: (config) => ({
    access: config.ACCESS_CONTACTS,
    listen: config.ACCESS_LISTEN,
    core: config.CORE_CONTACTS,
    nodes: config.RTPENGINE_NODES?.map(({ at }) => at),
  }),
};

const agw: Role<NodeConfig> = {
  read: readNodeConfig,
  open: (config, logger, onFailure) => new Agw(config, logger, onFailure),
  shown: (config) => ({
    ng: config.NG_LISTEN,
    http: config.NG_HTTP_LISTEN,
    gateway: config.GATEWAY_ADDRESS,
    ports: mediaPorts(config).map(({ port }) => port),
    fallback: config.TCP_FALLBACK,
  }),
};

/** `edge80 turn-credential …`: prints one, and ends. */
function printTurnCredential(args: readonly string[]): void {
  const isHelp = args.includes('--help');
  const text = isHelp ? usage : turnCredentialFor(args, readEnvironment().all['TURN_SECRET']);
  process.stdout.write(`${text}\n`);
}

/** `edge80 doctor`: says what would keep calls from working, and ends. */
async function doctor(args: readonly string[]): Promise<void> {
  if (args.includes('--help')) {
    process.stdout.write(`${doctorUsage}\n`);
    return;
  }
  try {
    const found = await examined(args);
    const lines = args.includes('--json') ? found.map((each) => JSON.stringify(each)).join('\n') : table(found);
    process.stdout.write(`${lines}\n`);
    process.exitCode = found.some(({ state }) => state === 'bad') ? 1 : 0;
  } catch (error) {
    if (!(error instanceof EdgeError)) throw error;
    tell(`${error.message} See edge80 doctor --help.`);
    process.exitCode = 2;
  }
}

async function run([command, ...args]: readonly string[]): Promise<void> {
  if (command === 'turn-credential') printTurnCredential(args);
  else if (command === 'doctor') await doctor(args);
  else if (command === 'agw') await runRole(agw);
  else if (command === 'pcscf') await runRole(pcscf);
  else if (command === undefined) await runRole(edge);
  else
    throw new EdgeError(
      'options-wrong',
      `${command} is no command of edge80; there are agw, pcscf, doctor and turn-credential.`,
    );
}

run(process.argv.slice(2)).catch((error: unknown) => {
  // A start that was broken off fails in what was under way.
  if (isStopping()) return;
  // One line for what a person can mend; a stack only for what is our fault.
  tell(
    error instanceof EdgeError ? [error.message, error.help ?? ''].join(' ').trim() : String((error as Error).stack),
  );
  process.exit(1);
});
