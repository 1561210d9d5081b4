import type { EdgeError } from '../lib/errors';
import { createLogger, type Logger } from '../lib/ops/logger';
import type { AgwConfig } from './config';
import { drained, type Drainable } from './draining';
import { readEnvironment } from './environment';
import { logFaults } from './faults';
import { changesBetween, takenOver } from './reload';
import { onStopSignal, signalStatus, type StopSignal } from './stop-signals';
import { saidOf, unknownSettings } from './unknown-settings';

/** What a process is: an edge, or a part of it. */
export interface Role<C extends AgwConfig> {
  /** @throws EdgeError `config-invalid` */
  read(environment: NodeJS.ProcessEnv): C;
  open(config: C, logger: Logger, onFailure: (error: EdgeError) => void): RunningRole<C>;
  /** What the log says of it when it is ready. */
  shown(config: C): object;
}

interface RunningRole<C> extends Drainable {
  start(): Promise<void>;
  /** Takes over what may change while it runs. */
  reload(config: C): Promise<void>;
  close(): Promise<void>;
}

let stopping = false;

/** Whether the process is about to end: what was under way fails then. */
export function isStopping(): boolean {
  return stopping;
}

/**
 * Runs a role until it is told to stop, or cannot go on. SIGTERM drains it first; SIGINT, and whatever comes in a drain,
 * releases the calls at once; one more signal ends the process as it is. SIGHUP has it read its settings and files anew;
 * where it runs in a terminal, that has gone, and it is one to stop.
 */
export async function runRole<C extends AgwConfig>(role: Role<C>): Promise<void> {
  const { file, all: environment } = readEnvironment();
  const unknown = unknownSettings(Object.keys(environment), Object.keys(file));
  let config = configOr(role, () => unknown.forEach((each) => tell(saidOf(each))), environment);
  const logger = createLogger(config.LOG_LEVEL);
  for (const each of unknown) logger.warn({ setting: each.name, meant: each.meant }, saidOf(each));

  logFaults(logger);
  const running = role.open(config, logger, (error) => {
    logger.fatal({ code: error.code, help: error.help }, error.message);
    stop(1);
  });
  const stop = (code: number) => {
    if (stopping) return;
    stopping = true;
    void running.close().finally(() => process.exit(code));
  };
  const release = (signal: StopSignal) => {
    if (!stopping) logger.info({ signal, calls: running.calls }, 'stopping: calls are released');
    stop(0);
  };
  const hasTerminal = process.stderr.isTTY;
  const rearm = onStopSignal(
    (signal) => {
      if (signal !== 'SIGTERM') release(signal);
      else
        void drained(running, config.DRAIN_SECONDS, logger).then((isOver) => {
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
    const now = role.read(readEnvironment().all);
    const { taken, waiting } = changesBetween(config, now);
    config = takenOver(config, now);
    logger.level = config.LOG_LEVEL;
    await running.reload(config);
    logger.info({ taken, needRestart: waiting }, 'settings, certificate and call records are read anew');
  };
  if (!hasTerminal)
    process.on('SIGHUP', () => {
      reload().catch((error: unknown) =>
        logger.error({ err: error }, 'settings are not read anew: they stay as they are'),
      );
    });

  await running.start();
  logger.info(role.shown(config), 'edge80 is ready');
}

/** A setting that seems to be missing may be there under another name: `refused` is called before the error goes on. */
function configOr<C extends AgwConfig>(role: Role<C>, refused: () => void, environment: NodeJS.ProcessEnv): C {
  try {
    return role.read(environment);
  } catch (error) {
    refused();
    throw error;
  }
}

/** One line for who has started it. */
export function tell(text: string): void {
  process.stderr.write(`edge80: ${text}\n`);
}
