import { CoreFence } from '../../../../lib/drachtio/fence/core-fence';
import { parseSipMessage, type SipMessage } from '../../../../lib/wire/sip-message';
import { answer, request } from '../../egress/messages';

/* What of the core's messages drachtio-server is not to see. The dialogs are played by test/vectors/dialogs.json, too. */

let now: number;
let cancelled: string[];
let fence: CoreFence;

beforeEach(() => {
  jest.useFakeTimers();
  [now, cancelled] = [0, []];
  fence = new CoreFence({
    limits: { branchBytes: 100_000, branches: 10, unanswered: 40_000 },
    now: () => now,
    cancel: (text, branch) => void cancelled.push(`${text.split(' ')[0]} ${branch}`),
  });
});
afterEach(() => jest.useRealTimers());

function read(text: string): SipMessage {
  const message = parseSipMessage(text)?.message;
  if (!message) throw new Error(text);
  return message;
}

const Via = 'SIP/2.0/UDP 127.1.0.1:7000;branch=b1';
const To = '<sip:bob@ims.example>;tag=b1';
const sdpless = (method: string, headers: Record<string, string> = {}) =>
  request(method, 'sip:bob@ims.example', { Via, ...headers });
const asked = (method: string, headers: Record<string, string> = {}) => read(sdpless(method, { To, ...headers }));
const answered = (method: string, status: number, headers: Record<string, string> = {}) =>
  read(answer(sdpless(method, { To }), status, headers));
const statusOf = (method: string, headers: Record<string, string> = {}) => {
  const of = asked(method, headers);
  return (fence.refusal(of) ?? fence.refusalOfEarly(of))?.status;
};

const later = ['INFO', 'OPTIONS', 'MESSAGE', 'SUBSCRIBE', 'NOTIFY', 'PUBLISH', 'REFER', 'INVITE', 'ACK'];

describe.each([
  ['INVITE', 'the core'],
  ['SUBSCRIBE', 'the core'],
  ['INVITE', 'the server'],
  ['SUBSCRIBE', 'the server'],
])('G31: a dialog of a %s of %s', (method, who) => {
  beforeEach(() => {
    if (who === 'the core') fence.requestToServer('b1', read(sdpless(method)));
    else fence.requestToCore('b1', read(sdpless(method)));
  });

  const establish = () => {
    if (who === 'the core') fence.responseToCore('b1', answered(method, 200));
    else if (method === 'SUBSCRIBE') fence.subscribed('call-1');
    else {
      fence.responseToServer('b1', answered(method, 200), false);
      fence.requestToCore('b2', asked('ACK'));
    }
  };

  test.each(later)('%s waits until it is established', (name) => {
    expect(statusOf(name)).toBe(500);
    establish();
    expect(statusOf(name)).toBeUndefined();
  });

  test('BYE and UPDATE do not, nor does what has another Call-ID, or may be another fork', () => {
    const others = [statusOf('INFO', { 'Call-ID': 'other' }), statusOf('INVITE', { To: '<sip:bob@ims.example>' })];
    expect([statusOf('BYE'), statusOf('UPDATE'), ...others]).toEqual([undefined, undefined, undefined, undefined]);
  });

  test.each([{ From: '<sip:x@y>;tag=other' }, { From: '<sip:x@y>' }, { To: '<sip:bob@ims.example>' }])(
    'INFO waits with %p as well',
    (headers) => expect(statusOf('INFO', headers)).toBe(500),
  );

  test('it is forgotten once the server has given it up', () => {
    fence.sweep(() => false);
    expect(statusOf('INFO')).toBe(500);
    now = 40_001;
    fence.sweep(() => true);
    expect(statusOf('INFO')).toBe(500);
    fence.sweep(() => false);
    expect(statusOf('INFO')).toBeUndefined();
  });
});

