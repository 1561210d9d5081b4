import type { Side } from '../../../lib/media/media-anchor';
import { CallTable } from '../../../lib/calls/call-table';

/** An anchor whose offers and answers wait until the test lets them through. */
class SlowAnchor {
  readonly log: string[] = [];
  readonly #waiting: (() => void)[] = [];

  offer(_call: string, from: Side): Promise<string> {
    return this.#wait(`offer ${from}`);
  }

  answer(_call: string, from: Side): Promise<string> {
    return this.#wait(`answer ${from}`);
  }

  async rollback(): Promise<void> {
    await this.#wait('rollback');
  }

  release(): Promise<void> {
    this.log.push('release');
    return Promise.resolve();
  }

  letThrough(): void {
    this.#waiting.shift()?.();
  }

  async #wait(what: string): Promise<string> {
    this.log.push(what);
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.log.push(`${what} done`);
    return 'sdp';
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('the table of calls', () => {
  test('holds a call until it ends, and its media is released once', async () => {
    const anchor = new SlowAnchor();
    const calls = new CallTable({ maxCalls: 1 });
    const call = calls.open('originating', 'id@ue', anchor);
    expect(calls.size).toBe(1);
    expect([call.end('hung-up'), call.end('link-lost')]).toEqual([true, false]);
    await calls.settled();
    expect(anchor.log).toEqual(['release']);
    expect(calls.size).toBe(0);
  });

  test('is bounded', () => {
    const calls = new CallTable({ maxCalls: 1 });
    const call = calls.open('originating', 'a', new SlowAnchor());
    expect(() => calls.open('originating', 'b', new SlowAnchor())).toThrow(
      expect.objectContaining({ code: 'too-many-calls', sipStatus: 503, retryAfter: 10 }),
    );
    call.end('hung-up');
    expect(calls.open('terminating', 'b', new SlowAnchor()).facts.direction).toBe('terminating');
  });

  test('a call that ends in the middle of an offer is released after it, and what waits is not asked', async () => {
    const anchor = new SlowAnchor();
    const calls = new CallTable({ maxCalls: 1 });
    const call = calls.open('originating', 'a', anchor);
    const offer = call.offer('access', 'sdp');
    const answer = call.answer('core', 'sdp');
    await turn();
    call.end('cancelled');
    await turn();
    expect(anchor.log).toEqual(['offer access']);
    anchor.letThrough();
    await expect(offer).rejects.toMatchObject({ code: 'call-ended', sipStatus: 487 });
    await expect(answer).rejects.toMatchObject({ code: 'call-ended' });
    await calls.settled();
    expect(anchor.log).toEqual(['offer access', 'offer access done', 'release']);
  });

  test('takes back an offer after what was asked before, and not once it has ended', async () => {
    const anchor = new SlowAnchor();
    const call = new CallTable({ maxCalls: 1 }).open('originating', 'a', anchor);
    const offer = call.offer('access', 'sdp');
    const rollback = call.rollback();
    await turn();
    anchor.letThrough();
    await offer;
    await turn();
    anchor.letThrough();
    await rollback;
    call.end('hung-up');
    await call.rollback();
    await call.released();
    expect(anchor.log).toEqual(['offer access', 'offer access done', 'rollback', 'rollback done', 'release']);
  });

  test('ends all calls and tells each once', async () => {
    const calls = new CallTable({ maxCalls: 9 });
    const ends: string[] = [];
    for (const id of ['a', 'b']) {
      const call = calls.open('originating', id, new SlowAnchor());
      call.onEnd((cause) => ends.push(`${id} ${cause}`));
      call.onEnd(() => ends.push('never'))();
    }
    await calls.endAll('shutdown');
    await calls.endAll('link-lost');
    expect(ends).toEqual(['a shutdown', 'b shutdown']);
  });
});
