import { EventEmitter } from 'node:events';
import type { SentRequest } from '../../../lib/drachtio/messages';
import { UnansweredRequests } from '../../../lib/drachtio/unanswered-requests';

let givenUp: SentRequest[];
let requests: UnansweredRequests;

beforeEach(() => {
  jest.useFakeTimers();
  givenUp = [];
  requests = new UnansweredRequests((request) => givenUp.push(request));
});

afterEach(() => {
  requests.close();
  expect(jest.getTimerCount()).toBe(0);
  jest.useRealTimers();
});

function sent(method: string): SentRequest {
  const request = Object.assign(new EventEmitter(), { method }) as unknown as SentRequest;
  requests.sent(request);
  return request;
}

const answer = (request: SentRequest, status: number) => request.emit('response', { status } as never, () => undefined);

test.each([
  ['BYE', 40],
  ['SUBSCRIBE', 40],
  ['INVITE', 240],
])('N3: a %s is given up after %i s without a final response', (method, seconds) => {
  const request = sent(method);
  answer(request, 180);
  jest.advanceTimersByTime(1000 * seconds - 1);
  expect(givenUp).toEqual([]);
  jest.advanceTimersByTime(1);
  expect(givenUp).toEqual([request]);
});

test('N3: an INVITE that was cancelled is given up as soon as any other request', () => {
  const request = sent('INVITE');
  jest.advanceTimersByTime(100_000);
  requests.cancelled(request);
  jest.advanceTimersByTime(39_999);
  expect(givenUp).toEqual([]);
  jest.advanceTimersByTime(1);
  expect(givenUp).toEqual([request]);
});

test('one that is answered is not waited for, be it cancelled later', () => {
  const [bye, invite] = [sent('BYE'), sent('INVITE')];
  answer(bye, 200);
  answer(invite, 200);
  requests.cancelled(invite);
  expect(jest.getTimerCount()).toBe(0);
});
