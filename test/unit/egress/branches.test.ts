import { Branches, type Branch } from '../../../lib/egress/branches';
import { limits } from '../../../lib/egress/limits';
import type { Link } from '../../../lib/wire/link';
import { parseSipMessage } from '../../../lib/wire/sip-message';
import { request } from './messages';

const link = (port: number): Link => ({
  ...{ transport: 'udp', address: '192.0.2.1', port, sentBy: '127.1.0.1:5060' },
  send: () => undefined,
  prove: () => undefined,
});

function parsed(method: string, headers: Record<string, string> = {}) {
  const { message } = parseSipMessage(request(method, 'sip:bob@ims.example', headers)) ?? {};
  if (message?.isRequest !== true) throw new Error('no request');
  return message;
}

const via = (branch: string, sentBy = '127.1.0.1:5060') => ({ Via: `SIP/2.0/UDP ${sentBy};branch=${branch}` });

describe('what is under way at the egress relay', () => {
  let now: number;
  let branches: Branches;
  const [back, other, onward] = [link(1), link(2), link(3)];

  beforeEach(() => {
    now = 0;
    branches = new Branches(() => now, { ...limits, branches: 2 });
  });

  const open = (method: string, id = method, from = back): Branch =>
    branches.open(id, { request: parsed(method), back: from, isForServer: false, holder: 'ue a' })!;

  const sentOn = (branch: Branch, over = onward): Branch => {
    branches.sent(branch, { request: parsed(branch.method), text: '', onward: over, overUdp: undefined });
    return branch;
  };

  test('an INVITE, its CANCEL and its ACK have one branch; that of another sender, or another, is another', () => {
    const id = (method: string, headers: Record<string, string>) => branches.idFor(parsed(method, headers));
    const of = id('INVITE', via('z9hG4bKone'));
    expect(of).toMatch(/^z9hG4bK[\da-f]{32}$/);
    for (const method of ['INVITE', 'CANCEL', 'ACK']) expect(id(method, via('z9hG4bKone'))).toBe(of);
    expect(id('INVITE', via('z9hG4bKtwo'))).not.toBe(of);
    expect(id('INVITE', via('z9hG4bKone', '127.1.0.1:5061'))).not.toBe(of);
    expect(new Branches(() => now, limits).idFor(parsed('INVITE', via('z9hG4bKone')))).not.toBe(of);
  });

  test.each(['old', 'z9hG4bK', 'xz9hG4bKone'])('a Via whose branch need not be unique has none: %s', (branch) => {
    expect(branches.idFor(parsed('INVITE', via(branch)))).toBeUndefined();
  });

  test('there are so many at once', () => {
    open('INVITE', 'a');
    open('INVITE', 'b');
    expect(open('INVITE', 'c')).toBeUndefined();
    now = limits.unanswered;
    branches.sweep();
    expect(open('INVITE', 'c')).toBeDefined();
    expect(branches.size).toBe(1);
  });

  test.each<[string, number[], number]>([
    ['MESSAGE', [], limits.unanswered],
    ['MESSAGE', [100], limits.unanswered],
    ['MESSAGE', [100, 200], limits.afterOther],
    ['INVITE', [], limits.unanswered],
    ['INVITE', [180], limits.ringing],
    ['INVITE', [199, 200], limits.afterInvite],
    ['INVITE', [486, 180, 200], limits.afterInvite - 2000],
  ])(
    '%s with responses %j is there for %i ms after the last one, and not until the next sweep',
    (method, statuses, ms) => {
      const branch = open(method);
      for (const status of statuses) {
        now += 1000;
        branches.answered(branch, status);
      }
      now += ms - 1;
      expect(branches.get(method)).toBe(branch);
      branches.sweep();
      expect(branches.size).toBe(1);
      now += 1;
      expect(branches.get(method)).toBeUndefined();
      expect(branches.size).toBe(1);
      branches.sweep();
      expect(branches.size).toBe(0);
    },
  );

  test.each([
    ['of one that may have to go over UDP is kept until somebody has it', { ...link(4), transport: 'udp' as const }],
    ['of any other is not kept', undefined],
  ])('what is not needed any more %s', (_what, overUdp) => {
    const branch = open('MESSAGE');
    branches.answered(branch, 100);
    const request = parsed('MESSAGE', { Subject: 'long' });
    request.body = 'hello';
    branches.sent(branch, { request, text: '', onward, overUdp });
    const kept = () => [branch.sent?.request.body, branch.sent?.request.get('subject')];
    expect(kept()).toEqual(overUdp ? ['hello', 'long'] : ['', undefined]);
    branches.answered(branch, 100);
    expect(kept()).toEqual(['', undefined]);
    expect(branch.sent?.request.get('call-id')).toBe(request.callId);
  });

  test('N3: nothing is held of the text that a request came in, but what its answers need', () => {
    const request = parsed('MESSAGE', { Subject: 'x'.repeat(60_000), Contact: '<sip:a@b>' });
    const branch = branches.open('MESSAGE', { request, back, isForServer: true, holder: 'ue a' })!;
    branches.sent(branch, { request, text: '', onward, overUdp: undefined });
    for (const kept of [branch.request, branch.sent!.request]) {
      expect([kept.raw, kept.headers.map(({ key }) => key).sort()]).toEqual([
        undefined,
        ['call-id', 'cseq', 'from', 'max-forwards', 'to', 'via'],
      ]);
    }
    expect(branch.bytes).toBeLessThan(1000);
  });

  test('N3: once all together hold much, only small ones are taken, until some are over', () => {
    branches = new Branches(() => now, { ...limits, branchBytes: 20_000 });
    const opened = (id: string, bytes: number) =>
      branches.open(id, {
        request: parsed('MESSAGE', via(`z9hG4bK${'x'.repeat(bytes)}`)),
        back,
        isForServer: true,
        holder: 'ue a',
      });
    expect([opened('a', 15_000), opened('b', 15_000)]).not.toContain(undefined);
    expect(opened('c', 15_000)).toBeUndefined();
    expect(opened('d', 100)).toBeDefined();
    now += limits.unanswered + 1;
    branches.sweep();
    expect(opened('e', 15_000)).toBeDefined();
  });

  test('N3: once all together hold much, large ones that were sent on are not kept', () => {
    branches = new Branches(() => now, { ...limits, branchBytes: 1500 });
    const [first, second] = [open('MESSAGE'), open('INVITE')];
    const sent = (text: string) => ({ request: parsed('MESSAGE'), text, onward, overUdp: undefined });
    branches.sent(first, sent('x'.repeat(60_000)));
    expect(first.sent?.text).toHaveLength(60_000);
    branches.sent(second, sent('x'.repeat(60_000)));
    expect([second.sent?.text, second.sent?.onward]).toEqual(['', onward]);
    expect(second.bytes).toBeLessThan(1000);
    branches.sent(second, sent('x'.repeat(1000)));
    expect(second.sent?.text).toHaveLength(1000);
  });

  test('of a link that is lost, those count that wait for a final response over it', () => {
    const [call, message] = [sentOn(open('INVITE')), sentOn(open('MESSAGE', 'MESSAGE', other), other)];
    expect(branches.of(back)).toEqual([call]);
    expect(branches.of(other)).toEqual([message]);
    expect(branches.waitingFor(onward)).toEqual([['INVITE', call]]);
    expect(branches.waitingFor(other)).toEqual([['MESSAGE', message]]);
    branches.answered(call, 180);
    expect([branches.of(back), branches.waitingFor(onward)]).toEqual([[call], [['INVITE', call]]]);
    branches.answered(call, 486);
    expect([branches.of(back), branches.waitingFor(onward)]).toEqual([[], []]);
  });

  test('calls that wait: INVITEs alone, that were sent on and have no final response', () => {
    const call = open('INVITE');
    sentOn(open('MESSAGE'));
    expect(branches.unansweredInvites()).toEqual([]);
    sentOn(call);
    branches.answered(call, 180);
    expect(branches.unansweredInvites()).toEqual([['INVITE', call]]);
    expect(branches.callIds('INVITE')).toEqual(new Set(['call-1']));
    expect(branches.callIds('SUBSCRIBE')).toEqual(new Set());
    branches.answered(call, 200);
    expect(branches.unansweredInvites()).toEqual([]);
  });
});
