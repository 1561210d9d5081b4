import { dirname, join } from 'node:path';
import { builtProgram, edgeEnvironment } from '../../../app/demo/edge-process';
import { Firewall } from '../../../app/demo/firewall';
import { parseObject } from '../../../app/demo/json-line';
import { addresses, edgeInterface, Network } from '../../../app/demo/network';
import { NamespaceProcess, runTool } from '../../../app/demo/processes';
import { rtpengineProgram } from './rtpengine';
import { until } from './until';

/** ms */
const startMs = 20_000;

const nodes = {
  one: { access: '198.51.100.11', core: '192.0.2.11', ng: 2331, anchor: 2341, admin: 8481 },
  two: { access: '198.51.100.12', core: '192.0.2.12', ng: 2332, anchor: 2342, admin: 8482 },
} as const;

export type NodeName = keyof typeof nodes;

const admins = { pcscf: 8480, one: nodes.one.admin, two: nodes.two.admin } as const;

/** A P-CSCF and two media nodes, each a process with addresses of its own, between a UE behind TCP 80 alone and a core. */
export class NodeLab {
  readonly network = new Network();
  readonly #running = new Map<NodeName, NamespaceProcess>();
  #pcscf: NamespaceProcess | undefined;
  /** What the P-CSCF logged, a JSON object a line. */
  readonly log: string[] = [];

  private constructor() {
    Network.removeLeftovers();
  }

  /** @param settings of the P-CSCF, beside those that it needs */
  static async start(settings: Record<string, string> = {}): Promise<NodeLab> {
    const lab = new NodeLab();
    try {
      await lab.network.lay();
      await Firewall.raise(lab.network, 'tcp80');
      for (const { access, core } of Object.values(nodes)) {
        await lab.#addAddress(access, edgeInterface.ue);
        await lab.#addAddress(core, edgeInterface.core);
      }
      await Promise.all([lab.startNode('one'), lab.startNode('two')]);
      await lab.#startPcscf(settings);
      return lab;
    } catch (error) {
      lab.network.close();
      throw error;
    }
  }

  async startNode(name: NodeName): Promise<void> {
    const { access, core, ng, anchor, admin } = nodes[name];
    const node = this.#edge80(name, ['agw'], {
      ...{ GATEWAY_ADDRESS: access, RTPENGINE_CORE_INTERFACE: core, RTPENGINE_BIN: rtpengineProgram() },
      ...{ NG_LISTEN: `127.0.0.1:${ng}`, NG_HTTP_LISTEN: `127.0.0.1:${anchor}`, ADMIN_LISTEN: `127.0.0.1:${admin}` },
      DRAIN_SECONDS: '0',
    });
    this.#running.set(name, node);
    await node.line('it was ready', startMs, isReady);
  }

  /** Its process gets this; its rtpengine goes on. */
  signal(name: NodeName, signal: NodeJS.Signals): void {
    this.#running.get(name)?.signal(signal);
  }

  async status(of: keyof typeof admins): Promise<{ calls: number; [part: string]: unknown }> {
    const url = `http://127.0.0.1:${admins[of]}/status`;
    return JSON.parse(await this.#curl('-s', url)) as { calls: number };
  }

  async drain(name: NodeName, method: 'PUT' | 'DELETE'): Promise<void> {
    await this.#curl('-s', '-X', method, `http://127.0.0.1:${nodes[name].admin}/drain`);
  }

  /** The node that has the one call. */
  async nodeOfCall(): Promise<NodeName> {
    return await until('a node has the call', 10_000, async () => {
      const [one, two] = [await this.status('one'), await this.status('two')];
      return one.calls > 0 ? ('one' as const) : two.calls > 0 ? ('two' as const) : undefined;
    });
  }

  async nothingLeft(): Promise<void> {
    for (const name of ['pcscf', 'one', 'two'] as const)
      await until(`${name} has no call`, 10_000, async () =>
        (await this.status(name)).calls === 0 ? true : undefined,
      );
  }

  async close(): Promise<void> {
    const running = [...this.#running.values(), ...(this.#pcscf ? [this.#pcscf] : [])];
    await Promise.all(running.map((each) => each.close()));
    this.network.close();
  }

  async #startPcscf(settings: Record<string, string>): Promise<void> {
    const at = Object.values(nodes).map(({ anchor }) => `ws://127.0.0.1:${anchor}`);
    const pcscf = this.#edge80('pcscf', ['pcscf'], { ...edgeEnvironment(), RTPENGINE_NODES: at.join(), ...settings });
    this.#pcscf = pcscf;
    pcscf.onLine((line) => this.log.push(line));
    await pcscf.line('it was ready', startMs, isReady);
    await until('both nodes take calls', startMs, async () => {
      const { media } = (await this.status('pcscf')) as { media?: { rtpengines: { isUp: boolean }[] } };
      return media?.rtpengines.every(({ isUp }) => isUp) === true ? true : undefined;
    });
  }

  #edge80(name: string, args: string[], environment: Record<string, string>): NamespaceProcess {
    const main = builtProgram('main.js');
    return new NamespaceProcess({
      ...{ name, namespace: this.network.namespace('edge'), program: process.execPath, args: [main, ...args] },
      ...{ environment, directory: dirname(main) },
    });
  }

  async #addAddress(address: string, device: string): Promise<void> {
    await runTool('ip', ['-n', this.network.namespace('edge'), 'address', 'add', `${address}/32`, 'dev', device]);
  }

  async #curl(...args: string[]): Promise<string> {
    return await runTool('ip', ['netns', 'exec', this.network.namespace('edge'), 'curl', ...args]);
  }

  /** A program of this project at a place, such as bench/soak/ues.js. */
  program(place: 'ue' | 'core', name: string, args: string[]): NamespaceProcess {
    return new NamespaceProcess({
      ...{ name, namespace: this.network.namespace(place), program: process.execPath },
      args: [builtProgram(join('..', name)), ...args],
    });
  }
}

function isReady(line: string): true | undefined {
  return parseObject(line)?.['msg'] === 'edge80 is ready' ? true : undefined;
}

/** Where the P-CSCF takes SIP. */
export const sipAt = { address: addresses.edgeAccess, port: 80 };
