import { edgeInterface, outerInterface, type Network, type Place, type UePlace } from './network';
import { runTool } from './processes';

/** What the firewall lets through: TCP 80 and the SIP port alone, or everything. */
export type FirewallMode = 'tcp80' | 'open';

/** Packets that the firewall dropped so far, by the direction they went in. */
export interface DroppedPackets {
  fromUe: number;
  toUe: number;
}

const sipPort = 5060;

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

  /** @param mode the TCP ports that are let through beside that of SIP may stand in its place */
  static async raise(network: Network, mode: FirewallMode | readonly number[], ue: UePlace = 'ue'): Promise<Firewall> {
    if (mode !== 'open') {
      const ports = `{ ${[...(mode === 'tcp80' ? [80] : mode), sipPort].join(', ')} }`;
      await load(network, 'edge', edgeInterface[ue], `tcp dport ${ports}`);
      await load(network, ue, outerInterface, `tcp sport ${ports}`);
    }
    return new Firewall(network, ue);
  }

  /** Lets everything through again; not where it was open. */
  async lower(): Promise<void> {
    await nft(this.#network, 'edge', `delete table inet ${edgeInterface[this.#ue]}`);
    await nft(this.#network, this.#ue, `delete table inet ${outerInterface}`);
  }

  async dropped(): Promise<DroppedPackets> {
    const [fromUe, toUe] = await Promise.all([
      count(this.#network, 'edge', edgeInterface[this.#ue]),
      count(this.#network, this.#ue, outerInterface),
    ]);
    return { fromUe, toUe };
  }
}

/** A table of the interface's name: the edge has a firewall toward each UE. */
async function load(network: Network, place: Place, device: string, passed: string): Promise<void> {
  const rules = [
    `add table inet ${device}`,
    `add counter inet ${device} dropped`,
    `add chain inet ${device} arriving { type filter hook prerouting priority raw; policy accept; }`,
    `add rule inet ${device} arriving iifname != ${device} accept`,
    // How neighbours find each other in IPv6 is no attempt of the UE and would blur the count.
    `add rule inet ${device} arriving meta l4proto ipv6-icmp accept`,
    `add rule inet ${device} arriving ${passed} accept`,
    `add rule inet ${device} arriving counter name dropped drop`,
  ];
  await nft(network, place, rules.join('; '));
}

async function nft(network: Network, place: Place, ...args: string[]): Promise<string> {
  return runTool('ip', ['netns', 'exec', network.namespace(place), 'nft', ...args]);
}

interface CounterListing {
  nftables: { counter?: { table: string; name: string; packets: number } }[];
}

async function count(network: Network, place: Place, device: string): Promise<number> {
  const listing = JSON.parse(await nft(network, place, '-j', 'list', 'counters')) as CounterListing;
  const own = listing.nftables.find(({ counter }) => counter?.table === device && counter.name === 'dropped');
  return own?.counter?.packets ?? 0;
}
