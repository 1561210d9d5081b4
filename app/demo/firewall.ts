import { interfaces, type Network, type Place } from './network';
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
 * The firewall between UE and edge. Each direction is filtered where it arrives, before the receiving
 * stack sees it: a sender learns nothing, as with a firewall on the way (a drop in its own output
 * chain would fail its send call with EPERM).
 */
export class Firewall {
  readonly #network: Network;

  private constructor(network: Network) {
    this.#network = network;
  }

  static async raise(network: Network, mode: FirewallMode): Promise<Firewall> {
    if (mode === 'tcp80') {
      const ports = `{ 80, ${sipPort} }`;
      await load(network, 'edge', interfaces.edgeAccess, `tcp dport ${ports}`);
      await load(network, 'ue', interfaces.ue, `tcp sport ${ports}`);
    }
    return new Firewall(network);
  }

  async dropped(): Promise<DroppedPackets> {
    const [fromUe, toUe] = await Promise.all([count(this.#network, 'edge'), count(this.#network, 'ue')]);
    return { fromUe, toUe };
  }
}

async function load(network: Network, place: Place, device: string, passed: string): Promise<void> {
  const rules = [
    'add table inet firewall',
    'add counter inet firewall dropped',
    'add chain inet firewall arriving { type filter hook prerouting priority raw; policy accept; }',
    `add rule inet firewall arriving iifname != ${device} accept`,
    // The kernels' own IPv6 chatter is no attempt of the UE and would blur the count.
    'add rule inet firewall arriving meta nfproto ipv6 drop',
    `add rule inet firewall arriving ${passed} accept`,
    'add rule inet firewall arriving counter name dropped drop',
  ];
  await runTool('ip', ['netns', 'exec', network.namespace(place), 'nft', rules.join('; ')]);
}

interface CounterListing {
  nftables: { counter?: { table: string; name: string; packets: number } }[];
}

async function count(network: Network, place: Place): Promise<number> {
  const json = await runTool('ip', ['netns', 'exec', network.namespace(place), 'nft', '-j', 'list', 'counters']);
  const listing = JSON.parse(json) as CounterListing;
  const own = listing.nftables.find(({ counter }) => counter?.table === 'firewall' && counter.name === 'dropped');
  return own?.counter?.packets ?? 0;
}
