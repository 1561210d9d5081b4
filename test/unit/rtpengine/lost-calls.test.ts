import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { KeptCalls } from '../../../lib/rtpengine/kept-calls';
import type { OfferOptions } from '../../../lib/rtpengine/ng-command';
import { RtpenginePool } from '../../../lib/rtpengine/pool';
import { FakeNgServer, type NgRequest } from './fake-ng-server';

const offer = (call: string): OfferOptions => ({
  ...{ 'call-id': call, 'from-tag': 'a', sdp: 'v=0\r\n', ICE: 'remove', 'ICE-lite': 'backward' },
  ...{ 'rtcp-mux': ['demux'], direction: ['access', 'core'], replace: ['origin'] },
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(5);
}

describe.each(['tcp', 'udp'] as const)('S18: calls that an rtpengine should have, over %s', (transport) => {
  let server: FakeNgServer;
  let pool: RtpenginePool;
  /** What it holds. */
  let calls: Set<string>;
  let isSilent: boolean;
  let lost: string[];
  let log: Record<string, unknown>[];

  const answer = ({ command, options, reply }: NgRequest) => {
    if (isSilent) return;
    const call = String(options['call-id']);
    const missing = () => reply({ result: 'error', 'error-reason': 'Unknown call-id' });
    if (command === 'ping') reply({ result: 'pong' });
    else if (command === 'query' && !calls.has(call)) missing();
    else {
      if (command === 'offer') calls.add(call);
      if (command === 'delete') calls.delete(call);
      reply({ result: 'ok', sdp: 'v=0\r\n' });
    }
  };

  const open = (lostAfterMs: number, timeoutMs: number) => {
    const logger = pino({ level: 'info' }, { write: (line) => log.push(JSON.parse(line) as (typeof log)[number]) });
    pool = new RtpenginePool({ urls: [server.url], logger, timeoutMs, pingIntervalMs: 20, lostAfterMs });
    pool.on('call-lost', (call) => {
      lost.push(call);
      void pool.nodes[0]?.delete(call);
    });
  };

  const start = async (names: string[]) => {
    for (const name of names) await pool.nodes[0]?.offer(offer(name));
  };

  beforeEach(async () => {
    [calls, isSilent, lost, log] = [new Set(), false, [], []];
    server = await FakeNgServer.start(answer, transport);
    open(60_000, 5000);
  });

  afterEach(async () => {
    pool.close();
    await server.close();
  });

  test('S18: started anew between two pings: each is told, those begun since are not, and the log says how many', async () => {
    const before = Array.from({ length: 40 }, (_, index) => `old-${index}`);
    await start(before);
    calls.clear();
    await start(['new-1', 'new-2']);
    await until(() => lost.length === before.length);
    await sleep(100);
    expect([...lost].sort()).toEqual(before.sort());
    expect(calls).toEqual(new Set(['new-1', 'new-2']));
    const told = log.filter(({ msg }) => String(msg).startsWith('rtpengine has lost calls'));
    expect(told).toEqual([expect.objectContaining({ level: 50, calls: 40, rtpengine: server.url })]);
  });

  test('S18: one that it ended by itself is told', async () => {
    await start(Array.from({ length: 20 }, (_, index) => `call-${index}`));
    calls.delete('call-13');
    await until(() => lost.length > 0);
    await sleep(100);
    expect(lost).toEqual(['call-13']);
  });

  test('S18: silent for longer than the bound: its calls are told, and deleted when it is back', async () => {
    pool.close();
    open(300, 50);
    await start(['call-1', 'call-2']);
    isSilent = true;
    await until(() => lost.length > 0);
    await sleep(100);
    expect([...lost].sort()).toEqual(['call-1', 'call-2']);
    const told = log.filter(({ msg }) => String(msg).startsWith('rtpengine has not answered for too long'));
    expect(told).toEqual([expect.objectContaining({ level: 50, calls: 2 })]);
    isSilent = false;
    await until(() => calls.size === 0);
    expect(lost).toHaveLength(2);
  });

  test('S18: silent for less: nothing is told', async () => {
    pool.close();
    open(60_000, 100);
    await start(['call-1', 'call-2']);
    isSilent = true;
    await until(() => pool.nodes[0]?.isUp === false);
    isSilent = false;
    await until(() => pool.nodes[0]?.isUp === true);
    await sleep(100);
    expect(lost).toEqual([]);
    expect(calls.size).toBe(2);
  });

  test('S18: another refusal than that it is unknown is no loss', async () => {
    await start(['call']);
    server.answer = (request) => {
      if (request.command === 'query') request.reply({ result: 'error', 'error-reason': 'Failed' });
      else answer(request);
    };
    await sleep(100);
    expect(lost).toEqual([]);
  });
});

describe('a look after calls', () => {
  const keptCalls = (names: string[]) => {
    const kept = new KeptCalls();
    for (const name of names) kept.keep(name);
    return kept;
  };

  test('each call is asked after in turn, few at a time', async () => {
    const kept = keptCalls(['a', 'b', 'c', 'd', 'e', 'f']);
    const asked: string[] = [];
    const isThere = (call: string) => Promise.resolve(asked.push(call) > 0);
    await kept.look(isThere, () => undefined);
    expect(asked).toEqual(['a', 'b', 'c', 'd']);
    await kept.look(isThere, () => undefined);
    expect(asked.slice(4)).toEqual(['e', 'f', 'a', 'b']);
  });

  test('a call that ended meanwhile is neither lost nor kept', async () => {
    const kept = keptCalls(['a', 'b']);
    const lost: string[] = [];
    const isThere = (call: string) => {
      if (call === 'a') kept.forget('a');
      return Promise.resolve(false);
    };
    expect(await kept.look(isThere, (call) => lost.push(call))).toBe(1);
    expect(lost).toEqual(['b']);
    expect(kept.takeAll()).toEqual([]);
  });

  test('where there is no answer, the next look begins with the same call', async () => {
    const kept = keptCalls(['a', 'b']);
    const lost: string[] = [];
    await kept.look(
      () => Promise.reject(new Error('silent')),
      (call) => lost.push(call),
    );
    expect(lost).toEqual([]);
    expect(kept.takeAll()).toEqual(['a', 'b']);
  });
});
