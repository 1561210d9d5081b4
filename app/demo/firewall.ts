import { edgeInterface, outerInterface, type Network, type Place, type UePlace } from './network';
import { runTool } from './processes';

/** What the firewall lets through: one TCP port and nothing else, or everything. */
export type FirewallMode = 'tcp80' | 'tcp443' | 'open';

/** Packets by transport and port of the edge, such as `tcp80` or `udp30000`. */
export type PacketsByPort = Readonly<Record<string, number>>;

export interface FirewallCounts {
  passed: PacketsByPort;
  dropped: PacketsByPort;
}

const portsOf = { tcp80: [80], tcp443: [443] } as const;

/** Of what one direction is filtered by: ports of the edge that are counted one by one. */
const mostPorts = 1024;

/**
 * The firewall between a UE and the edge. Each direction is filtered where it arrives, before the receiving
 * stack sees it: a sender learns nothing, as with a firewall on the way (a drop in its own output
 * chain would fail its send call with EPERM).
 */
export class Firewall {
  readonly #network: Network;
  readonly #ue: UePlace;

  private constructor(network: Network, ue: UePlace) {
    this.#network = network;
    this.#ue = ue;
  }

  /** @param mode TCP ports to let through may stand in its place */
  static async raise(network: Network, mode: FirewallMode | readonly number[], ue: UePlace = 'ue'): Promise<Firewall> {
    const ports = typeof mode === 'string' && mode !== 'open' ? portsOf[mode] : mode;
    await load(network, 'edge', edgeInterface[ue], 'dport', ports);
    await load(network, ue, outerInterface, 'sport', ports);
    return new Firewall(network, ue);
  }

  /** Lets everything through again, and counts no more. */
  async lower(): Promise<void> {
    await nft(this.#network, 'edge', `delete table inet ${edgeInterface[this.#ue]}`);
    await nft(this.#network, this.#ue, `delete table inet ${outerInterface}`);
  }

  /** Packets so far, by the direction they went in. */
  async counts(): Promise<{ fromUe: FirewallCounts; toUe: FirewallCounts }> {
    const [fromUe, toUe] = await Promise.all([
      count(this.#network, 'edge', edgeInterface[this.#ue]),
      count(this.#network, this.#ue, outerInterface),
    ]);
    return { fromUe, toUe };
  }
}

export function total(packets: PacketsByPort): number {
  return Object.values(packets).reduce((sum, each) => sum + each, 0);
}

/** A table of the interface's name: the edge has a firewall toward each UE. */
async function load(
  network: Network,
  place: Place,
  device: string,
  edgePort: 'dport' | 'sport',
  ports: 'open' | readonly number[],
): Promise<void> {
  const passed = ports === 'open' ? 'meta l4proto { tcp, udp }' : `tcp ${edgePort} { ${ports.join(', ')} }`;
  const counting = `type inet_proto . inet_service; flags dynamic; size ${mostPorts}; counter;`;
  const key = `{ meta l4proto . th ${edgePort} }`;
  const rules = [
    `add table inet ${device}`,
    `add set inet ${device} passed { ${counting} }`,
    `add set inet ${device} dropped { ${counting} }`,
    `add chain inet ${device} arriving { type filter hook prerouting priority raw; policy accept; }`,
    `add rule inet ${device} arriving iifname != ${device} accept`,
    // How neighbours find each other in IPv6 is no attempt of the UE.
    `add rule inet ${device} arriving meta l4proto ipv6-icmp accept`,
    `add rule inet ${device} arriving ${passed} update @passed ${key} accept`,
    `add rule inet ${device} arriving meta l4proto { tcp, udp } update @dropped ${key}`,
    `add rule inet ${device} arriving ${ports === 'open' ? 'accept' : 'drop'}`,
  ];
  await nft(network, place, rules.join('; '));
}

/** What is used of nft's JSON: https://manpages.debian.org/libnftables-json. */
interface Listing {
  nftables: {
    set?: { name: string; elem?: { elem: { val: { concat: [string, number] }; counter: { packets: number } } }[] };
  }[];
}

async function count(network: Network, place: Place, device: string): Promise<FirewallCounts> {
  const { nftables } = JSON.parse(await nft(network, place, '-j', `list table inet ${device}`)) as Listing;
  const packetsIn = (name: string): PacketsByPort => {
    const found = nftables.find(({ set }) => set?.name === name)?.set?.elem ?? [];
    return Object.fromEntries(found.map(({ elem: { val, counter } }) => [val.concat.join(''), counter.packets]));
  };
  return { passed: packetsIn('passed'), dropped: packetsIn('dropped') };
}

async function nft(network: Network, place: Place, ...args: string[]): Promise<string> {
  return await runTool('ip', ['netns', 'exec', network.namespace(place), 'nft', ...args]);
}
