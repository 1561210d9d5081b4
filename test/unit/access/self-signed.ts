import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Certificate } from '../../../lib/access/tls';

/** A certificate for a name that has to be nobody's; `kind` in the words of openssl. */
export function selfSigned(name: string, kind = 'ec'): Certificate {
  const folder = mkdtempSync(join(tmpdir(), 'edge80-tls-'));
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const curve = kind === 'ec' ? ['-pkeyopt', 'ec_paramgen_curve:prime256v1'] : [];
  const options = ['-x509', '-newkey', kind, ...curve, '-nodes', '-days', '1', '-subj', `/CN=${name}`];
  execFileSync('openssl', ['req', ...options, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  const made = { cert: readFileSync(cert), key: readFileSync(key) };
  rmSync(folder, { recursive: true });
  return made;
}
