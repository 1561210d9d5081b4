#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { EdgeError } from '../lib/errors';
import { createLogger, type Logger } from '../lib/ops/logger';
import { readConfig } from './config';
import { drained } from './draining';
import { Edge } from './edge';
import { onStopSignal, signalStatus, type StopSignal } from './stop-signals';

let stopping = false;

/**
 * Runs the edge until it is told to stop, or cannot go on. SIGTERM drains it first; SIGINT and SIGHUP, which come from a
 * terminal, and whatever comes in a drain, release the calls at once; one more signal ends the process as it is.
 */
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
    if (stopping) return;
    stopping = true;
    void edge.close().finally(() => process.exit(code));
  };
  const release = (signal: StopSignal) => {
    if (!stopping) logger.info({ signal, calls: edge.calls }, 'stopping: calls are released');
    stop(0);
  };
  onStopSignal(
    (signal) => {
      if (signal === 'SIGTERM') void drained(edge, config.DRAIN_SECONDS, logger).then(() => release(signal));
      else release(signal);
    },
    (signal) => {
      if (stopping) process.exit(signalStatus[signal]);
      release(signal);
    },
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
