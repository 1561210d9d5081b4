import { UnansweredInvites } from '../../../../lib/drachtio/fence/unanswered-invites';
import { parseSipMessage, type SipMessage } from '../../../../lib/wire/sip-message';
import { parse } from '../../sip/sip-peer';
import { request, response } from '../../access/wire';

let sent: string[];
let invites: UnansweredInvites;

beforeEach(() => {
  jest.useFakeTimers();
  sent = [];
  invites = new UnansweredInvites({
    limit: 2,
    limitBytes: 4000,
    acknowledgedWithin: 25_000,
    send: (cancel) => sent.push(cancel),
  });
});

afterEach(() => {
  invites.close();
  expect(jest.getTimerCount()).toBe(0);
  jest.useRealTimers();
});

function read(text: string): SipMessage {
  const parsed = parseSipMessage(text);
  if (!parsed) throw new Error('no SIP');
  return parsed.message;
}

function call(callId: string) {
  const common = { 'Call-ID': callId, From: '<sip:a@ims.example>;tag=a' };
  const text = request('INVITE', { ...common, CSeq: '5 INVITE' });
  invites.request(read(text));
  const answer = (status: number, headers: Record<string, string> = {}) =>
    invites.response(read(response(parse(text), status, headers)));
  const rings = (rseq = '1') => answer(183, { Require: '100rel', RSeq: rseq });
  const prack = (rack: string, status: number, from = common.From) => {
    const own = request('PRACK', { ...common, From: from, To: '<sip:b@x>;tag=b', CSeq: '6 PRACK', RAck: rack });
    invites.request(read(own));
    invites.response(read(response(parse(own), status)));
  };
  return { answer, rings, prack };
}

/** Where it does, the call has been cancelled. */
function refusesBye(callId: string): boolean {
  const before = sent.length;
  const isRefused = invites.refusal(read(request('BYE', { 'Call-ID': callId }))) !== undefined;
  expect(sent.splice(before)).toHaveLength(isRefused ? 1 : 0);
  return isRefused;
}

const cancelled = () => sent.map((text) => read(text).callId);

test('a reliable provisional response is open until its PRACK is answered', () => {
  const { answer, rings, prack } = call('c1');
  expect(answer(100)).toBe(false);
  expect(answer(180)).toBe(false);
  expect(refusesBye('c1')).toBe(false);
  expect(rings()).toBe(true);
  expect(refusesBye('c1')).toBe(true);
  expect(refusesBye('c2')).toBe(false);
  prack('1 5 INVITE', 200);
  expect(refusesBye('c1')).toBe(false);
  jest.advanceTimersByTime(60_000);
  expect(sent).toEqual([]);
});

test.each([
  ['another response', '2 5 INVITE', 200, undefined],
  ['another INVITE', '1 4 INVITE', 200, undefined],
  ['another dialog', '1 5 INVITE', 200, '<sip:a@ims.example>;tag=z'],
  ['what the server does not know', '1 5 INVITE', 481, undefined],
])('a PRACK for %s closes nothing', (_what, rack, status, from) => {
  const { rings, prack } = call('c1');
  rings();
  prack(rack, status, from);
  expect(refusesBye('c1')).toBe(true);
});

test('an offer that is refused with 488 does not make the PRACK less of one', () => {
  const { rings, prack } = call('c1');
  rings();
  prack('1 5 INVITE', 488);
  expect(refusesBye('c1')).toBe(false);
});

test('each of several needs its PRACK', () => {
  const { rings, prack } = call('c1');
  rings('1');
  rings('2');
  prack('1 5 INVITE', 200);
  expect(refusesBye('c1')).toBe(true);
  prack('2 5 INVITE', 200);
  expect(refusesBye('c1')).toBe(false);
});

test('one without PRACK has its INVITE cancelled once, counted from when it came first', () => {
  const { rings } = call('c1');
  rings();
  jest.advanceTimersByTime(24_999);
  rings();
  expect(sent).toEqual([]);
  jest.advanceTimersByTime(100_000);
  expect(cancelled()).toEqual(['c1']);
});

test('a final response ends it', () => {
  const { answer, rings } = call('c1');
  rings();
  answer(487);
  expect(refusesBye('c1')).toBe(false);
  expect(invites.size).toBe(0);
});

test('one call is cancelled, or all', () => {
  call('c1');
  call('c2');
  invites.cancel('c2');
  expect(cancelled()).toEqual(['c2']);
  invites.cancel();
  expect(cancelled()).toEqual(['c2', 'c1', 'c2']);
  expect(invites.size).toBe(2);
});

test('over the limit the oldest is cancelled', () => {
  for (const callId of ['c1', 'c2', 'c3']) call(callId);
  expect(cancelled()).toEqual(['c1']);
  expect(invites.size).toBe(2);
});

test('an INVITE in a dialog is none that begins a call', () => {
  invites.request(read(request('INVITE', { To: '<sip:b@x>;tag=b' })));
  expect(invites.size).toBe(0);
});

test('N3: no more is held than a CANCEL needs, and over its bound in bytes the oldest is cancelled', () => {
  const invite = (callId: string, name: string) =>
    invites.request(
      read(request('INVITE', { 'Call-ID': callId, From: `"${name}" <sip:a@ims.example>;tag=a` }, 'x'.repeat(60_000))),
    );
  invite('c1', 'a'.repeat(1000));
  expect([invites.bytes > 1000, invites.bytes < 2000]).toEqual([true, true]);
  invite('c2', 'b'.repeat(3000));
  expect([cancelled(), invites.size, invites.bytes < 4000]).toEqual([['c1'], 1, true]);
  invites.close();
  expect(invites.bytes).toBe(0);
});
