import type { Headers } from '../../../lib/drachtio/messages';
import { HeaderTable } from '../../../lib/sip/header-table';
import * as trust from '../../../lib/sip/trust';

const table = new HeaderTable();
const fromUe = (headers: Headers, network: string) => trust.fromUe(table, 'request', headers, network);
const towardUe = (headers: Headers) => trust.towardUe(table, 'request', headers);

const said = {
  Subject: 'hello',
  'P-Asserted-Identity': '<sip:boss@ims.example>',
  'p-preferred-identity': '<sip:me@ims.example>',
  'P-Charging-Vector': 'icid-value=1',
  'P-CHARGING-FUNCTION-ADDRESSES': 'ccf=192.0.2.3',
  'P-Access-Network-Info': 'IEEE-802.11',
  'P-Served-User': '<sip:me@ims.example>',
  'X-Edge80-Errand': 'guessed',
};

test('G9, G10: of what a UE says, identities, charging and the edge’s own headers do not pass', () => {
  expect(fromUe(said, 'pass')).toEqual({ Subject: 'hello', 'P-Access-Network-Info': 'IEEE-802.11' });
});

test('G10: P-Access-Network-Info of a UE is removed or replaced where the policy says so', () => {
  expect(fromUe(said, 'remove')).toEqual({ Subject: 'hello' });
  expect(fromUe(said, 'IEEE-802.11;network-provided')).toEqual({
    Subject: 'hello',
    'P-Access-Network-Info': 'IEEE-802.11;network-provided',
  });
});

test('G10: charging and access network of the core do not reach the UE', () => {
  expect(towardUe(said)).toEqual({ Subject: 'hello', 'P-Asserted-Identity': '<sip:boss@ims.example>' });
});

test('an identity whose owner asked for privacy does not reach the UE (RFC 3325 §7)', () => {
  expect(towardUe({ ...said, Privacy: 'critical;id' })).toEqual({ Subject: 'hello', Privacy: 'critical;id' });
  expect(towardUe({ ...said, Privacy: 'none' })['P-Asserted-Identity']).toBeDefined();
});

test.each(['Remote-Party-ID', 'Diversion', 'History-Info', 'P-Charge-Info', 'P-DCS-LAES', 'Resource-Priority'])(
  'G9: what older cores and PBXs believe does not pass from a UE: %s',
  (name) => {
    expect(fromUe({ [name]: '<sip:boss@ims.example>' }, 'pass')).toEqual({});
  },
);

test.each(['Privacy: id', 'Remote-Party-ID: <sip:boss@ims.example>;privacy=full;screen=yes'])(
  'no older form of an identity tells what privacy hides: %s',
  (line) => {
    const [name = '', value = ''] = line.split(': ');
    expect(towardUe({ 'Remote-Party-ID': '<sip:boss@ims.example>;privacy=off', [name]: value })).toEqual(
      name === 'Privacy' ? { Privacy: 'id' } : {},
    );
  },
);

test('G21: a Warning of the core tells no host', () => {
  const warning = '392 192.0.2.9:4060 "src_ip=192.0.2.8", 305 scscf.ims.example "no, thanks"';
  expect(towardUe({ Warning: warning })).toEqual({ Warning: '392 edge80 "", 305 edge80 "no, thanks"' });
});
