import { pino, type DestinationStream, type Logger } from 'pino';

export type { Logger };

/** What must never be written, wherever it stands in a logged object. */
const secrets = ['pwd', 'password', 'secret', 'authorization', 'proxyAuthorization', 'ck', 'ik'];

/**
 * The process's logger: one JSON object a line, on standard error, so that standard output stays
 * free for what a person or a script asked for.
 */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  return pino(
    { level, base: null, redact: { paths: secrets.flatMap((name) => [name, `*.${name}`]), censor: '[secret]' } },
    destination ?? pino.destination({ fd: 2, sync: true }),
  );
}
