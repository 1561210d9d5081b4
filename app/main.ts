#!/usr/bin/env node
import { EdgeError } from '../lib/errors';
import { createLogger } from '../lib/ops/logger';
import { relaysAlways, type Config } from './config';
import { examined, table, usage as doctorUsage } from './doctor/doctor';
import { drained } from './draining';
import { readEnvironment } from './environment';
import { Edge } from './roles/edge';
import { logFaults } from './faults';
import { mediaPorts } from './public-ports';
import { readConfig } from './read-config';
import { changesBetween, takenOver } from './reload';
import { onStopSignal, signalStatus, type StopSignal } from './stop-signals';
import { tcpPriority } from './turn';
import { turnCredentialFor, usage } from './turn-credential';
import { saidOf, unknownSettings } from './unknown-settings';

let stopping = false;

/**
 * Runs the edge until it is told to stop, or cannot go on. SIGTERM drains it first; SIGINT, and whatever comes in a drain,
 * releases the calls at once; one more signal ends the process as it is. SIGHUP has it read its settings and files anew;
 * where it runs in a terminal, that has gone, and it is one to stop.
 */
async function main(): Promise<void> {
  const { file, all: environment } = readEnvironment();
  const unknown = unknownSettings(Object.keys(environment), Object.keys(file));
  let config = configOr(() => unknown.forEach((each) => tell(saidOf(each))), environment);
  const logger = createLogger(config.LOG_LEVEL);
  for (const each of unknown) logger.warn({ setting: each.name, meant: each.meant }, saidOf(each));

  logFaults(logger);
  const edge = new Edge(config, logger, (error) => {
    logger.fatal({ code: error.code, help: error.help }, error.message);
    stop(1);
  });
  const stop = (code: number) => {
    if (stopping) return;
    stopping = true;
    void edge.close().finally(() => process.exit(code));
  };
  const release = (signal: StopSignal) => {
    if (!stopping) logger.info({ signal, calls: edge.calls }, 'stopping: calls are released');
    stop(0);
  };
  const hasTerminal = process.stderr.isTTY;
  const rearm = onStopSignal(
    (signal) => {
      if (signal !== 'SIGTERM') release(signal);
      else
        void drained(edge, config.DRAIN_SECONDS, logger).then((isOver) => {
          if (isOver) release(signal);
          else rearm();
        });
    },
    (signal) => {
      if (stopping) process.exit(signalStatus[signal]);
      release(signal);
    },
    hasTerminal ? ['SIGINT', 'SIGTERM', 'SIGHUP'] : ['SIGINT', 'SIGTERM'],
  );
  const reload = async () => {
    const now = readConfig(readEnvironment().all);
    const { taken, waiting } = changesBetween(config, now);
    config = takenOver(config, now);
    logger.level = config.LOG_LEVEL;
    await edge.reload(config);
    logger.info({ taken, needRestart: waiting }, 'settings, certificate and call records are read anew');
  };
  if (!hasTerminal)
    process.on('SIGHUP', () => {
      reload().catch((error: unknown) =>
        logger.error({ err: error }, 'settings are not read anew: they stay as they are'),
      );
    });

  await edge.start();
  logger.info(
    {
      access: config.ACCESS_CONTACTS,
      listen: config.ACCESS_LISTEN,
      core: config.CORE_CONTACTS,
      gateway: config.GATEWAY_ADDRESS,
      ports: mediaPorts(config).map(({ port }) => port),
      fallback: config.TCP_FALLBACK,
      priority: tcpPriority(config),
      egress: relaysAlways(config) ? 'always' : 'service-route',
    },
    'edge80 is ready',
  );
}

/** A setting that seems to be missing may be there under another name: `refused` is called before the error goes on. */
function configOr(refused: () => void, environment: NodeJS.ProcessEnv): Config {
  try {
    return readConfig(environment);
  } catch (error) {
    refused();
    throw error;
  }
}

function tell(text: string): void {
  process.stderr.write(`edge80: ${text}\n`);
}

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
  else if (command === undefined) await main();
  else
    throw new EdgeError('options-wrong', `${command} is no command of edge80; there are doctor and turn-credential.`);
}

run(process.argv.slice(2)).catch((error: unknown) => {
  // A start that was broken off fails in what was under way.
  if (stopping) return;
  // One line for what a person can mend; a stack only for what is our fault.
  tell(
    error instanceof EdgeError ? [error.message, error.help ?? ''].join(' ').trim() : String((error as Error).stack),
  );
  process.exit(1);
});
