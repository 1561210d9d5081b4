/**
 * `npm run bench:paths -- …`: which path calls take, with UDP open and with a firewall that passes TCP 80 and SIP alone.
 *
 *     --calls 100       in each of the two settings
 *     --at-once 10      calls at the same time, in each of them
 *     --json            the last line is one object with all figures
 *
 * The real edge with rtpengine, UEs and core stand in network namespaces: it needs root, nftables and rtpengine.
 * RTPENGINE_BIN: another rtpengine than the installed one.
 *
 * Exit status: 0 every call took the path expected; 1 one did not, or it could not be measured; 2 wrong options.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { edgeEnvironment, startEdge } from '../app/demo/edge-process';
import { Firewall } from '../app/demo/firewall';
import { parseObject } from '../app/demo/json-line';
import { addresses, Network, type UePlace } from '../app/demo/network';
import { NamespaceProcess } from '../app/demo/processes';
import type { UeCall } from './paths/call-result';
import { outcome, report, setting, type Outcome, type Udp } from './paths/outcome';
import { runBench, say, tellResult, wholeNumber } from './program';

interface Options {
  calls: number;
  atOnce: number;
  json: boolean;
}

const domain = 'example.net';
const places: Readonly<Record<Udp, UePlace>> = { open: 'ue', blocked: 'ue2' };

/** How long the edge may take to write of the last call, ms. */
const recordMs = 10_000;

async function main(): Promise<void> {
  const { json, ...options } = readOptions();
  const result = await measure(options);
  tellResult(report(result), result, json);
  if (!result.ok) process.exitCode = 1;
}

async function measure({ calls, atOnce }: Omit<Options, 'json'>): Promise<Outcome> {
  Network.removeLeftovers();
  const network = new Network(['ue', 'ue2']);
  const removeNetwork = () => network.close();
  process.once('exit', removeNetwork);
  const running: NamespaceProcess[] = [];
  try {
    await network.lay();
    await Firewall.raise(network, 'tcp80', places.blocked);
    const core = child(network, 'core', 'core.js', [addresses.core, domain, String(4 * atOnce)]);
    running.push(core);
    await core.line('it was ready', 20_000, (line) => (line === 'ready' ? true : undefined));
    const edge = await startEdge(network, edgeEnvironment());
    running.push(edge);
    const records = new Records(edge);
    const both = (['open', 'blocked'] as const).map(async (udp) => {
      const place = places[udp];
      const args = [addresses.edgeAccess, addresses[place], domain, String(calls), String(atOnce)];
      const ues = child(network, place, 'ues.js', args);
      running.push(ues);
      const seen = await callsOf(ues, udp, calls);
      return setting(udp, seen, await records.of(addresses[place], calls));
    });
    return outcome(await Promise.all(both));
  } finally {
    for (const process of running.reverse()) await process.close();
    network.close();
    process.off('exit', removeNetwork);
  }
}

function child(network: Network, place: UePlace | 'core', script: string, args: string[]): NamespaceProcess {
  return new NamespaceProcess({
    name: `${script} in ${place}`,
    namespace: network.namespace(place),
    program: process.execPath,
    args: [`${__dirname}/paths/${script}`, ...args],
  });
}

/** What the UEs of a setting tell of their calls. */
async function callsOf(ues: NamespaceProcess, udp: Udp, calls: number): Promise<UeCall[]> {
  const seen: UeCall[] = [];
  ues.onLine((line, stream) => {
    const call = stream === 'stdout' ? parseObject(line) : undefined;
    if (call === undefined) return;
    seen.push(call as unknown as UeCall);
    if (seen.length % 10 === 0 || seen.length === calls) say(`UDP ${udp}: ${seen.length} of ${calls} calls`);
  });
  await ues.ended;
  if (seen.length < calls) throw new Error(`${ues.name} ended after ${seen.length} calls:\n${ues.recentOutput}`);
  return seen;
}

/** What the edge wrote of each call when its media was released. */
class Records {
  /** The path of each call, by the UE's address. */
  readonly #paths = new Map<string, (string | null)[]>();

  constructor(edge: NamespaceProcess) {
    edge.onLine((line) => {
      const record = parseObject(line);
      if (record?.['msg'] !== 'media released') return;
      const [stream] = record['streams'] as { path?: string; remote?: { address: string } }[];
      const paths = this.#paths.get(stream?.remote?.address ?? '') ?? [];
      this.#paths.set(stream?.remote?.address ?? '', [...paths, stream?.path ?? null]);
    });
  }

  /** Resolves when all are there, or with those that there are in time. */
  async of(address: string, calls: number): Promise<(string | null)[]> {
    const end = Date.now() + recordMs;
    const paths = () => this.#paths.get(address) ?? [];
    while (paths().length < calls && Date.now() < end) await delay(50);
    return paths();
  }
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      calls: { type: 'string', default: '100' },
      'at-once': { type: 'string', default: '10' },
      json: { type: 'boolean', default: false },
    },
  });
  const count = (name: keyof typeof values) => wholeNumber(name, String(values[name]));
  return { calls: count('calls'), atOnce: count('at-once'), json: values.json };
}

runBench(__filename, main);
