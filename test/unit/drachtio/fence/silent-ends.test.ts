import { SilentUe } from '../../../../lib/drachtio/fence/silent-ends';
import { parseSipMessage, type SipMessage } from '../../../../lib/wire/sip-message';
import { request, response } from '../../access/wire';
import { parse } from '../../sip/sip-peer';

let sent: string[];
let asked: SilentUe;

beforeEach(() => {
  jest.useFakeTimers();
  sent = [];
  asked = new SilentUe({ within: 25_000, most: 2, send: (answer) => sent.push(answer) });
});

afterEach(() => {
  asked.close();
  expect(jest.getTimerCount()).toBe(0);
  jest.useRealTimers();
});

function read(text: string): SipMessage {
  const parsed = parseSipMessage(text);
  if (!parsed) throw new Error('no SIP');
  return parsed.message;
}

/** The server asks the UE, which may answer. */
function ask(method: string, branch = 'z9hG4bKone') {
  const text = request(method, { Via: `SIP/2.0/TCP 127.0.0.1:5060;branch=${branch}`, CSeq: `7 ${method}` });
  asked.request(read(text));
  return { answer: (status: number) => asked.response(read(response(parse(text), status))) };
}

const told = () =>
  sent.splice(0).map((text) => [text.split(' ')[1], read(text).topVia?.branch, read(text).get('cseq')]);

test('G31: a request that a UE does not answer is answered before the server gives it up', () => {
  const { answer } = ask('UPDATE');
  answer(100);
  jest.advanceTimersByTime(24_999);
  expect(told()).toEqual([]);
  jest.advanceTimersByTime(1);
  expect(told()).toEqual([['408', 'z9hG4bKone', '7 UPDATE']]);
});

test('G31: so is one of a UE that is gone, at once', () => {
  ask('UPDATE');
  asked.close();
  expect(told()).toEqual([['408', 'z9hG4bKone', '7 UPDATE']]);
});

test('one that is answered is over', () => {
  ask('UPDATE').answer(200);
  asked.close();
  expect(told()).toEqual([]);
});

test.each(['INVITE', 'ACK', 'CANCEL'])('nobody answers %s in the place of the UE', (method) => {
  ask(method);
  expect(jest.getTimerCount()).toBe(0);
});

test('N3: beyond the limit the oldest counts as unanswered', () => {
  for (const branch of ['z9hG4bKone', 'z9hG4bKtwo', 'z9hG4bKthree']) ask('MESSAGE', branch);
  expect(told()).toEqual([['408', 'z9hG4bKone', '7 MESSAGE']]);
});
