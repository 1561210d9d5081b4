import type { Logger } from '../lib/ops/logger';
import { OccasionalLog } from '../lib/ops/occasional-log';

/**
 * Has the log tell what nothing else does: faults that nothing caught, and what packages print. Either may be caused by
 * what strangers send. A fault in what serves one call must not end all others.
 */
export function logFaults(logger: Logger): void {
  const log = new OccasionalLog(logger);
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'a fault that nothing caught'));
  // Packages print whole SIP messages when they cannot read one, credentials included: the first line is enough.
  const print = (...parts: unknown[]) => {
    const said = parts.map((part) => (part instanceof Error ? part.message : String(part)).split(/[\r\n]/, 1)[0]);
    log.warn({ said: said.join(' ').slice(0, 300) }, 'a package complains');
  };
  Object.assign(console, { log: print, info: print, warn: print, error: print });
}
