/**
 * `npm run bench:first-second -- …`: how long after the answer the first packet comes that can be heard, at the UE and at
 * the core, with RTP, with DTLS-SRTP and with libwebrtc, over UDP and over TCP 80, with either plane.
 *
 *     --calls 100       in each setting
 *     --planes native,node
 *     --json            the last line is one object with all figures
 *
 * The real edge with rtpengine, UEs and core stand in network namespaces: it needs root, nftables, openssl and
 * rtpengine.
 * RTPENGINE_BIN: another rtpengine than the installed one.
 *
 * Exit status: 0 all aims are met; 1 one is not, or it could not be measured; 2 wrong options.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { edgeEnvironment, startEdge } from '../app/demo/edge-process';
import { Firewall } from '../app/demo/firewall';
import { parseObject } from '../app/demo/json-line';
import { addresses, Network, type UePlace } from '../app/demo/network';
import { NamespaceProcess } from '../app/demo/processes';
import { kinds, type Kind, type UeCall } from './first-second/call-result';
import {
  outcome,
  report,
  setting,
  type FirstHeard,
  type Outcome,
  type Plane,
  type Setting,
  type Udp,
} from './first-second/outcome';
import { runBench, say, tellResult, wholeNumber } from './program';

interface Options {
  calls: number;
  planes: readonly Plane[];
  json: boolean;
}

const domain = 'example.net';
const places: Readonly<Record<Udp, UePlace>> = { open: 'ue', blocked: 'ue2' };
const settings = kinds.flatMap((kind) => (['open', 'blocked'] as const).map((udp) => ({ kind, udp })));

/** Calls of one setting before the others have their turn: what else the machine does is to meet them all alike. */
const turn = 10;

/** What is compiled and cached at first is not measured. */
const warmUp = 3;

/** How long the edge may take to write of the last call, ms. */
const recordMs = 10_000;

/** What was seen of calls, by their UE and by the edge. */
interface Seen {
  calls: UeCall[];
  edgePaths: string[];
}

function noneSeen(): Seen {
  return { calls: [], edgePaths: [] };
}

async function main(): Promise<void> {
  const { json, ...options } = readOptions();
  const result = await measure(options);
  tellResult(report(result), result, json);
  if (!result.ok) process.exitCode = 1;
}

async function measure({ calls, planes }: Omit<Options, 'json'>): Promise<Outcome> {
  Network.removeLeftovers();
  const network = new Network(['ue', 'ue2']);
  const removeNetwork = () => network.close();
  process.once('exit', removeNetwork);
  try {
    await network.lay();
    await Firewall.raise(network, 'tcp80', places.blocked);
    const done: Setting[] = [];
    for (const plane of planes) done.push(...(await measurePlane(network, plane, calls)));
    return outcome(done);
  } finally {
    network.close();
    process.off('exit', removeNetwork);
  }
}

async function measurePlane(network: Network, plane: Plane, calls: number): Promise<Setting[]> {
  const core = child(network, 'core', 'core.js', [addresses.core, domain]);
  const running = [core];
  try {
    await core.line('it was ready', 20_000, (line) => (line === 'ready' ? true : undefined));
    const heard: number[] = [];
    core.onLine((line) => {
      const at = parseObject(line)?.['heardAt'];
      if (typeof at === 'number') heard.push(at);
    });
    const profile = { CORE_PROFILE: 'rtp-avp', GATEWAY_PLANE: plane };
    const edge = await startEdge(network, { ...edgeEnvironment(), ...profile });
    running.push(edge);
    const records: (string | null)[] = [];
    edge.onLine((line) => {
      const record = parseObject(line);
      if (record?.['msg'] === 'media released') records.push(pathIn(record));
    });
    const all = settings.map((each) => ({ ...each, seen: noneSeen() }));
    const make = async (kind: Kind, udp: Udp, count: number): Promise<Seen> => {
      const from = records.length;
      const made = await callsOf(network, kind, udp, count);
      const answered = made.filter(({ answeredAt }) => answeredAt !== undefined).length;
      return { calls: made, edgePaths: await recordsOf(records, from, answered) };
    };
    for (const { kind, udp } of all) await make(kind, udp, warmUp);
    for (let left = calls; left > 0; left -= turn) {
      for (const { kind, udp, seen } of all) {
        const more = await make(kind, udp, Math.min(turn, left));
        seen.calls.push(...more.calls);
        seen.edgePaths.push(...more.edgePaths);
      }
      say(`${plane} plane: ${Math.min(calls, calls - left + turn)} of ${calls} calls in each setting`);
    }
    return all.map(({ kind, udp, seen }) => {
      const errors = seen.calls.flatMap(({ error }) => error ?? []);
      return setting({ plane, kind, udp }, firstHeard(seen.calls, heard), { edgePaths: seen.edgePaths, errors });
    });
  } finally {
    for (const process of running.reverse()) await process.close();
  }
}

function child(network: Network, place: UePlace | 'core', script: string, args: string[]): NamespaceProcess {
  return new NamespaceProcess({
    name: `${script} in ${place}`,
    namespace: network.namespace(place),
    program: process.execPath,
    args: [`${__dirname}/first-second/${script}`, ...args],
  });
}

/** Makes calls, and gives what their UE tells of them. */
async function callsOf(network: Network, kind: Kind, udp: Udp, calls: number): Promise<UeCall[]> {
  const place = places[udp];
  const ues = child(network, place, 'ues.js', [kind, addresses.edgeAccess, addresses[place], domain, String(calls)]);
  const seen: UeCall[] = [];
  ues.onLine((line, stream) => {
    const call = stream === 'stdout' ? parseObject(line) : undefined;
    if (call !== undefined) seen.push(call);
  });
  await ues.ended;
  if (seen.length < calls) throw new Error(`${ues.name} ended after ${seen.length} calls:\n${ues.recentOutput}`);
  return seen;
}

/** The paths that the edge wrote of the next calls; `none` where it knew none. */
async function recordsOf(records: readonly (string | null)[], from: number, calls: number): Promise<string[]> {
  const end = Date.now() + recordMs;
  while (records.length < from + calls && Date.now() < end) await delay(20);
  return records.slice(from, from + calls).map((path) => path ?? 'none');
}

function pathIn(record: Record<string, unknown>): string | null {
  const [stream] = record['streams'] as { path?: string }[];
  return stream?.path ?? null;
}

/** There is one call at a time: what the core hears after an answer, and before it was said to be over, is of that call. */
function firstHeard(calls: readonly UeCall[], heardAtCore: readonly number[]): FirstHeard[] {
  return calls.map(({ answeredAt = NaN, heardAt = NaN }) => {
    const core = heardAtCore.find((at) => at >= answeredAt && at < heardAt + 1000);
    return { ue: finite(heardAt - answeredAt), core: finite((core ?? NaN) - answeredAt) };
  });
}

function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      calls: { type: 'string', default: '100' },
      planes: { type: 'string', default: 'native,node' },
      json: { type: 'boolean', default: false },
    },
  });
  const calls = wholeNumber('calls', values.calls);
  const planes = values.planes.split(',').filter((plane): plane is Plane => plane === 'native' || plane === 'node');
  if (planes.length === 0) throw new RangeError('--planes is native, node, or both.');
  return { calls, planes, json: values.json };
}

runBench(__filename, main);
