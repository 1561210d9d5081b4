import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { PlaneCounters } from '../../lib/gateway/counters';
import { Pinned, programPath } from './programs';

/**
 * `edge80` is the gateway with its native forwarding plane and ICE over TCP, `turn` the same with TURN over TCP, `node` as
 * `edge80` with the plane in TypeScript, `coturn` a TURN server over TCP with channel data, as `turn`, `floor` the least
 * that a native forwarder does.
 */
export type RelayName = 'edge80' | 'turn' | 'node' | 'coturn' | 'floor';

export interface RelayOptions {
  /** CPUs, as taskset takes them. */
  cpus: string;
  threads: number;
  echoPorts: readonly number[];
  /** ICE password of all streams, or the secret of TURN's time-limited credentials. */
  pwd: string;
}

/** A relay that listens. */
export interface Relay {
  name: RelayName;
  pid: number;
  port: number;
  /** How the load speaks to it. */
  kind: 'ice' | 'turn' | 'plain';
  /** Of edge80's gateway; of others undefined. */
  counters: (() => Promise<PlaneCounters>) | undefined;
  stop: () => Promise<void>;
}

export async function startRelay(name: RelayName, options: RelayOptions): Promise<Relay> {
  if (name === 'coturn') return startCoturn(options);
  const process = name === 'floor' ? new Pinned(options.cpus, programPath('floor'), []) : gateway(name, options);
  const port = Number(await process.line());
  const { pid } = process;
  const stop = () => process.stop();
  if (name === 'floor') return { name, pid, port, kind: 'plain', counters: undefined, stop };
  return {
    name,
    pid,
    port,
    kind: name === 'turn' ? 'turn' : 'ice',
    counters: () => process.ask<PlaneCounters>('counters'),
    stop,
  };
}

function gateway(name: 'edge80' | 'turn' | 'node', { cpus, threads, echoPorts, pwd }: RelayOptions): Pinned {
  const settings = {
    plane: name === 'node' ? 'node' : 'native',
    carries: name === 'turn' ? 'turn' : 'ice',
    threads,
    pwd,
  };
  const program = join(__dirname, 'gateway-process.js');
  const started = new Pinned(cpus, process.execPath, [program, JSON.stringify(settings)]);
  started.write(echoPorts.join(' '));
  return started;
}

async function startCoturn({ cpus, threads, pwd }: RelayOptions): Promise<Relay> {
  const port = await freePort();
  const own = ['-n', '--listening-ip', '127.0.0.1', '--listening-port', String(port), '--relay-ip', '127.0.0.1'];
  // Below the ports that the kernel gives to the echo and the load.
  const ports = ['--min-port', '10000', '--max-port', '32000'];
  const account = ['--use-auth-secret', '--static-auth-secret', pwd, '--realm', 'bench', '--allow-loopback-peers'];
  const less = ['--no-udp', '--no-tls', '--no-dtls', '--no-cli', '--no-tcp-relay', '--no-multicast-peers'];
  const quiet = ['--log-file', '/dev/null', '--simple-log', '--pidfile', '/dev/null'];
  // It writes tables into it, without which it refuses time-limited credentials.
  const folder = mkdtempSync(join(tmpdir(), 'edge80-bench-'));
  const database = ['--userdb', join(folder, 'turndb')];
  const all = [...own, ...ports, ...account, ...less, ...quiet, ...database, '--relay-threads', String(threads)];
  const started = new Pinned(cpus, 'turnserver', all, 'ignore');
  await listening(port);
  return {
    name: 'coturn',
    pid: started.pid,
    port,
    kind: 'turn',
    counters: undefined,
    stop: async () => {
      await started.stop('SIGKILL');
      rmSync(folder, { recursive: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** Resolves when something listens; rejects after some seconds. */
async function listening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const socket = connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      return;
    } catch {
      await pause(100);
    } finally {
      socket.destroy();
    }
  }
  throw new Error('turnserver does not listen: is it installed? (apt-get install coturn)');
}
