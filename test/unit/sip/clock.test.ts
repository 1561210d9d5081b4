import type { CallRecord } from '../../../lib/calls/call';
import { establish, hangUp } from './established-call';
import type { SipPeer } from './sip-peer';
import { TestEdge } from './test-edge';

/** In ms; longer than what the tests register for and than any of them takes. */
const hour = 3_600_000;

let edge: TestEdge;
let core: SipPeer;

beforeAll(async () => {
  edge = await TestEdge.start();
  core = edge.coreNextHop;
});

afterEach(async () => {
  jest.restoreAllMocks();
  await edge.calls.endAll('shutdown');
});

afterAll(() => edge.close());

const realNow = Date.now;

function setClock(by: number): void {
  jest.spyOn(Date, 'now').mockImplementation(() => realNow() + by);
}

describe.each([
  ['forward', hour],
  ['back', -hour],
])('N8: a clock that is set an hour %s', (_way, by) => {
  test('ends no registration before its time', async () => {
    const ue = await edge.ue();
    setClock(by);
    await hangUp(ue, core, await establish(ue, core));
  });

  test('lets none live longer', async () => {
    const ue = await edge.stranger();
    await edge.register(ue, {}, { Contact: `${ue.contact};expires=1` });
    setClock(by);
    await edge.logged('"expired"', String(ue.port));
  });

  test('is not seen in how long a call took', async () => {
    const ue = await edge.ue();
    const ended = new Promise<CallRecord>((resolve) => edge.calls.once('ended', resolve));
    const call = await establish(ue, core);
    setClock(by);
    await hangUp(ue, core, call);
    const { id, startedAt, answeredAt = NaN, endedAt } = await ended;
    expect(answeredAt).toBeGreaterThanOrEqual(startedAt);
    expect(endedAt).toBeGreaterThanOrEqual(answeredAt);
    expect(endedAt - startedAt).toBeLessThan(hour);
    const { seconds } = JSON.parse(await edge.logged('"call ended"', id)) as { seconds: number };
    expect(seconds).toBeCloseTo((endedAt - answeredAt) / 1000);
  });
});
