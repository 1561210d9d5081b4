import { randomBytes } from 'node:crypto';
import { SeenChecks } from '../../../lib/gateway/seen-checks';
import { GatewayBench, pwd, rtp, ufrag, user } from './gateway-bench';

describe('who overhears a UE, or knows its ufrag', () => {
  let bench: GatewayBench;

  beforeEach(async () => {
    bench = await GatewayBench.open();
  });

  afterEach(async () => {
    await bench.close();
  });

  test('C10: gets nothing for a check that the UE sent, nominating or not, be it gone or not', async () => {
    const ue = await bench.dial();
    const checks = [ue.check(user, pwd), ue.check(user, pwd, true)];
    ue.send(...checks);
    await bench.until(() => bench.told.length === 1);
    for (const check of checks) {
      const stranger = await bench.dial();
      stranger.send(check);
      await stranger.closed;
      expect(stranger.frames.length).toBe(0);
    }
    bench.anchor.peer = await bench.anchor.requests.next();
    bench.anchor.send(rtp(1));
    for (let i = 0; i < 2; i++) await ue.nextMessage();
    expect(await ue.frames.next()).toEqual(rtp(1));
    ue.close();
    await bench.until(() => bench.told.length === 2);
    const late = await bench.dial();
    late.send(checks[1]!);
    await late.closed;
    expect(bench.told.map(([event]) => event)).toEqual(['selected', 'connection-lost']);
    expect(bench.gateway.counters().closes.replay).toBe(3);
  });

  test('C10: repeated by the UE itself, on its connection, a check is answered again', async () => {
    const ue = await bench.dial();
    const check = ue.check(user, pwd);
    ue.send(check, check);
    expect((await ue.nextMessage()).class).toBe('success');
    expect((await ue.nextMessage()).class).toBe('success');
  });

  test('C3 E8: gets nothing for a ufrag without its password: no answer, no socket, nothing to rtpengine', async () => {
    const ue = await bench.dialSelected();
    await bench.anchor.requests.next();
    const before = bench.gateway.counters();
    const stranger = await bench.dial();
    stranger.send(stranger.check(user, 'aPasswordThatIsNotTheRightOne', true), rtp(9));
    await stranger.closed;
    expect(stranger.frames.length).toBe(0);
    expect(bench.gateway.counters()).toMatchObject({
      ...{ authenticated: 1, selected: 1, nominations: before.nominations, toAnchor: before.toAnchor },
      closes: { 'bad-integrity': 1 },
    });
    ue.send(rtp(1));
    expect(await bench.anchor.media.next()).toEqual(rtp(1));
    expect(bench.anchor.requests.length).toBe(0);
    expect(bench.gateway.streamStatus(ufrag)).toMatchObject({ remote: { port: ue.port } });
  });
});

test('C10: of the checks of a stream the last 4096 are known, and which connection sent them', () => {
  const seen = new SeenChecks();
  const ids = Array.from({ length: 5000 }, () => randomBytes(12));
  expect(ids.some((id) => seen.isReplay(id, 1))).toBe(false);
  expect(ids.slice(-4096).every((id) => seen.isReplay(id, 2))).toBe(true);
  expect(ids.slice(-4096).some((id) => seen.isReplay(id, 1))).toBe(false);
  expect(ids.slice(0, 500).some((id) => seen.isReplay(id, 2))).toBe(false);
});