test('G31: one fork of a Call-ID may be established while another one is early', () => {
  for (const branch of ['b1', 'b2']) fence.requestToServer(branch, read(sdpless('INVITE')));
  fence.responseToCore('b1', answered('INVITE', 200));
  expect([statusOf('INFO'), statusOf('INFO', { To: '<sip:bob@ims.example>;tag=b2' })]).toEqual([undefined, 500]);
});

test('G31: what the core answers proves nothing: the server may not take it', () => {
  fence.requestToCore('b1', read(sdpless('INVITE')));
  fence.responseToServer('b1', answered('INVITE', 200), false);
  expect(statusOf('INFO')).toBe(500);
  fence.requestToCore('b3', read(sdpless('SUBSCRIBE', { 'Call-ID': 'c3' })));
  fence.responseToServer('b3', answered('SUBSCRIBE', 401), false);
  expect(statusOf('INFO', { 'Call-ID': 'c3' })).toBe(500);
  fence.requestToCore('b2', read(sdpless('INVITE', { 'Call-ID': 'c2' })));
  fence.responseToServer('b2', answered('INVITE', 486), false);
  expect(statusOf('INFO', { 'Call-ID': 'c2' })).toBe(500);
  fence.refusalAcknowledged('b2');
  expect(statusOf('INFO', { 'Call-ID': 'c2' })).toBeUndefined();
});

test.each([
  [180, true, false],
  [302, true, false],
  [200, true, true],
  [180, false, true],
])('G31: a %i passes after a 200 (%p): %p', (status, isAfter, passes) => {
  fence.requestToCore('b1', read(sdpless('INVITE')));
  if (isAfter) fence.responseToServer('b1', answered('INVITE', 200), false);
  expect(fence.responseToServer('b1', answered('INVITE', status), isAfter)).toBe(passes);
});

describe('G31: a reliable 18x to a caller in the core', () => {
  const reliable = { Require: '100rel', RSeq: '7' };

  beforeEach(() => {
    fence.requestToServer('b1', read(sdpless('INVITE', { Via: 'SIP/2.0/UDP 127.1.0.1:7000;branch=b1' })));
    fence.responseToCore('b1', read(answer(sdpless('INVITE'), 183, reliable)));
  });

  test('leaves no timer behind once all is closed', () => {
    expect(jest.getTimerCount()).toBe(1);
    fence.close();
    expect(jest.getTimerCount()).toBe(0);
  });

  test('has its call cancelled where no PRACK comes', () => {
    jest.advanceTimersByTime(24_999);
    expect(cancelled).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(cancelled).toEqual(['CANCEL b1']);
  });

  test('has its call cancelled by a BYE, which is answered', () => {
    expect([statusOf('BYE'), cancelled]).toEqual([200, ['CANCEL b1']]);
  });

  test('is acknowledged by a PRACK that names it, and by no other', () => {
    expect([statusOf('PRACK', { RAck: '8 1 INVITE' }), statusOf('PRACK')]).toEqual([481, 481]);
    expect(statusOf('PRACK', { RAck: '7 1 INVITE' })).toBeUndefined();
  });
});

test('G31: a Contact that is no SIP URI is refused, and what the server drops without a word', () => {
  expect(statusOf('INVITE', { To: '<sip:bob@ims.example>', Contact: '<tel:+12025550101>' })).toBe(400);
  expect(statusOf('REFER', { To: '<sip:bob@ims.example>' })).toBe(405);
  expect(statusOf('PRACK', { RAck: '1 1 INVITE' })).toBe(481);
});

test.each([
  ['CANCEL', 1, false, true],
  ['CANCEL', 9, false, false],
  ['ACK', 1, false, false],
  ['ACK', 1, true, true],
  ['ACK', 9, true, false],
])('G31: a %s with CSeq number %i, by the branch of an INVITE whose answer is final (%p): %p', (...given) => {
  const [method, cseq, isFinal, fits] = given;
  const of = asked(method, { CSeq: `${cseq} ${method}` });
  expect(fence.isOfInvite(of, read(sdpless('INVITE')), isFinal)).toBe(fits);
});
