import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readCertificate } from '../../../app/certificate';
import { readConfig } from '../../../app/read-config';
import { selfSigned } from '../access/self-signed';

const folder = mkdtempSync(join(tmpdir(), 'edge80-certificate-'));
const file = (name: string, content: string | Buffer): string => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};

afterAll(() => rmSync(folder, { recursive: true }));

const read = (cert: string, key: string) =>
  readCertificate(
    readConfig({
      ACCESS_CONTACTS: 'sip:127.0.0.1:5080;transport=tcp',
      CORE_CONTACTS: 'sip:192.0.2.1:5060',
      CORE_NEXT_HOP: 'sip:192.0.2.2:5060',
      GATEWAY_ADDRESS: '198.51.100.1',
      ACCESS_LISTEN: 'sips:127.0.0.1:15061',
      ...{ TLS_CERT_FILE: cert, TLS_KEY_FILE: key },
    }),
  );

const { cert, key } = selfSigned('edge.test');
const certFile = file('cert.pem', cert);
const keyFile = file('key.pem', key);
const locked = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' },
}).privateKey;

test.each<[string, string, string, RegExp]>([
  [
    'a missing certificate',
    join(folder, 'none.pem'),
    keyFile,
    /^TLS_CERT_FILE cannot be read: .*none.pem \(ENOENT\)\.$/,
  ],
  ['a missing key', certFile, join(folder, 'none.pem'), /^TLS_KEY_FILE cannot be read: .*none.pem \(ENOENT\)\.$/],
  ['a folder', folder, keyFile, /^TLS_CERT_FILE: .* is no regular file\.$/],
  ['a device', certFile, '/dev/zero', /^TLS_KEY_FILE: \/dev\/zero is no regular file\.$/],
  ['what is no certificate', file('odd.pem', 'odd'), keyFile, /^TLS_CERT_FILE: .*odd.pem holds no certificate in PEM/],
  ['an empty file', file('empty.pem', ''), keyFile, /^TLS_CERT_FILE: .*empty.pem holds no certificate in PEM/],
  ['a key in its place', keyFile, keyFile, /^TLS_CERT_FILE: .*key.pem holds no certificate in PEM/],
  ['what is no key', certFile, certFile, /^TLS_KEY_FILE: .*cert.pem holds no private key in PEM/],
  [
    'another key',
    certFile,
    file('other.pem', selfSigned('other.test').key),
    /^TLS_KEY_FILE: .* the key of another cert/,
  ],
  ['a key with a passphrase', certFile, file('locked.pem', locked), /^TLS_KEY_FILE: .*locked.pem has a passphrase/],
])('O6: %s is named with its setting', (_what, certificate, privateKey, message) => {
  expect(() => read(certificate, privateKey)).toThrow(expect.objectContaining({ code: 'config-invalid' }));
  expect(() => read(certificate, privateKey)).toThrow(message);
});

test('what fits is taken', () => {
  expect(read(certFile, keyFile)).toEqual({ cert: Buffer.from(cert), key: Buffer.from(key) });
});
