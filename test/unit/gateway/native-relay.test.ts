import { channelData } from '../../../lib/ice/turn-frames';
import { describeNativePlane, planeThreads } from './plane-under-test';
import { RelayBench, type Relayed } from './relay-bench';
import { rtp } from './turn-ue';

const channel = 0x4000;

describeNativePlane(() => {
  let bench: RelayBench;

  beforeEach(async () => {
    bench = await RelayBench.open();
  });

  afterEach(() => bench.close());

  /** Two UEs whose relayed addresses are one. */
  async function neighbours(): Promise<[Relayed, Relayed]> {
    const all: Relayed[] = [];
    for (let i = 0; i <= planeThreads; i++) all.push(await bench.dialRelayed());
    const first = all.find(({ address }, i) => all.findIndex((one) => one.address.port === address.port) !== i)!;
    return [all.find(({ address }) => address.port === first.address.port)!, first];
  }

  test('M8: UEs share sockets: there are no more than threads, and each gets its own peer data', async () => {
    const ports = new Set<number>();
    for (let i = 0; i < 4 * planeThreads; i++) {
      const { ue, address, peer } = await bench.pair(channel);
      ports.add(address.port);
      ue.send(channelData(channel, rtp(i)));
      expect(await peer.next()).toEqual(rtp(i));
      peer.socket.send(rtp(i + 50), address.port, address.address);
      expect(await ue.frames.next()).toEqual(channelData(channel, rtp(i + 50)));
    }
    expect(ports.size).toBeLessThanOrEqual(planeThreads);
  });

  test('M2: a peer that another UE has by the same port is refused, and what is sent to it dropped', async () => {
    const [first, second] = await neighbours();
    const peer = await bench.peer();
    for (const { connection } of [first, second]) bench.permit(connection, peer, { channel });
    second.ue.send(channelData(channel, rtp(1)), channelData(channel, rtp(2)));
    await bench.until(() => bench.drops['relay-taken'] === 2);
    first.ue.send(channelData(channel, rtp(3)));
    expect(await peer.next()).toEqual(rtp(3));
    peer.socket.send(rtp(4), first.address.port, first.address.address);
    expect(await first.ue.frames.next()).toEqual(channelData(channel, rtp(4)));
    expect(second.ue.frames.length).toBe(0);

    // It goes on when the other one is gone and control permits it again.
    first.ue.socket.destroy();
    await bench.closed.next();
    bench.permit(second.connection, peer, { channel });
    second.ue.send(channelData(channel, rtp(5)));
    expect(await peer.next()).toEqual(rtp(5));
  });

  test('M2: a port that nobody else is to have is nobody else’s, then or later, until it is given back', async () => {
    const [shared] = await neighbours();
    const alone: Relayed[] = [];
    for (let i = 0; i <= planeThreads; i++) alone.push(await bench.dialRelayed('127.0.0.1', 'shared'));
    const ports = alone.map(({ address }) => address.port);
    expect(new Set([...ports, shared.address.port]).size).toBe(planeThreads + 2);
    for (let i = 0; i < 2 * planeThreads; i++) expect(ports).not.toContain((await bench.dialRelayed()).address.port);
  });

  test('M4: a port is another UE’s when the one to avoid is taken, and shared by those who may', async () => {
    const [first, second] = await neighbours();
    const apart = await bench.dialRelayed('127.0.0.1', [first.address.port]);
    expect(apart.address.port).not.toBe(first.address.port);
    expect(second.address.port).toBe(first.address.port);
  });
});
