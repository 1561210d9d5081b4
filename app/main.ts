#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { EdgeError } from '../lib/errors';
import { createLogger, type Logger } from '../lib/ops/logger';
import { readConfig } from './config';
import { Edge } from './edge';
import { onStopSignal, signalStatus } from './stop-signals';

let stopping = false;

/** Runs the edge until SIGTERM or SIGINT, or until it cannot go on. */
async function main(): Promise<void> {
  if (existsSync('.env')) process.loadEnvFile('.env');
  const config = readConfig(process.env);
  const logger = createLogger(config.LOG_LEVEL);

  logConsole(logger);
  const edge = new Edge(config, logger, (error) => {
    logger.fatal({ code: error.code }, error.message);
    stop(1);
  });
  const stop = (code: number) => {
    stopping = true;
    void edge.close().finally(() => process.exit(code));
  };
  onStopSignal(
    (signal) => {
      logger.info({ signal }, 'stopping: calls are released');
      stop(0);
    },
    (signal) => process.exit(signalStatus[signal]),
  );

  // A fault in what serves one call must not end all others.
  process.on('unhandledRejection', (error) => logger.error({ err: error }, 'a fault that nothing caught'));
  await edge.start();
  logger.info(
    {
      access: config.ACCESS_CONTACTS,
      listen: config.ACCESS_LISTEN,
      core: config.CORE_CONTACTS,
      gateway: config.GATEWAY_ADDRESS,
      ports: config.GATEWAY_PORTS.map(({ port }) => port),
      fallback: config.TCP_FALLBACK,
      priority: config.TCP_PRIORITY,
      egress: config.EGRESS_RELAY,
    },
    'edge80 is ready',
  );
}

/**
 * Packages print whole SIP messages when they cannot read one, credentials included: of what they print, the first
 * line goes to the log.
 */
function logConsole(logger: Logger): void {
  const log = (...parts: unknown[]) => {
    const said = parts.map((part) => (part instanceof Error ? part.message : String(part)).split(/[\r\n]/, 1)[0]);
    logger.warn({ said: said.join(' ').slice(0, 300) }, 'a package complains');
  };
  Object.assign(console, { log, info: log, warn: log, error: log });
}

main().catch((error: unknown) => {
  // A start that was broken off fails in what was under way.
  if (stopping) return;
  // One line for what a person can mend; a stack only for what is our fault.
  process.stderr.write(`edge80: ${error instanceof EdgeError ? error.message : String((error as Error).stack)}\n`);
  process.exit(1);
});
