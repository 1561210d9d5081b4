import { startNode, startRelay, type RelayName, type RelayOptions } from './relays';
import type { TransferResult, Transfers } from './load-process';
import type { Direction } from './traffic';

/** Transfers at the same time, and bytes of each. */
export interface Workload {
  count: number;
  bytes: number;
}

/** One relay that carries one workload. */
export interface Round extends TransferResult {
  relay: RelayName;
  direction: Direction;
  count: number;
  /** 10^6 bytes a second, of all transfers together. */
  megabytesPerSecond: number;
  /** CPU time of the relay in ms for 10^6 bytes. */
  cpuPerMegabyte: number;
  userPerMegabyte: number;
  systemPerMegabyte: number;
  /** Bytes of resident memory: the most that all its processes had at a time. */
  peakMemory: number;
  /** That, and what it had before the first of these transfers, for each of them. */
  growthPerStream: number;
}

export interface RoundOptions extends RelayOptions {
  loadCpus: string;
  /** Bytes of content in an MSRP chunk. */
  chunkBytes: number;
}

/** Transferred before anything is measured: what runs often is compiled then. */
const warmUp: Workload = { count: 4, bytes: 50e6 };

/** ms between two looks at the memory. */
const sampleMs = 10;

/** @param workload measured after a warm-up, each in both directions */
export async function runRounds(relay: RelayName, workload: Workload, options: RoundOptions): Promise<Round[]> {
  const load = startNode(options.loadCpus, 'load-process');
  const corePort = Number(await load.line());
  const started = await startRelay(relay, options, corePort);
  const transfer = async (direction: Direction, { count, bytes }: Workload) => {
    await started.open(count);
    const { port, pwd, isRewriting } = started;
    const { chunkBytes } = options;
    const transfers: Transfers = { direction, count, bytes, chunkBytes, port, pwd, isRewritten: isRewriting };
    return load.ask<TransferResult>(JSON.stringify(transfers));
  };
  try {
    const rounds: Round[] = [];
    for (const direction of ['up', 'down'] as const) {
      await transfer(direction, warmUp);
      const before = started.usage();
      let peakMemory = before.resident;
      const sampling = setInterval(() => (peakMemory = Math.max(peakMemory, started.usage().resident)), sampleMs);
      const result = await transfer(direction, workload).finally(() => clearInterval(sampling));
      const after = started.usage();
      const megabytes = result.bytes / 1e6;
      const userPerMegabyte = (after.user - before.user) / 1e3 / megabytes;
      const systemPerMegabyte = (after.system - before.system) / 1e3 / megabytes;
      rounds.push({
        relay,
        direction,
        count: workload.count,
        ...result,
        megabytesPerSecond: megabytes / result.seconds,
        cpuPerMegabyte: userPerMegabyte + systemPerMegabyte,
        userPerMegabyte,
        systemPerMegabyte,
        peakMemory,
        growthPerStream: (peakMemory - before.resident) / workload.count,
      });
    }
    return rounds;
  } finally {
    await load.stop();
    await started.stop();
  }
}
