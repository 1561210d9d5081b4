import { EarlyNotifies } from '../../../../lib/drachtio/fence/early-notifies';
import { ForkedCalls, Forks } from '../../../../lib/drachtio/fence/forks';
import { SipMessage } from '../../../../lib/wire/sip-message';
import { tagOf } from '../../../../lib/wire/sip-uri';

const relay = '192.0.2.1:7000';

function response(status: number, tag: string, rseq?: number): SipMessage {
  const message = new SipMessage(`SIP/2.0 ${status} Test`)
    .add('Record-Route', `<sip:far@192.0.2.30;lr>, <sip:near@192.0.2.20;lr>`)
    .add('Record-Route', `<sip:mark@${relay};transport=udp;lr>`)
    .add('To', `"Bob" <sip:bob@ims.example>;tag=${tag}`)
    .add('Contact', `<sip:${tag}@192.0.2.9>`);
  return rseq === undefined ? message : message.add('Require', '100rel').add('RSeq', String(rseq));
}

function request(
  method: string,
  tags: { from?: string; to?: string },
  headers: Record<string, string> = {},
): SipMessage {
  const message = new SipMessage(`${method} sip:a@192.0.2.9 SIP/2.0`)
    .add('From', `<sip:alice@ims.example>;tag=${tags.from ?? 'us'}`)
    .add('To', `<sip:bob@ims.example>;tag=${tags.to ?? 'us'}`);
  for (const [name, value] of Object.entries(headers)) message.add(name, value);
  return message;
}

/** What the server gets of an 18x: its tag and RSeq. */
function shown(forks: Forks, ...given: Parameters<typeof response>): string {
  const message = response(...given);
  expect(forks.response(message)).toBe('passes');
  return `${/tag=(.*)$/.exec(message.get('to') ?? '')?.[1] ?? ''} ${message.get('rseq') ?? ''}`;
}

function pracked(forks: Forks, rseq: number) {
  const prack = request('PRACK', { to: 'A' }, { RAck: `${rseq} 1 INVITE` });
  forks.toCore(prack);
  return [prack.requestUri, prack.get('to'), prack.get('rack'), prack.values('route')];
}

