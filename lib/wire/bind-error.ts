import { EdgeError, type ErrorCode } from '../errors';

/** What binding failed for, in one sentence. */
export function bindError(where: string, error: unknown, errorCode: ErrorCode = 'sip-listen-failed'): EdgeError {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const reasons: Record<string, string> = {
    EADDRINUSE: 'the address is already in use',
    EADDRNOTAVAIL: 'this machine has no such address',
    EACCES: 'it is not permitted (ports below 1024 need a privilege)',
    EPERM: 'it is not permitted',
    EAFNOSUPPORT: 'the address family is not available',
  };
  const message = `Cannot listen on ${where}: ${reasons[code] ?? (code || 'unknown error')}.`;
  return new EdgeError(errorCode, message, { cause: error });
}
