import { randomBytes } from 'node:crypto';
import { busyShare, Child, ownUsage, type Usage } from './child';
import type { EchoOptions } from './echo';
import { Load, type LoadResult } from './load';
import { startRelay, type RelayName } from './relay';

/** s of load before anything is measured: what runs often is compiled then. */
const warmUpSeconds = 1;

/** One relay under load for a while. */
export interface Round extends LoadResult {
  relay: RelayName;
  /** CPU time of the relay in µs for each packet that it passed on, in either direction. */
  cpuPerPacket: number;
  userPerPacket: number;
  systemPerPacket: number;
  /** Bytes of resident memory that the relay had more under load than before its first stream. */
  memoryPerStream: number;
  /** Share of time, 0 to 1, that an event loop had something to do. */
  busy: { relay: number; generator: number; echo: number };
}

/** What a round is run with. */
export interface RoundOptions {
  streams: number;
  seconds: number;
  /** Folder for a CPU profile of the gateway's process. */
  profileTo?: string | undefined;
}

/** Starts an echo and a relay, loads them, and ends them. */
export async function runRound(name: RelayName, { streams, seconds, profileTo }: RoundOptions): Promise<Round> {
  const pwd = randomBytes(12).toString('hex');
  const echoOptions: EchoOptions = { streams, pwd };
  const echo = await Child.start('echo.js', echoOptions);
  const relay = await startRelay(name, { anchorPorts: echo.ports, pwd }, profileTo);
  let load: Load | undefined;
  try {
    const empty = await relay.usage();
    load = await Load.open(relay.ports[0] ?? 0, streams, name === 'gateway' ? pwd : undefined);
    await load.run(warmUpSeconds, 'warmUp', () => Promise.resolve());
    const usages = async () => ({ relay: await relay.usage(), echo: await echo.usage(), generator: ownUsage() });
    const before = await usages();
    let after = before;
    const result = await load.run(seconds, 'measured', async () => void (after = await usages()));
    return {
      relay: name,
      ...result,
      ...perPacket(before.relay, after.relay),
      memoryPerStream: (after.relay.resident - empty.resident) / streams,
      busy: {
        relay: busyShare(before.relay, after.relay),
        generator: busyShare(before.generator, after.generator),
        echo: busyShare(before.echo, after.echo),
      },
    };
  } finally {
    load?.close();
    await relay.stop();
    await echo.stop();
  }
}

function perPacket(before: Usage, after: Usage): Pick<Round, 'cpuPerPacket' | 'userPerPacket' | 'systemPerPacket'> {
  const packets = after.forwarded - before.forwarded;
  const userPerPacket = (after.user - before.user) / packets;
  const systemPerPacket = (after.system - before.system) / packets;
  return { cpuPerPacket: userPerPacket + systemPerPacket, userPerPacket, systemPerPacket };
}