describe('P7: the forks of an INVITE', () => {
  test('one alone keeps its tag and its numbers', () => {
    const forks = new Forks(relay);
    expect([shown(forks, 183, 'A', 7), shown(forks, 183, 'A', 7), shown(forks, 180, 'A', 8)]).toEqual([
      'A 7',
      'A 7',
      'A 8',
    ]);
    expect(pracked(forks, 8)).toEqual(['sip:a@192.0.2.9', '<sip:bob@ims.example>;tag=A', '8 1 INVITE', []]);
    expect(forks.isForked).toBe(false);
  });

  test('several are one to the server, with numbers that follow each other, and each gets its own PRACK', () => {
    const forks = new Forks(relay);
    expect(shown(forks, 183, 'A', 7)).toBe('A 7');
    expect(shown(forks, 183, 'B', 900)).toBe('A 8');
    expect(shown(forks, 183, 'B', 900)).toBe('A 8');
    expect(shown(forks, 180, 'A', 8)).toBe('A 9');
    const routes = ['<sip:near@192.0.2.20;lr>', '<sip:far@192.0.2.30;lr>'];
    const to = (tag: string) => `<sip:bob@ims.example>;tag=${tag}`;
    expect(pracked(forks, 8)).toEqual(['sip:B@192.0.2.9', to('B'), '900 1 INVITE', routes]);
    expect(pracked(forks, 9)).toEqual(['sip:A@192.0.2.9', to('A'), '8 1 INVITE', routes]);
  });

  test('one that is not reliable keeps its tag', () => {
    const forks = new Forks(relay);
    shown(forks, 183, 'A', 7);
    expect(shown(forks, 180, 'B')).toBe('B ');
  });

  test('what the server sends goes to the fork that answered, and is known to it as the server says', () => {
    const forks = new Forks(relay);
    shown(forks, 183, 'A', 7);
    expect(forks.response(response(200, 'B'))).toBe('passes');
    for (const method of ['ACK', 'INFO', 'BYE']) {
      const sent = request(method, { to: 'A' });
      forks.toCore(sent);
      expect(sent.get('to')).toBe('<sip:bob@ims.example>;tag=B');
    }
    const bye = request('BYE', { from: 'B' });
    forks.toServer(bye);
    expect(bye.get('from')).toBe('<sip:alice@ims.example>;tag=A');
    const stranger = request('BYE', { from: 'C' });
    forks.toServer(stranger);
    expect(stranger.get('from')).toBe('<sip:alice@ims.example>;tag=C');
  });

  test('before the answer, what the server sends goes to the fork that it heard last, and is known by the first', () => {
    const forks = new Forks(relay);
    const sent = (to: string) => {
      const update = request('UPDATE', { to });
      forks.toCore(update);
      return tagOf(update.get('to'));
    };
    const heard = (from: string) => {
      const update = request('UPDATE', { from });
      forks.toServer(update);
      return tagOf(update.get('from'));
    };
    shown(forks, 180, 'early');
    expect([sent('early'), heard('early')]).toEqual(['early', 'early']);
    shown(forks, 183, 'A', 7);
    shown(forks, 183, 'B', 7);
    expect([sent('A'), heard('B'), heard('A'), heard('stranger')]).toEqual(['B', 'A', 'A', 'stranger']);
  });

  test('two that count alike are told apart, and a PRACK for none goes as it is', () => {
    const forks = new Forks(relay);
    expect([shown(forks, 183, 'A', 7), shown(forks, 183, 'B', 7), shown(forks, 183, 'B', 7)]).toEqual([
      'A 7',
      'A 8',
      'A 8',
    ]);
    const prack = request('PRACK', { to: 'A' }, { RAck: '9 1 INVITE', Route: '<sip:of.the.server;lr>' });
    forks.toCore(prack);
    expect([prack.get('to'), prack.get('rack'), prack.get('route')]).toEqual([
      '<sip:bob@ims.example>;tag=A',
      '9 1 INVITE',
      '<sip:of.the.server;lr>',
    ]);
    const routed = request('PRACK', { to: 'A' }, { RAck: '8 1 INVITE', Route: '<sip:of.the.server;lr>' });
    forks.toCore(routed);
    expect(routed.values('route')).toEqual(['<sip:near@192.0.2.20;lr>', '<sip:far@192.0.2.30;lr>']);
  });

  test('who tries, refuses or has no tag is none', () => {
    const forks = new Forks(relay);
    for (const status of [100, 300, 486]) forks.response(response(status, `of${status}`));
    const untagged = response(183, 'x');
    untagged.set('To', '<sip:bob@ims.example>');
    forks.response(untagged);
    forks.response(response(183, 'A', 1));
    expect(forks.isForked).toBe(false);
    forks.response(response(180, 'B'));
    expect(forks.isForked).toBe(true);
  });

  test('64 are remembered, and 64 that answer too late', () => {
    const forks = new Forks(relay);
    for (let again = 1; again <= 65; again++) shown(forks, 183, 'f1', 1);
    for (let fork = 1; fork <= 65; fork++) shown(forks, 183, `f${fork}`, 1);
    expect(pracked(forks, 64)[1]).toBe('<sip:bob@ims.example>;tag=f64');
    expect(pracked(forks, 65)[1]).toBe('<sip:bob@ims.example>;tag=A');
    const known = [64, 65].map((fork) => {
      const update = request('UPDATE', { from: `f${fork}` });
      forks.toServer(update);
      return tagOf(update.get('from'));
    });
    expect(known).toEqual(['f1', 'f65']);
    const answers = Array.from({ length: 66 }, (_, fork) => forks.response(response(200, `g${fork}`)));
    expect(answers.slice(0, 2)).toEqual(['passes', 'surplus']);
    expect(answers.slice(64)).toEqual(['surplus', 'surplus-again']);
  });

  test('a server that has the right tag keeps it', () => {
    const forks = new Forks(relay);
    shown(forks, 183, 'A', 7);
    forks.response(response(200, 'B'));
    forks.toCore(request('ACK', { to: 'B' }));
    const bye = request('BYE', { from: 'B' });
    forks.toServer(bye);
    expect(bye.get('from')).toBe('<sip:alice@ims.example>;tag=B');
  });

  test('who answers later is surplus, each once', () => {
    const forks = new Forks(relay);
    const answers = ['A', 'A', 'B', 'B', 'C'].map((tag) => forks.response(response(200, tag)));
    expect(answers).toEqual(['passes', 'passes', 'surplus', 'surplus-again', 'surplus']);
  });

  test('are forgotten with their INVITE, unless there are several, and then with their call', () => {
    const calls = new ForkedCalls(2);
    for (const callId of ['1', '2', '3']) calls.set(callId, new Forks(relay));
    expect([calls.get('1'), calls.get('2')]).toEqual([undefined, expect.any(Forks)]);
    calls.get('3')?.response(response(183, 'A', 1));
    calls.get('3')?.response(response(200, 'B'));
    calls.sweep(() => false);
    expect([calls.get('2'), calls.get('3')?.isForked]).toEqual([undefined, true]);
    calls.get('3')!.isOver = true;
    calls.sweep(() => true);
    expect(calls.get('3')).toBeDefined();
    calls.sweep(() => false);
    expect(calls.get('3')).toBeUndefined();
  });
});

test('N3: NOTIFYs wait only while there is room for their bodies', () => {
  const notifies = new EarlyNotifies();
  const hold = (branch: string, length: number) => {
    const notify = request('NOTIFY', {}, { 'Call-ID': '1' });
    notify.body = 'x'.repeat(length);
    return notifies.hold(notify, branch, () => undefined);
  };
  notifies.begin('1');
  expect([hold('a', 60_000), hold('b', 60_000), hold('c', 5000), hold('a', 60_000)]).toEqual([true, false, true, true]);
});

test('P10: NOTIFYs wait for the answer to their SUBSCRIBE, a few, and each once', () => {
  const passed: string[] = [];
  const notifies = new EarlyNotifies();
  const hold = (callId: string, branch: string) =>
    notifies.hold(request('NOTIFY', {}, { 'Call-ID': callId }), branch, (isSubscribed) =>
      passed.push(isSubscribed ? branch : `no ${branch}`),
    );
  notifies.begin('1');
  expect(['a', 'a', 'b', 'c', 'd', 'e'].map((branch) => hold('1', branch))).toEqual([
    true,
    true,
    true,
    true,
    true,
    false,
  ]);
  // The server would see a repetition of what it has not got.
  expect(hold('1', 'a')).toBe(true);
  expect(hold('other', 'x')).toBe(false);
  notifies.settle('1', true);
  expect(passed).toEqual(['a', 'b', 'c', 'd']);
  expect(hold('1', 'f')).toBe(false);
  notifies.begin('2');
  notifies.sweep(() => false);
  expect(hold('2', 'g')).toBe(false);
  notifies.begin('3');
  notifies.sweep((callId) => callId === '3');
  expect(hold('3', 'h')).toBe(true);
  notifies.settle('3', false);
  expect(passed.at(-1)).toBe('no h');
});
