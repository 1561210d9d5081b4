import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtProgram } from '../../app/demo/edge-process';
import { Firewall } from '../../app/demo/firewall';
import { parseObject } from '../../app/demo/json-line';
import { addresses, Network } from '../../app/demo/network';
import { NamespaceProcess, runTool } from '../../app/demo/processes';
import { askAdmin } from '../../test/integration/support/admin';
import { Lab } from '../../test/integration/support/lab';
import { until } from '../../test/integration/support/until';
import { EdgeUsage } from '../hostile/edge-usage';
import { program as hostileProgram } from '../hostile/lab';
import { sum, type RoundCounts } from './counts';
import type { RestingEdge, SoakRound } from './outcome';
import { tablesIn, valueIn } from './tables';

const domain = 'example.net';

/** SIP has a port of its own: what breaks on port 80 is media alone. */
const sipPort = 5060;

/** ms */
const startMs = 20_000;
const roundMs = 60_000;

export interface SoakLoad {
  /** Behind a firewall that passes TCP 80 and SIP alone; as many more are behind none. */
  ues: number;
  /** Of each round. */
  seconds: number;
}

/** Edge, rtpengine, core, and UEs on TCP 80 and on UDP, who do all that UEs do, in rounds. */
export class SoakLab {
  readonly #lab: Lab;
  readonly #core: NamespaceProcess;
  readonly #usage: EdgeUsage;
  readonly #folder: string;
  #logBytes = 0;
  #rounds = 0;

  private constructor(lab: Lab, core: NamespaceProcess, folder: string) {
    this.#lab = lab;
    this.#core = core;
    this.#folder = folder;
    this.#usage = new EdgeUsage(lab.edge);
    lab.edge.onLine((line) => (this.#logBytes += line.length + 1));
  }

  /** @throws EdgeError what {@link Lab.start} throws */
  static async start(atOnce: number): Promise<SoakLab> {
    const folder = mkdtempSync(join(tmpdir(), 'e80-soak-'));
    const settings = {
      CALL_RECORDS: join(folder, 'records'),
      ...{ LOG_LEVEL: 'info', NODE_OPTIONS: `--require=${hostileProgram('probe.js')}` },
    };
    const lab = await Lab.start(settings, new Network(['ue', 'ue2']));
    await Firewall.raise(lab.network, [80, sipPort]);
    const core = child(lab, 'core', builtProgram('../bench/paths/core.js'), [addresses.core, domain, String(atOnce)]);
    await core.line('it was ready', startMs, (line) => (line === 'ready' ? true : undefined));
    return new SoakLab(lab, core, folder);
  }

  /** rtpengine is killed and started anew before every second one. */
  async round({ ues, seconds }: SoakLoad): Promise<SoakRound> {
    this.#rounds += 1;
    const isRestart = this.#rounds % 2 === 0;
    if (isRestart) await this.#restartRtpengine();
    const before = { log: this.#logBytes, records: this.#records().length };
    const places = ['ue', 'ue2'] as const;
    const done = places.map(async (place) => {
      const args = [addresses.edgeAccess, sipPort, addresses[place], domain, ues, seconds].map(String);
      const some = child(this.#lab, place, builtProgram('../bench/soak/ues.js'), args);
      const counts = await some.line('its round was over', seconds * 1000 + roundMs, (line) => parseObject(line));
      await some.close();
      return counts as unknown as RoundCounts;
    });
    const breaking = setTimeout(() => void this.#breakMedia(), (seconds * 1000) / 2);
    const counts = sum(await Promise.all(done).finally(() => clearTimeout(breaking)));
    if (isRestart) counts.restarts += 1;
    return { counts, after: await this.#resting(counts.calls, before) };
  }

  async #restartRtpengine(): Promise<void> {
    await this.#lab.rtpengine.killAndStart();
    await until('the edge has rtpengine again', startMs, async () =>
      (await askAdmin(this.#lab.network, '/ready')).status === 200 ? true : undefined,
    );
  }

  /** The connections that media has on port 80 now are reset. */
  async #breakMedia(): Promise<void> {
    const args = ['-K', 'dst', addresses.edgeAccess, 'dport', '=', ':80'];
    await runTool('ip', ['netns', 'exec', this.#lab.network.namespace('ue'), 'ss', ...args]);
  }

  async #resting(calls: number, before: { log: number; records: number }): Promise<RestingEdge> {
    await this.#lab.nothingLeft();
    const { memory, descriptors } = await this.#usage.settled();
    const { text } = await askAdmin(this.#lab.network, '/metrics');
    const records = this.#records().subarray(before.records);
    const lines = records.toString().split('\n').length - 1;
    return {
      ...{ descriptors, resident: memory, heap: valueIn(text, 'edge80_heap_used_bytes') },
      tables: tablesIn(text),
      atRtpengine: (await this.#lab.rtpengine.calls()) === '' ? 0 : 1,
      logPerCall: (this.#logBytes - before.log) / calls,
      recordsPerCall: records.length / calls,
      recordsMissing: calls - lines,
    };
  }

  #records(): Buffer {
    return readFileSync(join(this.#folder, 'records'));
  }

  async close(): Promise<void> {
    await this.#core.close();
    await this.#lab.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** At once: it must work in a dying process. */
  removeNetwork(): void {
    this.#lab.network.close();
  }
}

function child(lab: Lab, place: 'ue' | 'ue2' | 'core', program: string, args: string[]): NamespaceProcess {
  return new NamespaceProcess({
    name: `${program} in ${place}`,
    namespace: lab.network.namespace(place),
    program: process.execPath,
    args: [program, ...args],
  });
}
