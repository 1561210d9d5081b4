import { GatewayBench, pwd, rtp, ufrag, user } from './gateway-bench';

let bench: GatewayBench;

afterEach(async () => {
  await bench.close();
});

describe('E1: connections that were not selected', () => {
  test('E1 E2: are closed when another one has been selected for a while; the selected one stays', async () => {
    bench = await GatewayBench.open({ unselectedMs: 20 });
    const idle = await bench.dial();
    await idle.ask(user, pwd);
    const ue = await bench.dialSelected();
    expect(bench.gateway.counters().open).toBe(2);
    bench.time += 20;
    await idle.closed;
    expect(bench.gateway.counters()).toMatchObject({ open: 1, selected: 1, closes: { 'not-selected': 1 } });
    ue.send(rtp(1));
    expect(await bench.anchor.media.next()).toEqual(rtp(1));
  });

  test('E1: are not closed before their time, and not while none is selected', async () => {
    bench = await GatewayBench.open({ unselectedMs: 20 });
    const idle = await bench.dial();
    await idle.ask(user, pwd);
    bench.time += 1000;
    const ue = await bench.dialSelected();
    bench.time += 19;
    await new Promise((resolve) => setTimeout(resolve, 60));
    await idle.ask(user, pwd);
    expect(bench.gateway.counters()).toMatchObject({ open: 2, closes: { 'not-selected': 0 } });
    ue.close();
  });

  test('E1 E3: one that comes later has the same time to be nominated, and then the one before goes', async () => {
    bench = await GatewayBench.open({ unselectedMs: 20 });
    const first = await bench.dialSelected();
    bench.time += 1000;
    const second = await bench.dial();
    await second.ask(user, pwd);
    await second.ask(user, pwd, true);
    await bench.until(() => bench.told.length === 2);
    bench.time += 20;
    await first.closed;
    expect(bench.told).toEqual([
      ['selected', first.port],
      ['selected', second.port],
    ]);
    expect(bench.gateway.streamStatus(ufrag)).toMatchObject({ remote: { port: second.port }, reconnects: 1 });
  });

  test('E6 C12: two that are nominated at once are no reconnect', async () => {
    bench = await GatewayBench.open();
    await bench.dialSelected();
    await bench.dialSelected();
    expect(bench.gateway.streamStatus(ufrag)).toMatchObject({ reconnects: 0 });
  });
});

describe('E4: nothing comes from the UE', () => {
  test('E4: after its connection ended, and it did not come back in time: told once', async () => {
    bench = await GatewayBench.open();
    const ue = await bench.dialSelected();
    bench.time += 25_000;
    ue.close();
    await bench.until(() => bench.told.length === 2);
    bench.time += 29_999;
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(bench.told).toHaveLength(2);
    bench.time += 1;
    await bench.until(() => bench.told.length === 3);
    bench.time += 100_000;
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(bench.told).toEqual([
      ['selected', ue.port],
      ['connection-lost', ue.port],
      ['media-lost', ue.port],
    ]);
  });

  test('E4: on a connection that is still open: it is closed, and told once', async () => {
    bench = await GatewayBench.open();
    const ue = await bench.dialSelected();
    bench.time += 30_000;
    await ue.closed;
    await bench.until(() => bench.told.length === 3);
    expect(bench.told).toEqual([
      ['selected', ue.port],
      ['connection-lost', ue.port],
      ['media-lost', ue.port],
    ]);
    expect(bench.gateway.counters().closes.silent).toBe(1);
  });

  test('C13 E4: a UE on hold that asks for consent is not silent', async () => {
    bench = await GatewayBench.open();
    const ue = await bench.dialSelected();
    for (let i = 0; i < 4; i++) {
      bench.time += 20_000;
      await ue.ask(user, pwd, true);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(bench.told).toEqual([['selected', ue.port]]);
  });

  test('E3 E4: a UE that comes back in time loses nothing, and later silence is told again', async () => {
    bench = await GatewayBench.open();
    const first = await bench.dialSelected();
    first.close();
    await bench.until(() => bench.told.length === 2);
    bench.time += 29_000;
    const second = await bench.dialSelected();
    bench.time += 29_000;
    second.send(rtp(1));
    await bench.anchor.media.next();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(bench.told.map(([event]) => event)).toEqual(['selected', 'connection-lost', 'selected']);
    bench.time += 30_000;
    await second.closed;
    await bench.until(() => bench.told.length === 5);
    const third = await bench.dialSelected();
    expect(bench.told.at(-1)).toEqual(['selected', third.port]);
    bench.time += 30_000;
    await third.closed;
    await bench.until(() => bench.told.length === 8);
    expect(bench.told.at(-1)).toEqual(['media-lost', third.port]);
  });

  test('E4: a stream that never had media, or is over, loses none', async () => {
    bench = await GatewayBench.open();
    const ue = await bench.dial();
    await ue.ask(user, pwd);
    bench.time += 60_000;
    await new Promise((resolve) => setTimeout(resolve, 20));
    const other = await bench.dialSelected();
    bench.gateway.removeStream(ufrag);
    await other.closed;
    bench.time += 60_000;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(bench.told).toEqual([['selected', other.port]]);
  });
});
