import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { secureContext, type Certificate } from '../lib/access/tls';
import { EdgeError } from '../lib/errors';
import type { Logger } from '../lib/ops/logger';
import type { AdminTls } from '../lib/admin/admin-server';
import type { AgwConfig, PcscfConfig } from './config';
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
  return certificateIn(['TLS_CERT_FILE', TLS_CERT_FILE], ['TLS_KEY_FILE', TLS_KEY_FILE]);
}

/** What the admin server serves TLS with; undefined: it speaks plain HTTP. @throws as {@link readCertificate} */
export function adminTls(config: Pick<AgwConfig, AdminTlsSettings>): AdminTls | undefined {
  const { ADMIN_CERT_FILE, ADMIN_KEY_FILE, ADMIN_CLIENT_CA_FILE: ca } = config;
  if (ADMIN_CERT_FILE === undefined) return undefined;
  const certificate = certificateIn(['ADMIN_CERT_FILE', ADMIN_CERT_FILE], ['ADMIN_KEY_FILE', ADMIN_KEY_FILE]);
  if (ca === undefined) return certificate;
  const clientCa = read('ADMIN_CLIENT_CA_FILE', ca);
  orWrong('ADMIN_CLIENT_CA_FILE', ca, 'holds no certificate in PEM', () => new X509Certificate(clientCa));
  return { ...certificate, clientCa };
}

type AdminTlsSettings = 'ADMIN_CERT_FILE' | 'ADMIN_KEY_FILE' | 'ADMIN_CLIENT_CA_FILE';

/** A setting, and the file that it names. */
type Named = [setting: string, file: string | undefined];

function certificateIn([certSetting, certFile]: Named, [keySetting, keyFile]: Named): Certificate {
  const cert = read(certSetting, certFile);
  const key = read(keySetting, keyFile);
  const leaf = orWrong(certSetting, certFile, 'holds no certificate in PEM', () => new X509Certificate(cert));
  if (!leaf.checkPrivateKey(privateKey(key, keySetting, keyFile)))
    throw wrong(keySetting, keyFile, `holds the key of another certificate than the first in ${certSetting}`);
  orWrong(certSetting, certFile, 'cannot be used with its key', () => secureContext({ cert, key }));
  return { cert, key };
}

function privateKey(key: Buffer, setting: string, file: string | undefined): KeyObject {
  // In PKCS #8 it is in the label, before that in a header (RFC 7468 §11, RFC 1421 §4.6.1.1).
  if (key.includes('ENCRYPTED')) throw wrong(setting, file, 'has a passphrase; store the key without one');
  return orWrong(setting, file, 'holds no private key in PEM', () => createPrivateKey(key));
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
