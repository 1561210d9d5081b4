import { readFileSync } from 'node:fs';
import type { Config } from '../config';
import { connectionRoom, openFilesLimit } from '../open-files';
import { defaultLimits as accessLimits } from '../../lib/access/limits';
import { defaultLimits as gatewayLimits } from '../../lib/gateway/limits';
import { bad, doubtful, good, type Finding } from './finding';

/** What the kernel says; undefined: it does not. */
export type Kernel = (file: string) => string | undefined;

export const kernel: Kernel = (file) => {
  try {
    return readFileSync(file, 'latin1').trim();
  } catch {
    return undefined;
  }
};

/** CAP_NET_BIND_SERVICE (capabilities(7)). */
const bindService = 10n;

/** Whether this process may listen on the ports. */
export function mayListen(ports: readonly number[], read: Kernel): Finding {
  const what = 'right to listen';
  const first = Number(read('/proc/sys/net/ipv4/ip_unprivileged_port_start') ?? 1024);
  const low = ports.filter((port) => port < first);
  if (low.length === 0) return good(what, `no port below ${first}`);
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(read('/proc/self/status') ?? '')?.[1] ?? '0';
  if (((BigInt(`0x${effective}`) >> bindService) & 1n) === 1n) return good(what, `on ${low.join(', ')}`);
  const help =
    'AmbientCapabilities=CAP_NET_BIND_SERVICE in the unit, or setcap on node: docs/deploy.md, "Without root".';
  return bad(what, `not on ${low.join(', ')}: CAP_NET_BIND_SERVICE is missing`, help);
}

/** Whether the system gives ports of media to whoever wants any. */
export function reservedPorts({ RTPENGINE_PORTS, MSRP_PORTS }: Config, read: Kernel): Finding {
  const what = 'ports of media and MSRP';
  const [low = 32_768, high = 60_999] = (read('/proc/sys/net/ipv4/ip_local_port_range') ?? '').split(/\s+/).map(Number);
  const reserved = (read('/proc/sys/net/ipv4/ip_local_reserved_ports') ?? '').split(',').map((range) => {
    const [first = NaN, last = first] = range.split('-').map(Number);
    return { first, last };
  });
  const isReserved = (range: { first: number; last: number }) =>
    range.last < low ||
    range.first > high ||
    reserved.some(({ first, last }) => first <= Math.max(range.first, low) && last >= Math.min(range.last, high));
  const open = [RTPENGINE_PORTS, MSRP_PORTS].filter((range) => !isReserved(range));
  if (open.length === 0) return good(what, 'the system gives them to nobody else');
  const ranges = open.map(({ first, last }) => `${first}-${last}`).join(',');
  const help = `sysctl -w net.ipv4.ip_local_reserved_ports=${ranges}: else a client of this machine may have one when a call wants it.`;
  return doubtful(what, `${ranges} are among those that the system gives to clients (${low}-${high})`, help);
}

/** How many UEs and media connections the limit of open files leaves room for. */
export function openFiles({ MSRP_PORTS: { first, last } }: Config, limit = openFilesLimit()): Finding {
  const what = 'open files';
  if (limit === undefined) return good(what, 'no limit');
  const { ues, media } = connectionRoom(limit, 1, last - first + 1);
  const found = `${limit}: room for ${ues} UEs and ${media} media connections`;
  if (ues >= accessLimits.connections && media >= gatewayLimits.connections) return good(what, found);
  return doubtful(what, found, 'LimitNOFILE=65536 in the unit, or ulimit -n: docs/deploy.md, "Open files".');
}

/** Whether a burst of connections, or of media, gets past the kernel. */
export function queues(read: Kernel): Finding {
  const what = 'queues of the kernel';
  const backlog = Number(read('/proc/sys/net/core/somaxconn') ?? 4096);
  const receive = Number(read('/proc/sys/net/core/rmem_max') ?? 0);
  const found = `somaxconn ${backlog}, rmem_max ${receive}`;
  const few = [
    ...(backlog < 1024 ? ['net.core.somaxconn=4096'] : []),
    ...(receive < 200_000 ? ['net.core.rmem_max=212992'] : []),
  ];
  return few.length === 0
    ? good(what, found)
    : doubtful(what, found, `sysctl -w ${few.join(' ')}: bursts are lost else.`);
}
