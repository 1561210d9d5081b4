import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Network } from '../../../app/demo/network';
import { NamespaceProcess, runTool } from '../../../app/demo/processes';

const [client, proxy] = ['10.80.0.1', '10.80.0.2'];

/** Its rules for tunnels are those that Debian ships: CONNECT to 443 alone. */
const configuration = `
acl clients src ${client}
acl SSL_ports port 443
acl CONNECT method CONNECT
http_access deny CONNECT !SSL_ports
http_access allow clients
http_access deny all
http_port ${proxy}:3128
cache deny all
access_log none
cache_log /dev/null
pid_filename none
shutdown_lifetime 0 seconds
`;

/** A real squid in the place of the second UE, which the first one has a link to. */
export class Squid {
  /** What the first UE knows it by. */
  readonly url = `http://${proxy}:3128`;
  readonly #directory: string;
  readonly #process: NamespaceProcess;

  private constructor(directory: string, process: NamespaceProcess) {
    this.#directory = directory;
    this.#process = process;
  }

  static async start(network: Network): Promise<Squid> {
    const [ue, ue2] = [network.namespace('ue'), network.namespace('ue2')];
    await runTool('ip', ['-n', ue, ...'link add proxy type veth peer name clients netns'.split(' '), ue2]);
    for (const [namespace, device, address] of [
      [ue, 'proxy', client],
      [ue2, 'clients', proxy],
    ] as const) {
      // An IPv6 address that comes a second later is another network to a browser: it gives up what it loads.
      await runTool('ip', ['-n', namespace, 'link', 'set', device, 'addrgenmode', 'none']);
      await runTool('ip', ['-n', namespace, 'address', 'add', `${address}/24`, 'dev', device]);
      await runTool('ip', ['-n', namespace, 'link', 'set', device, 'up']);
    }
    const directory = mkdtempSync(join(tmpdir(), 'e80-squid-'));
    const file = join(directory, 'squid.conf');
    writeFileSync(file, configuration);
    const squid = new Squid(
      directory,
      new NamespaceProcess({ name: 'squid', namespace: ue2, program: 'squid', args: ['-N', '-d', '1', '-f', file] }),
    );
    try {
      await squid.#process.line('it was ready', 10_000, (line) =>
        line.includes('Accepting HTTP Socket connections') ? true : undefined,
      );
    } catch (error) {
      await squid.close();
      throw error;
    }
    return squid;
  }

  async close(): Promise<void> {
    await this.#process.close();
    rmSync(this.#directory, { recursive: true });
  }
}
