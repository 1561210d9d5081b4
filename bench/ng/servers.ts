import { spawn, type ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from './client';

export type ServerName = 'rtpengine' | 'agw';

const ports: Record<ServerName, number> = { rtpengine: 22_231, agw: 22_232 };
const addresses = { access: '127.0.0.2', core: '127.0.0.3' };

/** Clock ticks of /proc in a second. */
const ticksPerSecond = 100;

/** What takes the commands: a bare rtpengine, or a node with one of its own. */
export class Server {
  readonly port: number;
  readonly #name: ServerName;
  readonly #child: ChildProcess;

  private constructor(name: ServerName, program: string) {
    this.#name = name;
    this.port = ports[name];
    const rtpengine = [
      ...['--config-file=none', '--foreground', '--log-stderr', '--log-level=4', '--table=-1'],
      ...[`--interface=access/${addresses.access}`, `--interface=core/${addresses.core}`],
      ...['--port-min=41000', '--port-max=49999', `--listen-ng=127.0.0.1:${this.port}`],
    ];
    const settings = {
      ...{ GATEWAY_ADDRESS: addresses.access, RTPENGINE_CORE_INTERFACE: addresses.core, RTPENGINE_BIN: program },
      ...{ PUBLIC_PORTS: '18080', ADMIN_LISTEN: 'off', NG_LISTEN: `127.0.0.1:${this.port}`, LOG_LEVEL: 'error' },
      DRAIN_SECONDS: '0',
    };
    const stdio = ['ignore', 'ignore', 'inherit'] as const;
    this.#child =
      name === 'agw'
        ? spawn(process.execPath, [join(__dirname, '../../app/main.js'), 'agw'], {
            env: { ...process.env, ...settings },
            stdio: [...stdio],
          })
        : spawn(program, rtpengine, { stdio: ['ignore', 'ignore', 'ignore'] });
  }

  static async start(name: ServerName, program: string): Promise<Server> {
    const server = new Server(name, program);
    const client = await Client.open(server.port);
    for (let tries = 0; ; tries++) {
      const answers = await client.ask({ command: 'ping' }).then(
        () => true,
        () => false,
      );
      if (answers) break;
      if (tries > 20 || server.#child.exitCode !== null) throw new Error(`${name} does not answer.`);
      await sleep(100);
    }
    client.close();
    return server;
  }

  /** CPU time so far of the process itself, and of its rtpengine, s. */
  cpu(): { own: number; rtpengine: number } {
    const pid = this.#child.pid ?? 0;
    if (this.#name === 'rtpengine') return { own: 0, rtpengine: cpuOf(pid) };
    const [child = 0] = readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
    );
    return { own: cpuOf(pid), rtpengine: cpuOf(child) };
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill();
    await ended;
  }
}

/** proc(5): utime and stime are the fields 14 and 15. */
function cpuOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}
