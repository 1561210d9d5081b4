import { pino, stdSerializers, stdTimeFunctions, type DestinationStream, type Logger } from 'pino';
import { EdgeError } from '../errors';

export type { Logger };

/** What must never be written, wherever it stands in a logged object. */
const secrets = ['pwd', 'password', 'secret', 'authorization', 'proxyAuthorization', 'ck', 'ik'];

/**
 * The process's logger: one JSON object a line, on standard error, so that standard output stays
 * free for what a person or a script asked for.
 */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: serializeError },
      redact: { paths: secrets.flatMap((name) => [name, `*.${name}`]), censor: '[secret]' },
    },
    destination ?? pino.destination({ fd: 2, sync: true }),
  );
}

/** Our own errors say what happened in their message; a stack is of use only for those that nobody foresaw. */
function serializeError(error: Error): object {
  if (!(error instanceof EdgeError)) return stdSerializers.err(error);
  const { code, message, cause } = error;
  return { code, message, ...(cause instanceof Error ? { cause: cause.message } : {}) };
}
