import { execFileSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { selfSigned } from '../../../app/self-signed';
import { secureContext } from '../../../lib/access/tls';
import { telling } from '../ops/told';

const folder = mkdtempSync(join(tmpdir(), 'edge80-self-signed-'));
const addresses = ['198.51.100.1', '2001:db8::1'];

afterAll(() => rmSync(folder, { recursive: true }));

test('J4: a certificate for trying out is made once, for the addresses that UEs dial', () => {
  const { lines, logger } = telling();
  const file = join(folder, 'state', 'self-signed.pem');
  const made = selfSigned(file, addresses, logger);
  const certificate = new X509Certificate(made?.cert ?? '');
  for (const address of addresses) expect(certificate.checkIP(address)).toBe(address);
  expect(certificate.subjectAltName).toContain('DNS:198.51.100.1');
  expect(certificate.checkPrivateKey(createPrivateKey(made?.key ?? ''))).toBe(true);
  expect(() => made && secureContext(made)).not.toThrow();
  expect(certificate.subject).toBe('CN=198.51.100.1');
  expect(statSync(file).mode & 0o077).toBe(0);
  expect(selfSigned(file, addresses, logger)).toEqual(made);
  expect(lines).toHaveLength(2);
  expect(lines[0]).toMatchObject({ file, msg: expect.stringMatching(/^TLS_CERT_FILE is not set.*self-signed/) });
});

test.each([
  ['of other addresses', () => selfSigned(join(folder, 'other.pem'), ['192.0.2.9'], telling().logger), 'other.pem'],
  ['that cannot be read', () => writeFileSync(join(folder, 'broken.pem'), 'nothing'), 'broken.pem'],
])('one %s is made anew', (_what, before, name) => {
  before();
  const kept = readFileSync(join(folder, name), 'latin1');
  const made = selfSigned(join(folder, name), addresses, telling().logger);
  expect(made?.cert).not.toBe(kept);
  expect(new X509Certificate(made?.cert ?? '').checkIP('198.51.100.1')).toBe('198.51.100.1');
});

test.each([
  ['is a folder', () => mkdirSync(join(folder, 'a-folder.pem')), join(folder, 'a-folder.pem'), /is no regular file/],
  [
    'is a pipe',
    () => execFileSync('mkfifo', [join(folder, 'pipe.pem')]),
    join(folder, 'pipe.pem'),
    /is no regular file/,
  ],
  ['is a device', () => undefined, '/dev/zero', /is no regular file/],
  ['is in no folder that there can be', () => undefined, '/proc/edge80/state/self-signed.pem', /ENOENT/],
  ['is in a file', () => writeFileSync(join(folder, 'file'), ''), join(folder, 'file', 'state.pem'), /ENOTDIR/],
])('J4: where it %s there is no TLS, and one line says so', (_what, before, file, why) => {
  const { lines, logger } = telling();
  before();
  expect(selfSigned(file, addresses, logger)).toBeUndefined();
  const msg = expect.stringMatching(/cannot be made: no TLS$/);
  expect(lines).toEqual([
    expect.objectContaining({ file, msg, err: expect.objectContaining({ message: expect.stringMatching(why) }) }),
  ]);
});
