import { readFileSync } from 'node:fs';
import { EdgeError } from '../../lib/errors';
import type { MsrpCertificate } from '../../lib/ue/msrp-tls';

/** Throws `file-unreadable`. */
export function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new EdgeError('file-unreadable', `${file} cannot be read: ${(cause as Error).message}.`, { cause });
  }
}

/** Certificate and key in one file. */
export function certificateIn(file: string | undefined): MsrpCertificate | undefined {
  if (file === undefined) return undefined;
  const pem = contentOf(file);
  return { cert: pem, key: pem };
}
