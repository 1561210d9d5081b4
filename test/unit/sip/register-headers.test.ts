import type { IncomingRequest, IncomingResponse } from '../../../lib/drachtio/messages';
import { shownChallenge, withIntegrity } from '../../../lib/sip/digest';
import { HeaderTable } from '../../../lib/sip/header-table';
import { registerHeaders, registerResponseHeaders } from '../../../lib/sip/register-headers';

/** A message with these headers, as far as header policies read it. */
const message = (headers: Record<string, string>) => {
  const byKey = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return { headers, get: (name: string) => byKey.get(name.toLowerCase()), has: (name: string) => byKey.has(name) };
};
const register = (headers: Record<string, string>) => message(headers) as unknown as IncomingRequest;
const answer = (headers: Record<string, string>) => message(headers) as unknown as IncomingResponse;

const table = new HeaderTable();
const additions = {
  path: 'sip:token@192.0.2.1:5060;lr',
  chargingVector: 'icid-value="1"',
  settings: { accessNetworkInfo: 'pass', visitedNetworkId: undefined, integrityProtected: undefined },
  table,
};

test('G7: what UE and edge agree on for security does not reach the core', () => {
  const headers = registerHeaders(
    register({
      'Security-Client': 'ipsec-3gpp',
      'Security-Verify': 'ipsec-3gpp',
      Require: 'sec-agree, gruu',
      'Proxy-Require': 'sec-agree',
      Supported: 'path, sec-agree',
    }),
    additions,
  );
  expect(JSON.stringify(headers)).not.toMatch(/sec-agree|Security/i);
  expect(headers).toMatchObject({ Require: 'gruu, path', Supported: 'path' });
});

test('G7: the keys of an AKA challenge do not reach the UE, whatever their place and spelling', () => {
  const challenge = 'Digest realm="ims, or not", nonce="n==", CK = "00", algorithm=AKAv1-MD5, ik="11", qop="auth"';
  const passed = registerResponseHeaders(table, answer({ 'WWW-Authenticate': challenge, 'Security-Server': 'tls' }));
  expect(passed).toEqual({
    'WWW-Authenticate': 'Digest realm="ims, or not", nonce="n==", algorithm=AKAv1-MD5, qop="auth"',
  });
});

test('G7: keys that stand first, or in a second challenge, do not pass either', () => {
  expect(shownChallenge('Digest ck="0", realm="a"')).toBe('Digest realm="a"');
  expect(shownChallenge('Digest realm="a", nonce="1", Digest ik=0, realm="b", ck="1"')).toBe(
    'Digest realm="a", nonce="1", Digest realm="b"',
  );
});

test('G3: the visited network, a charging vector and integrity-protected as configured', () => {
  const headers = registerHeaders(register({ Authorization: 'Digest username="a", integrity-protected="yes"' }), {
    ...additions,
    settings: { accessNetworkInfo: 'pass', visitedNetworkId: 'Visited "one"', integrityProtected: 'no' },
  });
  expect(headers).toMatchObject({
    Authorization: 'Digest username="a", integrity-protected="no"',
    'P-Visited-Network-ID': '"Visited \\"one\\""',
    'P-Charging-Vector': 'icid-value="1"',
  });
});

test('G3: what a UE says of its own protection is taken out', () => {
  expect(withIntegrity('Digest integrity-protected="yes", username="a"', undefined)).toBe('Digest username="a"');
});

test('P11: each of several credentials says how it came', () => {
  const several = 'Digest username="a, Digest b", integrity-protected="yes",Digest username="b"';
  expect(withIntegrity(several, 'no')).toBe(
    'Digest username="a, Digest b", integrity-protected="no", Digest username="b", integrity-protected="no"',
  );
});

test.each([
  'Digest username="a"; integrity-protected="yes"',
  'Digest username="a" integrity-protected="yes"',
  'Digest username="a", opaque="integrity-protected="yes""',
])('G3: what might be read as such a claim is refused: %s', (authorization) => {
  expect(() => withIntegrity(authorization, 'no')).toThrow(expect.objectContaining({ sipStatus: 400 }));
});

test('G10: charging headers and identities of a UE do not reach the registrar', () => {
  const headers = registerHeaders(
    register({ 'P-Charging-Vector': 'icid-value="fake"', 'P-Asserted-Identity': '<sip:boss@a>', Path: '<sip:x>' }),
    additions,
  );
  expect(headers).toEqual({
    'Max-Forwards': '69',
    Path: '<sip:token@192.0.2.1:5060;lr>',
    Require: 'path',
    Supported: 'path',
    'P-Charging-Vector': 'icid-value="1"',
  });
});

test('G10, G21: route sets and charging of the core do not reach the UE', () => {
  const passed = registerResponseHeaders(
    table,
    answer({
      'Service-Route': '<sip:orig@192.0.2.9;lr>',
      Path: '<sip:token@192.0.2.1;lr>',
      'P-Charging-Vector': 'icid-value="1"',
      'P-Charging-Function-Addresses': 'ccf=192.0.2.3',
      Via: 'SIP/2.0/UDP 192.0.2.1',
      'P-Associated-URI': '<sip:alice@a>',
      Require: 'outbound',
    }),
  );
  expect(passed).toEqual({ 'P-Associated-URI': '<sip:alice@a>', Require: 'outbound' });
});
