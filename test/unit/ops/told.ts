import { createLogger, type Logger } from '../../../lib/ops/logger';

/** A line of the log. */
export interface Told {
  level: string;
  msg: string;
  [field: string]: unknown;
}

/** A logger at level info, and the lines that it wrote. */
export function telling(): { logger: Logger; lines: Told[] } {
  const lines: Told[] = [];
  const logger = createLogger('info', { write: (line: string) => void lines.push(JSON.parse(line) as Told) });
  return { logger, lines };
}

/** How often each message was written. */
export function countsOf(lines: readonly Told[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { msg } of lines) counts[msg] = (counts[msg] ?? 0) + 1;
  return counts;
}
