import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import type { PlaneCounters } from '../../lib/gateway/counters';
import { machineUsage, Pinned, programPath, threadTimes, usageOf, type Usage } from './programs';
import { startRelay, type Relay, type RelayName } from './relays';

/** Packets/s of each stream: 20 ms each. */
export const packetRate = 50;

/** What came of a run of the load; times in ms. */
export interface LoadResult {
  sent: number;
  returned: number;
  /** Returned after more than 200 ms. */
  late: number;
  /** Not taken by the connection. */
  untaken: number;
  roundTrip: { p50: number; p99: number; p999: number; max: number };
  /** How long after its time a packet was sent. */
  lateness: { p50: number; p99: number; max: number };
  /** Share of time, 0 to 1, that the generator used a CPU. */
  busy: number;
}

/** A run of the load with what the relay used for it. */
export interface Run extends LoadResult {
  /** Not returned, or too late to be heard. */
  lost: number;
  /** CPU time of the relay in µs for each packet that it passed on, in either direction. */
  cpuPerPacket: number;
  userPerPacket: number;
  systemPerPacket: number;
  /** The busiest thread's share of the relay's CPU time, 0 to 1: of n that are evenly busy, 1/n. */
  busiestThread: number;
  /** Share of the machine's CPUs, 0 to 1, that others than the bench used meanwhile. */
  others: number;
}

/** Beyond this share of the machine for others, what was measured is theirs too. */
export const maxOthers = 0.06;

/** Beyond these the generator, not the relay, may be what is measured. */
const maxBusy = 0.9;
const maxLatenessMs = 20;

export function wasGeneratorLimit({ busy, lateness }: Pick<LoadResult, 'busy' | 'lateness'>): boolean {
  return busy > maxBusy || lateness.p99 > maxLatenessMs;
}

/** Where the processes run, and how the load is shaped. */
export interface Placement {
  /** CPUs as taskset takes them. */
  relayCpus: string;
  loadCpus: string;
  threads: number;
  /** µs between the generator's bursts. */
  tick: number;
}

/** Takes what time it can get, for as long as the bench runs. */
const rival = 'while kill -0 "$PPID"; do :; done';

/** An echo, a relay and a load that run together. */
export class LoadedRelay {
  readonly #placement: Placement;
  readonly #echo: Pinned;
  readonly #relay: Relay;
  readonly #load: Pinned;
  readonly #rivals: Pinned[];
  readonly #empty: Usage;

  private constructor(placement: Placement, echo: Pinned, relay: Relay, load: Pinned, rivals: Pinned[]) {
    this.#placement = placement;
    this.#echo = echo;
    this.#relay = relay;
    this.#load = load;
    this.#rivals = rivals;
    this.#empty = usageOf(relay.pid);
  }

  /**
   * @param streams as many may be opened
   * @param isShared for each thread of the relay there is a process beside it that never rests, so that of its CPUs it
   *   has half
   */
  static async start(name: RelayName, streams: number, placement: Placement, isShared = false): Promise<LoadedRelay> {
    const { relayCpus, loadCpus, threads } = placement;
    const pwd = randomBytes(12).toString('hex');
    const echo = new Pinned(loadCpus, programPath('echo'), [String(streams), pwd]);
    const ports = await echo.line();
    const echoPorts = ports.split(' ').map(Number);
    const relay = await startRelay(name, { cpus: relayCpus, threads, echoPorts, pwd });
    const load = new Pinned(loadCpus, programPath('load'), [relay.kind, String(relay.port), pwd]);
    load.write(ports);
    const rivals = Array.from({ length: isShared ? threads : 0 }, () => new Pinned(relayCpus, 'sh', ['-c', rival]));
    return new LoadedRelay(placement, echo, relay, load, rivals);
  }

  get pid(): number {
    return this.#relay.pid;
  }

  async open(streams: number): Promise<void> {
    await this.#load.ask(`open ${streams}`);
  }

  async stall(stream: number): Promise<void> {
    await this.#load.ask(`stall ${stream}`);
  }

  async unstall(stream: number): Promise<void> {
    await this.#load.ask(`unstall ${stream}`);
  }

  async run(streams: number, seconds: number): Promise<Run> {
    const before = usageOf(this.#relay.pid);
    const threads = threadTimes(this.#relay.pid);
    const beside = this.#others();
    const start = performance.now();
    const result = await this.#load.ask<LoadResult>(`run ${streams} ${packetRate} ${seconds} ${this.#placement.tick}`);
    const after = usageOf(this.#relay.pid);
    const machine = (performance.now() - start) * 1000 * availableParallelism();
    // The machine's time is counted in ticks, that of processes exactly: the difference can fall below 0.
    const others = Math.max(0, (this.#others() - beside) / machine);
    const used = [...threadTimes(this.#relay.pid)].map(([thread, time]) => time - (threads.get(thread) ?? 0));
    const busiestThread = Math.max(...used) / used.reduce((sum, time) => sum + time, 0);
    const packets = result.sent + result.returned;
    const userPerPacket = (after.user - before.user) / packets;
    const systemPerPacket = (after.system - before.system) / packets;
    const lost = result.sent - result.returned + result.late;
    const cpuPerPacket = userPerPacket + systemPerPacket;
    return { ...result, lost, others, userPerPacket, systemPerPacket, cpuPerPacket, busiestThread };
  }

  /** What edge80's gateway counted; undefined of other relays. */
  async counters(): Promise<PlaneCounters | undefined> {
    return this.#relay.counters?.();
  }

  /** Bytes of resident memory that the relay has more than before its first stream. */
  memory(): number {
    return usageOf(this.#relay.pid).resident - this.#empty.resident;
  }

  /** CPU time in µs of all that is not the bench. */
  #others(): number {
    const pids = [this.#echo, this.#relay, this.#load, ...this.#rivals].map(({ pid }) => pid);
    const own = [...pids, process.pid].map(usageOf);
    return machineUsage() - own.reduce((sum, { user, system }) => sum + user + system, 0);
  }

  async stop(): Promise<void> {
    for (const one of this.#rivals) await one.stop('SIGKILL');
    await this.#load.stop();
    await this.#relay.stop();
    await this.#echo.stop();
  }
}
