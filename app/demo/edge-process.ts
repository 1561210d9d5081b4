import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseObject } from './json-line';
import { addresses, type Network } from './network';
import { NamespaceProcess } from './processes';

/** How long the edge may take to start, in ms. */
const startMs = 20_000;

/** A compiled program of this project, whether this code runs compiled or from its source. */
export function builtProgram(name: string): string {
  let root = __dirname;
  while (!existsSync(join(root, 'package.json'))) root = dirname(root);
  return join(root, 'dist', 'app', name);
}

/**
 * Settings of the edge between UE and core; it starts the embedded SIP edge and an rtpengine of its own.
 * @param publicPorts take SIP and media
 */
export function edgeEnvironment(publicPorts = '80'): Record<string, string> {
  return {
    ACCESS_CONTACTS: 'sip:127.0.0.1:5080;transport=tcp',
    CORE_CONTACTS: `sip:${addresses.edgeCore}:5060;transport=udp,tcp`,
    CORE_NEXT_HOP: `sip:${addresses.core}:5060;transport=udp`,
    GATEWAY_ADDRESS: addresses.edgeAccess,
    PUBLIC_PORTS: publicPorts,
    // Whoever stops the demo does not wait for its call.
    DRAIN_SECONDS: '0',
    ...(process.env['RTPENGINE_BIN'] ? { RTPENGINE_BIN: process.env['RTPENGINE_BIN'] } : {}),
  };
}

/**
 * Starts the edge in its namespace and resolves once it takes calls.
 * @throws EdgeError `process-failed`, with what the edge wrote.
 */
export async function startEdge(network: Network, environment: Record<string, string>): Promise<NamespaceProcess> {
  const main = builtProgram('main.js');
  const edge = new NamespaceProcess({
    name: 'the edge',
    namespace: network.namespace('edge'),
    program: process.execPath,
    args: [main],
    environment,
    // The edge reads a .env of its working directory: a user's own settings are not for this network.
    directory: dirname(main),
  });
  try {
    await edge.line('it was ready', startMs, isReady);
  } catch (error) {
    await edge.close();
    throw error;
  }
  return edge;
}

function isReady(line: string): true | undefined {
  const message = parseObject(line)?.['msg'];
  return typeof message === 'string' && message.startsWith('edge80 is ready') ? true : undefined;
}
