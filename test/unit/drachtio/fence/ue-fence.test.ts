import { CallOwners } from '../../../../lib/drachtio/fence/call-owners';
import { branchAtServer } from '../../../../lib/access/crossing';
import { defaultLimits } from '../../../../lib/access/limits';
import { UeFence } from '../../../../lib/drachtio/fence/ue-fence';
import { parseSipMessage, type SipMessage } from '../../../../lib/wire/sip-message';

const alice = '<sip:alice@ims.example>;tag=u';
const bob = '<sip:bob@ims.example>';

function message(startLine: string, given: Record<string, string>): SipMessage {
  const headers = { From: alice, To: bob, 'Call-ID': 'c1', Contact: '<sip:a@10.1.2.3>', ...given };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return parseSipMessage(`${startLine}\r\n${lines.join('')}\r\n`)!.message;
}

/** A request as the UE sent it. */
const request = (method: string, given: Record<string, string> = {}): SipMessage =>
  message(`${method} sip:bob@ims.example SIP/2.0`, {
    Via: 'SIP/2.0/TCP 10.1.2.3;branch=z9hG4bK1',
    CSeq: `1 ${method}`,
    ...given,
  });

/** The server's answer to an INVITE of the UE. */
const answer = (status: number, given: Record<string, string> = {}): SipMessage =>
  message(`SIP/2.0 ${status} Test`, { Via: viaOf(request('INVITE')), To: `${bob};tag=s`, CSeq: '1 INVITE', ...given });

const viaOf = (sent: SipMessage) => `SIP/2.0/TCP 127.0.0.1:40001;branch=${branchAtServer(sent)}`;
const reliable = { Require: '100rel', RSeq: '7' };
const inDialog = { To: `${bob};tag=s` };

let owners: CallOwners;
let fence: UeFence;
let sent: string[];
let ended: number;
let waiting: string[];
let open: UeFence[];

beforeEach(() => {
  [owners, sent, ended, waiting, open] = [new CallOwners(), [], 0, [], []];
  fence = another();
});

afterEach(() => open.forEach((each) => each.close()));

/** The fence of another connection of the same listener. */
function another(): UeFence {
  const made = new UeFence({
    limits: { ...defaultLimits, calls: 2 },
    ...{ owners, branchOf: branchAtServer },
    send: (text) => sent.push(text.slice(0, text.indexOf(' '))),
    pass: () => undefined,
    refuse: () => undefined,
    isOfWaiting: ({ callId }) => waiting.includes(callId),
    callEnded: () => ended++,
  });
  open.push(made);
  return made;
}

/** Passes a request of the UE on to the server. */
function pass(given: SipMessage, through = fence): void {
  through.noteCall(given);
  given.prepend('Via', viaOf(given));
  through.requestToServer(given);
}

const statusOf = (given: SipMessage, through = fence) => through.refusal(given)?.status;

test('G11: what belongs to a call of another connection gets 403, and an INVITE that forks it passes', () => {
  pass(request('INVITE'));
  const other = another();
  expect(['BYE', 'CANCEL', 'INFO'].map((method) => statusOf(request(method, inDialog), other))).toEqual([
    403, 403, 403,
  ]);
  expect(statusOf(request('INVITE', inDialog), other)).toBe(403);
  expect(statusOf(request('INVITE'), other)).toBeUndefined();
});

test('G11: a call that has ended is nobody’s', () => {
  pass(request('INVITE'));
  fence.responseFromServer(answer(486));
  fence.responseToUe(answer(486));
  pass(request('ACK', inDialog));
  expect([fence.isCall('c1'), ended, owners.isOf('c1', fence)]).toEqual([false, 1, false]);
});

test('a CANCEL passes if its INVITE is on its way, or waits to go, and gets 481 else', () => {
  expect(statusOf(request('CANCEL'))).toBe(481);
  waiting.push('c1');
  expect(statusOf(request('CANCEL'))).toBeUndefined();
  waiting.pop();
  pass(request('INVITE'));
  expect(statusOf(request('CANCEL'))).toBeUndefined();
  fence.responseFromServer(answer(200));
  expect(statusOf(request('CANCEL'))).toBe(481);
});

test('a BYE before a PRACK is answered, and goes on as a CANCEL', () => {
  pass(request('INVITE'));
  expect(fence.responseFromServer(answer(183, reliable))).toBe(true);
  expect(statusOf(request('BYE', { ...inDialog, CSeq: '2 BYE' }))).toBe(200);
  expect(sent).toEqual(['CANCEL']);
});

test('a PRACK passes once for each reliable response', () => {
  pass(request('INVITE'));
  const prack = () => request('PRACK', { ...inDialog, CSeq: '2 PRACK', RAck: '7 1 INVITE' });
  expect(statusOf(prack())).toBe(481);
  fence.responseFromServer(answer(183, reliable));
  expect(statusOf(prack())).toBeUndefined();
  pass(prack());
  expect(statusOf(prack())).toBe(481);
});

test('a reliable response in a call that is known as another’s ends it: a BYE from there would pass', () => {
  pass(request('INVITE'));
  const other = another();
  pass(request('INVITE'), other);
  expect([other.responseFromServer(answer(183, reliable)), sent]).toEqual([false, ['CANCEL']]);
});

test('N3: beyond the calls that are remembered, the oldest is cancelled and forgotten', () => {
  for (const callId of ['c1', 'c2', 'c3']) pass(request('INVITE', { 'Call-ID': callId }));
  expect(['c1', 'c2', 'c3'].map((callId) => fence.isCall(callId))).toEqual([false, true, true]);
  expect([sent[0], ended, owners.isOf('c1', fence)]).toEqual(['CANCEL', 1, false]);
});

test('a UE is in an answered call from its 2xx to the BYE', () => {
  pass(request('INVITE'));
  expect(fence.hasAnsweredCall).toBe(false);
  fence.responseFromServer(answer(200));
  fence.responseToUe(answer(200));
  expect(fence.hasAnsweredCall).toBe(true);
  pass(request('BYE', { ...inDialog, CSeq: '2 BYE' }));
  expect([fence.hasAnsweredCall, ended]).toEqual([false, 1]);
});

test('what a UE that is gone has left unfinished is cancelled, and done once the server has answered', () => {
  pass(request('INVITE'));
  fence.ueGone();
  expect([sent, fence.isDone]).toEqual([['CANCEL'], false]);
  fence.responseFromServer(answer(487));
  expect(fence.isDone).toBe(true);
  fence.close();
  expect(owners.isOf('c1', fence)).toBe(false);
});
