import { addresses, type Network } from '../../../app/demo/network';
import { runTool } from '../../../app/demo/processes';

/** How the network ends a connection: with a reset to both ends, or by dropping all its packets from now on. */
export type Break = 'reset' | 'silence';

/** Drops all that the UE sends to TCP 80, and all that comes from there, from now on. */
export async function closeTcp80(network: Network): Promise<void> {
  await drop(network, 'tcp sport 80', 'tcp dport 80');
}

/**
 * Breaks the connection that the UE has to TCP 80 now; a new one of the UE is not affected.
 * @param others ports of the UE whose connections stay, such as its SIP
 */
export async function breakConnection(network: Network, how: Break, others: readonly number[] = []): Promise<void> {
  const port = await portOfUe(network, others);
  if (how === 'reset') {
    await inUe(network, 'ss', '-K', 'dst', addresses.edgeAccess, 'dport', '=', ':80', 'sport', '=', `:${port}`);
    return;
  }
  await drop(network, `tcp sport 80 tcp dport ${port}`, `tcp dport 80 tcp sport ${port}`);
}

async function drop(network: Network, arriving: string, leaving: string): Promise<void> {
  const rules = [
    'add table inet broken',
    'add chain inet broken arriving { type filter hook prerouting priority raw; policy accept; }',
    `add rule inet broken arriving ${arriving} drop`,
    // In the output chain a drop would fail the UE's own system call.
    'add chain inet broken leaving { type filter hook postrouting priority 0; policy accept; }',
    `add rule inet broken leaving ${leaving} drop`,
  ];
  await inUe(network, 'nft', rules.join('; '));
}

/** Undoes what was dropped: the next connection may have the same port. */
export async function mend(network: Network): Promise<void> {
  await inUe(network, 'nft', 'add table inet broken; delete table inet broken');
}

/** The ports of the UE that have a connection to TCP 80 now. */
export async function portsOfUe(network: Network): Promise<number[]> {
  const listed = await inUe(network, 'ss', '-Htn', 'state', 'established', '( dport = :80 )');
  return [...listed.matchAll(/:(\d+)\s+\S+:80\b/g)].map((match) => Number(match[1]));
}

/** @throws if the UE does not have exactly one connection to TCP 80 beside the others */
async function portOfUe(network: Network, others: readonly number[]): Promise<number> {
  const ports = (await portsOfUe(network)).filter((port) => !others.includes(port));
  if (ports.length !== 1) throw new Error(`The UE has ${ports.length} connections to TCP 80: ${ports.join(', ')}`);
  return ports[0]!;
}

async function inUe(network: Network, program: string, ...args: string[]): Promise<string> {
  return runTool('ip', ['netns', 'exec', network.namespace('ue'), program, ...args]);
}
