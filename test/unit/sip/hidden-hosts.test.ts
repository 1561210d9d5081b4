import { shownChallenge } from '../../../lib/sip/digest';
import { HeaderTable } from '../../../lib/sip/header-table';
import { withoutWay } from '../../../lib/sip/hidden-hosts';
import { fromUe, towardUe } from '../../../lib/sip/trust';

const table = new HeaderTable();
const shown = (name: string, value: string) => towardUe(table, 'response', { [name]: value });

describe.each(['Alert-Info', 'Call-Info', 'Error-Info'])('G21: of %s, a UE gets', (name) => {
  test.each([
    ['<urn:alert:service:call-waiting>;appearance=2', '<urn:alert:service:call-waiting>;appearance=2'],
    ['<http://as1.ims.example/ring.wav>', undefined],
    ['<http://192.0.2.9/a>, <urn:alert:tone:internal>, <sip:ann@[2001:db8::1]>', '<urn:alert:tone:internal>'],
    ['<CID:icon@bob.example>;purpose=icon', '<CID:icon@bob.example>;purpose=icon'],
    ['http://as1.ims.example/ring.wav;x=<urn:a>', undefined],
    ['"urn:alert" <http://as1.ims.example>', undefined],
    ['<urn:alert:tone:internal>;from="as1.ims.example"', undefined],
    ['', undefined],
  ])('of %s', (value, expected) => {
    expect(shown(name, value)).toEqual(expected === undefined ? {} : { [name]: expected });
  });
});

test.each([
  ['SIP;cause=503;text="scscf1.ims.example is down", Q.850;cause=16', 'SIP;cause=503, Q.850;cause=16'],
  ['Q.850;cause=16;text="Terminated, by 192.0.2.9"', 'Q.850;cause=16'],
  ['SIP;text="no route to [2001:db8::9]";cause=404', 'SIP;cause=404'],
  ['SIP;cause=200;text="Call completed elsewhere"', 'SIP;cause=200;text="Call completed elsewhere"'],
])('G21: a Reason tells no host: %s', (value, expected) => {
  expect(shown('Reason', value)).toEqual({ Reason: expected });
});

test.each([
  ['120 (of scscf1.ims.example);duration=60', '120;duration=60'],
  ['18000 (maintenance of 192.0.2.9)', '18000'],
  ['120 (one) and (two; three);duration=60', '120;duration=60'],
  ['120;duration=60', '120;duration=60'],
  ['120)(', '120)('],
])('X11: a Retry-After tells no host: %s', (value, expected) => {
  expect(shown('Retry-After', value)).toEqual({ 'Retry-After': expected });
});

test.each([
  ['*;+g.3gpp.srvcc;+g.3gpp.icsi-ref="urn%3Aurn-7%3A3gpp-service.ims.icsi.mmtel"', 'as it is'],
  ['*;+g.3gpp.atcf="<tel:+1>";+g.3gpp.atcf-mgmt-uri="<sip:atcf@192.0.2.9>"', '*;+g.3gpp.atcf="<tel:+1>"'],
  ['*;+g.3gpp.atcf-path="<sip:a@atcf.ims.example>"', undefined],
])('G21: of Feature-Caps, a UE gets no indicator with a server: %s', (value, expected) => {
  const kept = expected === 'as it is' ? value : expected;
  expect(shown('Feature-Caps', value)).toEqual(kept === undefined ? {} : { 'Feature-Caps': kept });
});

test('G21: In-Reply-To names no Call-ID that has a host in it', () => {
  const headers = { 'In-Reply-To': '70710@192.0.2.9, 17320' };
  expect(towardUe(table, 'request', headers)).toEqual({ 'In-Reply-To': '17320' });
});

test('G21: a challenge names no servers; its realm, which the answer is computed with, stays', () => {
  expect(shownChallenge('Digest realm="ims.example", domain="sip:scscf.ims.example", nonce="1", ik=0')).toBe(
    'Digest realm="ims.example", nonce="1"',
  );
  for (const name of ['WWW-Authenticate', 'Proxy-Authenticate']) {
    expect(shown(name, 'Digest realm="a", ck="0", domain="sip:192.0.2.9"')).toEqual({ [name]: 'Digest realm="a"' });
  }
});

test('G21: a Contact of a registrar’s answer tells neither the way nor where the REGISTER came from', () => {
  const way = ';received="sip:192.0.2.9:5060";path="<sip:token@192.0.2.9;lr>"';
  const contact = '<sip:alice@10.1.2.3:5062;transport=tls>;expires=600;+sip.instance="<urn:uuid:1>"';
  expect(withoutWay(contact.replace(';expires', `${way};expires`))).toBe(contact);
});

test('G21: a Warning of a UE tells the core no address of the UE', () => {
  const warning = '399 10.1.2.3:5062 "busy", 370 phone "line to 10.1.2.3"';
  expect(fromUe(table, 'response', { Warning: warning }, 'pass')).toEqual({
    Warning: '399 edge80 "busy", 370 edge80 ""',
  });
});

test('N5: what an operator adds passes as it is, in that direction alone', () => {
  const added = new HeaderTable({ access: ['X-Queue', 'history-info', 'Call-Info'], core: ['X-Phone'] });
  const said = {
    'x-queue': 'sales',
    'History-Info': '<sip:a@192.0.2.9>;index=1',
    'Call-Info': '<http://a.example>',
    'X-Phone': '1',
  };
  expect(towardUe(added, 'response', said)).toEqual({
    'X-Queue': 'sales',
    'history-info': '<sip:a@192.0.2.9>;index=1',
    'Call-Info': '<http://a.example>',
  });
  expect(fromUe(added, 'request', said, 'pass')).toEqual({ 'Call-Info': '<http://a.example>', 'X-Phone': '1' });
});

test.each(['Via', 'm', 'P-Asserted-Identity', 'X-Edge80-Errand', 'Security-Server'])(
  'N5: %s is nobody’s to add',
  (name) => {
    expect(() => new HeaderTable({ core: [name] })).toThrow(expect.objectContaining({ code: 'config-invalid' }));
  },
);
