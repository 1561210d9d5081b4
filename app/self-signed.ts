import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Certificate } from '../lib/access/tls';
import { wallClock } from '../lib/ops/clock';
import type { Logger } from '../lib/ops/logger';

/** Longer than that, some clients take none that they were told to trust. */
const days = 825;

/**
 * A certificate for trying out, for these addresses: that of the file, which is made where there is none, or one that is
 * over or for other addresses. Undefined, and a line in the log, where it cannot be made: there is no TLS then.
 */
export function selfSigned(file: string, addresses: readonly string[], logger: Logger): Certificate | undefined {
  try {
    const pem = kept(file, addresses) ?? made(file, addresses);
    const unknown = 'the certificate is self-signed: every UE and browser has to be told to trust it';
    logger.warn({ file, addresses }, `TLS_CERT_FILE is not set, and port 443 has TLS all the same: ${unknown}`);
    return { cert: pem, key: pem };
  } catch (error) {
    logger.warn({ err: error, file }, 'TLS_CERT_FILE is not set, and a self-signed certificate cannot be made: no TLS');
    return undefined;
  }
}

function kept(file: string, addresses: readonly string[]): string | undefined {
  // A pipe would be waited for, and some devices never end.
  if (statSync(file, { throwIfNoEntry: false })?.isFile() === false) throw new Error(`${file} is no regular file.`);
  try {
    const pem = readFileSync(file, 'latin1');
    const certificate = new X509Certificate(pem);
    const isFit = addresses.every((address) => certificate.checkIP(address) !== undefined);
    return isFit && Date.parse(certificate.validTo) > wallClock() ? pem : undefined;
  } catch {
    return undefined;
  }
}

function made(file: string, addresses: readonly string[]): string {
  // mbedTLS, as in linphone, looks for addresses among the names.
  const names = addresses.flatMap((address) => [`IP:${address}`, `DNS:${address}`]).join();
  const pem = execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...['-days', String(days), '-subj', `/CN=${addresses[0] ?? ''}`, '-addext', `subjectAltName=${names}`],
      ...['-keyout', '-'],
    ],
    { encoding: 'latin1', stdio: ['ignore', 'pipe', 'pipe'], timeout: 10_000 },
  );
  makeFolder(dirname(file));
  writeFileSync(file, pem, { mode: 0o600 });
  return pem;
}

/** One by one: `recursive` never ends where there can be no new folder and ENOENT says so, as in /proc. */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  mkdirSync(path, { mode: 0o700 });
}
