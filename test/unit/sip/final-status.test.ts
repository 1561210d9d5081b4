import type { ResponseOptions, ResponseSender } from '../../../lib/drachtio/messages';
import { reply } from '../../../lib/sip/final-status';

interface Sent {
  status: number;
  reason: string | undefined;
  options: ResponseOptions | undefined;
}

function sentFor(final: Parameters<typeof reply>[1]): Sent[] {
  const sent: Sent[] = [];
  const response: ResponseSender = {
    finalResponseSent: false,
    send: (status, reason, options) => void sent.push({ status, reason, options }),
  };
  reply(response, final);
  return sent;
}

describe('O11: a response that is larger than the server can send', () => {
  const headers = { 'User-to-User': 'x'.repeat(20_000) };

  test.each([200, 202])('%i becomes a 500: without its content it would be taken for what was asked', (status) => {
    expect(sentFor({ status, reason: 'OK', headers })).toEqual([{ status: 500, reason: undefined, options: {} }]);
  });

  test.each([183, 302, 488, 503])('%i is sent without its content', (status) => {
    expect(sentFor({ status, reason: 'As it was', headers })).toEqual([{ status, reason: 'As it was', options: {} }]);
  });

  test('one that fits is sent as it is', () => {
    const fitting = { 'User-to-User': 'x'.repeat(2000) };
    expect(sentFor({ status: 200, reason: 'Fine', headers: fitting, body: 'v=0' })).toEqual([
      {
        status: 200,
        reason: 'Fine',
        options: { headers: { 'Content-Type': 'application/sdp', ...fitting }, body: 'v=0' },
      },
    ]);
  });
});
