import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Pinned, usageOf, type Usage } from '../relay/programs';
import type { Opening, Settings } from './relay-process';

/**
 * edge80 with its planes, each with paths that are rewritten, and with those of peers with CEMA, which are not; `socat`
 * is a plain TCP relay, one process a connection.
 */
export const relayNames = ['native', 'native-cema', 'node', 'node-cema', 'socat'] as const;
export type RelayName = (typeof relayNames)[number];

/** A relay that listens. */
export interface Relay {
  port: number;
  /** ICE password of its streams; undefined: it asks for none. */
  pwd: string | undefined;
  isRewriting: boolean;
  /** Makes room for so many transfers. */
  open(count: number): Promise<void>;
  /** Of all its processes. */
  usage(): Usage;
  stop(): Promise<void>;
}

export interface RelayOptions {
  /** CPUs, as taskset takes them. */
  relayCpus: string;
  /** Folder for CPU profiles of edge80. */
  profileTo: string | undefined;
}

/** @param corePort what it connects to on the core side */
export async function startRelay(name: RelayName, options: RelayOptions, corePort: number): Promise<Relay> {
  const { relayCpus, profileTo } = options;
  if (name === 'socat') return startSocat(relayCpus, corePort);
  const pwd = 'thePasswordOfAllStreamsHere';
  const settings: Settings = { plane: name.startsWith('native') ? 'native' : 'node', pwd, corePort };
  const profile = profileTo === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileTo}`];
  const process = startNode(relayCpus, 'relay-process', [JSON.stringify(settings)], profile);
  const port = Number(await process.line());
  const isRewriting = !name.endsWith('-cema');
  return {
    port,
    pwd,
    isRewriting,
    open: async (count) => {
      const opening: Opening = { count, isRewritten: isRewriting };
      await process.ask(JSON.stringify(opening));
    },
    usage: () => usageOf(process.pid),
    stop: () => process.stop(),
  };
}

/** A program beside this one; `execArgv` are options of Node. */
export function startNode(cpus: string, program: string, args: string[] = [], execArgv: string[] = []): Pinned {
  return new Pinned(cpus, process.execPath, [...execArgv, join(__dirname, `${program}.js`), ...args]);
}

async function startSocat(cpus: string, corePort: number): Promise<Relay> {
  const port = await freePort();
  const options = 'fork,reuseaddr,backlog=128,nodelay,bind=127.0.0.1';
  const socat = new Pinned(cpus, 'socat', [`TCP-LISTEN:${port},${options}`, `TCP:127.0.0.1:${corePort},nodelay`]);
  await listening(port);
  return {
    port,
    pwd: undefined,
    isRewriting: false,
    open: () => Promise.resolve(),
    usage: () => treeUsage(socat.pid),
    stop: () => socat.stop('SIGTERM'),
  };
}

/** Of a process, its children, and those that it has waited for. */
function treeUsage(pid: number): Usage {
  const total = usageOf(pid);
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
    .map(Number);
  // cutime and cstime of proc(5), in ticks of 10 ms.
  total.user += (fields[13] ?? 0) * 10_000;
  total.system += (fields[14] ?? 0) * 10_000;
  for (const child of readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')) {
    if (child === '') continue;
    try {
      const { user, system, resident } = usageOf(Number(child));
      total.user += user;
      total.system += system;
      total.resident += resident;
    } catch {
      // Ended meanwhile.
    }
  }
  return total;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Resolves when something listens; rejects after some seconds. Does not connect: that would be a transfer. */
async function listening(port: number): Promise<void> {
  const local = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')} 00000000:0000 0A`;
  for (let attempt = 0; attempt < 50; attempt++) {
    if (readFileSync('/proc/net/tcp', 'utf8').includes(local)) return;
    await pause(100);
  }
  throw new Error('socat does not listen: is it installed? (apt-get install socat)');
}
