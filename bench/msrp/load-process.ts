/**
 * The process that sends and receives: UE and core of all transfers. It prints the port of the core first, then for
 * each line, a {@link Transfers}, what came of it.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { Deframer, framed } from '../../lib/ice/deframer';
import { buildBindingRequest } from '../../lib/ice/binding';
import { isStun, streamFrames } from '../../lib/ice/stream-frames';
import { blockOf, type Block, type Direction } from './traffic';

/** What is to be transferred at the same time. */
export interface Transfers {
  direction: Direction;
  count: number;
  /** Of each, rounded to whole blocks. */
  bytes: number;
  chunkBytes: number;
  /** Where the UEs connect to. */
  port: number;
  /** ICE password of all streams; undefined: the UE's side is plain TCP. */
  pwd: string | undefined;
  isRewritten: boolean;
}

export interface TransferResult {
  /** From the first byte sent until the last one arrived. */
  seconds: number;
  /** Arrived, of all. */
  bytes: number;
  /** Transfers of which not all arrived as it was to. */
  wrong: number;
  /** Share of the time, 0 to 1, that this process used a CPU: near 1 it was the limit. */
  busy: number;
}

const host = '127.0.0.1';
const blockBytes = 256 * 1024;
/** UEs that authenticate at a time: below what the gateway allows of one address. */
const opening = 16;

/** The receiving end of one transfer: compares all that arrives. */
class Receiver {
  readonly #expected: Buffer;
  readonly #total: number;
  readonly #done: (isRight: boolean) => void;
  #received = 0;

  constructor({ arrives }: Block, blocks: number, done: (isRight: boolean) => void) {
    this.#expected = arrives;
    this.#total = arrives.length * blocks;
    this.#done = done;
  }

  push(chunk: Buffer): void {
    for (let offset = 0; offset < chunk.length;) {
      const at = this.#received % this.#expected.length;
      const length = Math.min(chunk.length - offset, this.#expected.length - at);
      if (this.#expected.compare(chunk, offset, offset + length, at, at + length) !== 0) {
        this.#done(false);
        return;
      }
      offset += length;
      this.#received += length;
    }
    if (this.#received >= this.#total) this.#done(this.#received === this.#total);
  }

  closed(): void {
    this.#done(false);
  }
}

async function main(): Promise<void> {
  const cores: Socket[] = [];
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => undefined);
    cores.push(socket);
  });
  server.listen(0, host);
  await once(server, 'listening');
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
  for await (const line of createInterface({ input: process.stdin })) {
    const result = await run(JSON.parse(line) as Transfers, cores);
    process.stdout.write(`${JSON.stringify(result)}\n`);
  }
  server.close();
}

async function run(transfers: Transfers, cores: Socket[]): Promise<TransferResult> {
  const { direction, count, bytes, chunkBytes, isRewritten, pwd } = transfers;
  const block = blockOf(direction, isRewritten, chunkBytes, blockBytes);
  const blocks = Math.max(1, Math.round(bytes / block.sent.length));
  const results: Promise<boolean>[] = [];
  const receiver = (socket: Socket) => {
    let one: Receiver | undefined;
    results.push(new Promise((resolve) => (one = new Receiver(block, blocks, resolve))));
    socket.once('close', () => one?.closed());
    return (chunk: Buffer) => one?.push(chunk);
  };
  const ues: Socket[] = [];
  const openUe = async (i: number) =>
    void ues.push(await ueSocket(transfers, i, direction === 'down' ? receiver : undefined));
  for (let first = 0; first < count; first += opening)
    await Promise.all(Array.from({ length: Math.min(opening, count - first) }, (_, i) => openUe(first + i)));
  while (cores.length < count) await new Promise(setImmediate);
  const before = process.cpuUsage();
  const start = performance.now();
  const written = direction === 'up' && pwd !== undefined ? streamFrames(block.sent) : block.sent;
  if (direction === 'up') for (const socket of cores) socket.on('data', receiver(socket));
  for (const socket of direction === 'up' ? ues : cores) send(socket, written, blocks);
  const isRight = await Promise.all(results);
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(before);
  for (const socket of [...ues, ...cores]) socket.destroy();
  cores.length = 0;
  return {
    seconds,
    bytes: count * blocks * block.arrives.length,
    wrong: isRight.filter((right) => !right).length,
    busy: (user + system) / 1e6 / seconds,
  };
}

/** Connects, authenticates and nominates where it is asked to. */
async function ueSocket(
  { port, pwd }: Transfers,
  index: number,
  receiver: ((socket: Socket) => (chunk: Buffer) => void) | undefined,
): Promise<Socket> {
  const socket = connect({ port, host, noDelay: true });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  if (pwd === undefined) {
    if (receiver !== undefined) socket.on('data', receiver(socket));
    return socket;
  }
  let answered = (): void => undefined;
  const answer = new Promise<void>((resolve) => (answered = resolve));
  const sink: { push?: (chunk: Buffer) => void } = {};
  const deframer = Deframer.ofAnyLength((frame) => {
    if (isStun(frame)) answered();
    else sink.push?.(frame);
  });
  socket.on('data', (chunk: Buffer) => deframer.push(chunk));
  socket.write(framed(nominatingCheck(index, pwd)));
  await Promise.race([answer, once(socket, 'close').then(() => Promise.reject(new Error('The relay hung up.')))]);
  if (receiver !== undefined) sink.push = receiver(socket);
  return socket;
}

function nominatingCheck(index: number, pwd: string): Buffer {
  return buildBindingRequest({
    transactionId: randomBytes(12),
    username: `bench${index}:ue${index}`,
    password: pwd,
    priority: 1,
    tieBreaker: 1n,
    useCandidate: true,
  });
}

/** Writes the bytes so often, as the connection takes them. */
function send(socket: Socket, bytes: Buffer, times: number): void {
  let left = times;
  const go = () => {
    while (left > 0 && socket.writable) {
      left -= 1;
      if (!socket.write(bytes)) return;
    }
  };
  socket.on('drain', go);
  go();
}

void main();
