import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { secureContext, type Certificate } from '../lib/access/tls';
import { EdgeError } from '../lib/errors';
import type { Logger } from '../lib/ops/logger';
import type { PcscfConfig } from './config';
import type { SharedPorts } from './public-ports';
import { selfSigned } from './self-signed';

/** What TLS is served with; undefined: none is. @throws EdgeError `config-invalid`, naming the setting */
export function certificateFor(
  config: PcscfConfig,
  { isNeeded, shared }: { isNeeded: boolean; shared: SharedPorts | undefined },
  logger: Logger,
): Certificate | undefined {
  if (isNeeded || config.TLS_CERT_FILE !== undefined) return readCertificate(config);
  return shared?.hasHttps ? selfSigned(config.TLS_SELF_SIGNED_FILE, shared.addresses, logger) : undefined;
}

/** The certificate chain and the private key of the settings. @throws EdgeError `config-invalid`, naming the setting */
export function readCertificate({ TLS_CERT_FILE, TLS_KEY_FILE }: PcscfConfig): Certificate {
  const cert = read('TLS_CERT_FILE', TLS_CERT_FILE);
  const key = read('TLS_KEY_FILE', TLS_KEY_FILE);
  const leaf = orWrong('TLS_CERT_FILE', TLS_CERT_FILE, 'holds no certificate in PEM', () => new X509Certificate(cert));
  if (!leaf.checkPrivateKey(privateKey(key, TLS_KEY_FILE)))
    throw wrong('TLS_KEY_FILE', TLS_KEY_FILE, 'holds the key of another certificate than the first in TLS_CERT_FILE');
  orWrong('TLS_CERT_FILE', TLS_CERT_FILE, 'cannot be used with its key', () => secureContext({ cert, key }));
  return { cert, key };
}

function privateKey(key: Buffer, file: string | undefined): KeyObject {
  // In PKCS #8 it is in the label, before that in a header (RFC 7468 §11, RFC 1421 §4.6.1.1).
  if (key.includes('ENCRYPTED')) throw wrong('TLS_KEY_FILE', file, 'has a passphrase; store the key without one');
  return orWrong('TLS_KEY_FILE', file, 'holds no private key in PEM', () => createPrivateKey(key));
}

function read(setting: string, file = ''): Buffer {
  // A pipe would be waited for, and some devices never end.
  if (statSync(file, { throwIfNoEntry: false })?.isFile() === false) throw wrong(setting, file, 'is no regular file');
  try {
    return readFileSync(file);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new EdgeError('config-invalid', `${setting} cannot be read: ${file} (${code}).`, { cause });
  }
}

function orWrong<T>(setting: string, file: string | undefined, what: string, act: () => T): T {
  try {
    return act();
  } catch (cause) {
    throw wrong(setting, file, what, cause);
  }
}

/** OpenSSL's own words follow where it has some: `ca md too weak`, `ee key too small`. */
function wrong(setting: string, file = '', what: string, cause?: unknown): EdgeError {
  const { reason } = { ...(cause as { reason?: string } | undefined) };
  return new EdgeError('config-invalid', `${setting}: ${file} ${what}${reason ? ` (${reason})` : ''}.`, { cause });
}
