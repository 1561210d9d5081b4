import { InviteTransactions } from '../../../../lib/drachtio/fence/invite-transactions';
import { parseSipMessage, type SipMessage } from '../../../../lib/wire/sip-message';
import { request, response } from '../../access/wire';
import { parse } from '../../sip/sip-peer';

const Via = 'SIP/2.0/TCP 127.0.0.1:40000;branch=z9hG4bKi1';
const call = { Via, 'Call-ID': 'c1', From: '<sip:alice@ims.example>;tag=a' };
const invite = request('INVITE', { ...call, CSeq: '7 INVITE' });

function read(text: string): SipMessage {
  const read = parseSipMessage(text)?.message;
  if (!read) throw new Error(text);
  return read;
}

const asked = (method: string, headers: Record<string, string> = {}) =>
  read(request(method, { ...call, CSeq: `7 ${method}`, ...headers }));
const answered = (status: number) => read(response(parse(invite), status));

let invites: InviteTransactions;

beforeEach(() => {
  invites = new InviteTransactions(2);
  invites.request(read(invite));
});

const passing = (branch = 'z9hG4bKi1', headers: Record<string, string> = {}) =>
  ['CANCEL', 'ACK'].filter((method) => invites.has(asked(method, headers), branch));

test.each([
  ['before its answer', [], ['CANCEL']],
  ['after an 18x', [183], ['CANCEL']],
  ['after its refusal', [183, 486], ['ACK']],
  ['after a 2xx, whose ACK is one in the dialog', [200], []],
])('G31: what belongs to an INVITE %s', (_when, statuses, methods) => {
  for (const status of statuses) invites.response(answered(status));
  expect(passing()).toEqual(methods);
});

test('G31: what has another branch, CSeq number, Call-ID or From tag belongs to none', () => {
  expect(passing('z9hG4bKi2')).toEqual([]);
  const others = [{ CSeq: '8 CANCEL' }, { 'Call-ID': 'c2' }, { From: '<sip:alice@ims.example>;tag=b' }];
  expect(others.map((headers) => passing('z9hG4bKi1', headers))).toEqual([[], [], []]);
});

test('G31: the refusal is acknowledged once', () => {
  invites.response(answered(486));
  invites.request(asked('ACK'));
  expect(passing()).toEqual([]);
});

test('beyond the limit the oldest is forgotten', () => {
  for (const n of [2, 3]) invites.request(read(invite.replace('z9hG4bKi1', `z9hG4bKi${n}`)));
  expect([passing(), passing('z9hG4bKi3')]).toEqual([[], ['CANCEL']]);
});
