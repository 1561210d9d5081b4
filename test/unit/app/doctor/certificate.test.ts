import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Config } from '../../../../app/config';
import { certificateFinding } from '../../../../app/doctor/certificate';

const folder = mkdtempSync(path.join(tmpdir(), 'e80-doctor-'));
const [TLS_CERT_FILE, TLS_KEY_FILE] = ['cert.pem', 'key.pem'].map((name) => path.join(folder, name)) as [
  string,
  string,
];
const config = { TLS_CERT_FILE, TLS_KEY_FILE } as Config;
const day = 86_400_000;

beforeAll(() => {
  const subject = ['-subj', '/CN=edge', '-addext', 'subjectAltName=DNS:edge.example.net', '-days', '30', '-nodes'];
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      ...subject,
      '-keyout',
      TLS_KEY_FILE,
      '-out',
      TLS_CERT_FILE,
    ],
    {
      stdio: 'ignore',
    },
  );
});

afterAll(() => rmSync(folder, { recursive: true }));

test.each([
  ['that is good', 0, 'good'],
  ['that expires soon', 20 * day, 'doubtful'],
  ['that has expired', 31 * day, 'bad'],
  ['of tomorrow', -2 * day, 'bad'],
])('I3: a certificate %s', (_, later, state) => {
  const finding = certificateFinding(config, Date.now() + later);
  expect(finding).toMatchObject({ state });
  expect(finding.found).toContain('DNS:edge.example.net');
});

test('I3: none, and one that cannot be read', () => {
  expect(certificateFinding({} as Config)).toMatchObject({ state: 'doubtful' });
  const broken = path.join(folder, 'broken.pem');
  writeFileSync(broken, 'no certificate');
  expect(certificateFinding({ ...config, TLS_CERT_FILE: broken })).toMatchObject({ state: 'bad' });
});
