import { PendingRequests } from '../../../lib/access/pending-requests';
import { parseSipMessage, type SipMessage } from '../../../lib/wire/sip-message';

function message(startLine: string, method: string, branch: string): SipMessage {
  const via = `Via: SIP/2.0/TCP 192.0.2.2:50000;branch=${branch}`;
  const headers = [via, 'From: <sip:a@h>;tag=1', 'To: <sip:b@h>', 'Call-ID: c', `CSeq: 1 ${method}`];
  return parseSipMessage([startLine, ...headers, 'Content-Length: 0', '', ''].join('\r\n'))!.message;
}

const request = (branch: string, method = 'MESSAGE') => message(`${method} sip:b@h SIP/2.0`, method, branch);
const response = (status: number, branch: string, method = 'MESSAGE') => message(`SIP/2.0 ${status} X`, method, branch);

describe('Z3: requests that the SIP server has not answered', () => {
  let silent: SipMessage[];
  let over: string[];
  let pending: PendingRequests;

  beforeEach(() => {
    jest.useFakeTimers();
    [silent, over] = [[], []];
    pending = new PendingRequests({ within: 1000, most: 2, silent: (sent) => silent.push(sent) });
  });

  afterEach(() => {
    pending.close();
    expect(jest.getTimerCount()).toBe(0);
    jest.useRealTimers();
  });

  const sent = (branch: string, method = 'MESSAGE') => {
    const message = request(branch, method);
    pending.sent(message, () => over.push(branch));
    return message;
  };

  test.each([
    ['MESSAGE', 100, false],
    ['MESSAGE', 199, false],
    ['MESSAGE', 200, true],
    ['MESSAGE', 503, true],
    ['INVITE', 100, true],
  ])('%s is answered by a %i: %s', (method, status, isAnswered) => {
    const message = sent('one', method);
    expect(pending.answered(response(status, 'one', method))).toBe(true);
    expect([over, pending.size]).toEqual(isAnswered ? [['one'], 0] : [[], 1]);
    jest.advanceTimersByTime(999);
    expect(silent).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(silent.map(String)).toEqual(isAnswered ? [] : [message.toString()]);
    expect([over, pending.size]).toEqual([['one'], 0]);
  });

  test('an answer that comes too late is not passed on; one to the same request, sent again, is', () => {
    sent('one');
    jest.advanceTimersByTime(1000);
    expect(pending.answered(response(200, 'one'))).toBe(false);
    expect(pending.answered(response(200, 'one', 'INFO'))).toBe(true);
    sent('one');
    expect(pending.answered(response(200, 'one'))).toBe(true);
  });

  test('an ACK has no answer, and a repetition is no second one', () => {
    sent('one', 'ACK');
    expect([over, pending.size]).toEqual([['one'], 0]);
    sent('two');
    sent('two');
    expect([over, pending.size]).toEqual([['one', 'two'], 1]);
    jest.advanceTimersByTime(1000);
    expect(silent).toHaveLength(1);
  });

  test('so many are remembered, of those that wait and of those that were given up', () => {
    for (const branch of ['one', 'two', 'three']) sent(branch);
    expect([over, pending.size]).toEqual([['three'], 2]);
    jest.advanceTimersByTime(1000);
    sent('four');
    jest.advanceTimersByTime(1000);
    expect(silent).toHaveLength(3);
    expect(['one', 'two', 'four'].map((branch) => pending.answered(response(200, branch)))).toEqual([
      true,
      false,
      false,
    ]);
  });

  test('closed, all are over', () => {
    sent('one');
    sent('two');
    pending.close();
    expect([over, pending.size]).toEqual([['one', 'two'], 0]);
  });

  test('N3: no more is held of them than an answer needs, and that is counted', () => {
    const message = request('one');
    message.body = 'x'.repeat(60_000);
    message.add('Subject', 'y'.repeat(8000));
    pending.sent(message, () => undefined);
    expect([pending.bytes > 50, pending.bytes < 400]).toEqual([true, true]);
    jest.advanceTimersByTime(1000);
    expect(silent.map(({ headers, body }) => [headers.map(({ name }) => name), body])).toEqual([
      [['Via', 'From', 'To', 'Call-ID', 'CSeq'], ''],
    ]);
    expect(pending.bytes).toBe(0);
  });
});
