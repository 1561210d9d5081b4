import { once } from 'node:events';
import { pino } from 'pino';
import type { GatewayLimits } from '../../../lib/gateway/limits';
import type { MediaStream, StreamPath } from '../../../lib/gateway/stream';
import { TcpGateway } from '../../../lib/gateway/tcp-gateway';
import { FakeAnchor } from './fake-anchor';
import { planeUnderTest } from './plane-under-test';
import { TestUe } from './test-ue';

const ufrag = 'Ab12Cd34';
export const pwd = 'thePasswordThatRtpengineChose';
const user = `${ufrag}:ueue`;

/** A gateway that is open to one stream, the anchor of that stream, and UEs, with a clock that stands still. */
export class GatewayBench {
  readonly told: [event: string, remotePort: number][] = [];
  readonly #ues: TestUe[] = [];
  time = 1000;

  private constructor(
    readonly gateway: TcpGateway,
    readonly anchor: FakeAnchor,
    clock: { now: () => number },
  ) {
    clock.now = () => this.time;
    for (const event of ['selected', 'connection-lost', 'media-lost'] as const)
      gateway.on(event, ({ remote }: StreamPath) => this.told.push([event, remote.port]));
  }

  static async open(limits: Partial<GatewayLimits> = {}, host = '127.0.0.1'): Promise<GatewayBench> {
    const anchor = await FakeAnchor.open(pwd);
    const clock = { now: () => 0 };
    const gateway = new TcpGateway({
      listen: [{ address: host, port: 0 }],
      advertised: [],
      logger: pino({ level: 'silent' }),
      limits: { nominationRetryMs: 1000, watchMs: 5, ...limits },
      now: () => clock.now(),
      plane: planeUnderTest,
    });
    await gateway.listen();
    const bench = new GatewayBench(gateway, anchor, clock);
    gateway.addStream(bench.stream());
    return bench;
  }

  stream(changes: Partial<MediaStream> = {}): MediaStream {
    const { address } = this.anchor;
    return { ufrag, pwd, anchor: address, content: 'rtp', kind: 'audio', call: 'call-1', line: 0, ...changes };
  }

  async dial(): Promise<TestUe> {
    const { address, port } = this.gateway.address()[0]!;
    const ue = await TestUe.connect(port, address, address);
    this.#ues.push(ue);
    return ue;
  }

  /** A UE whose connection carries media. */
  async dialSelected(): Promise<TestUe> {
    const ue = await this.dial();
    const selected = once(this.gateway, 'selected');
    await ue.ask(user, pwd, true);
    await selected;
    return ue;
  }

  /** Lets the sockets work until the condition holds. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise(setImmediate);
  }

  async close(): Promise<void> {
    for (const ue of this.#ues) ue.close();
    await this.gateway.close();
    this.anchor.close();
    expect(this.gateway.counters()).toMatchObject({ open: 0, authenticated: 0, selected: 0, streams: 0 });
  }
}
