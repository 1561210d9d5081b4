import { join } from 'node:path';
import { addresses, type Network } from '../../../app/demo/network';
import { NamespaceProcess, runTool } from '../../../app/demo/processes';

/** How a UE's SIP leaves: over TLS, or in WebSocket frames. */
export type TunnelWay = 'tls' | 'ws' | 'wss';

/** Takes TCP connections at the UE's place and passes them on otherwise: SIPp knows neither WebSocket, nor, maybe, TLS. */
const tunnel = (port: number, way: TunnelWay, far: number) => `
  const { StreamFramer } = require('${join(__dirname, '../../../dist/lib/wire/stream-framer.js')}');
  const { WebSocket } = require('${require.resolve('ws')}');
  const overTls = (plain) => {
    const secure = require('node:tls').connect({ host: '${addresses.edgeAccess}', port: ${far}, rejectUnauthorized: false });
    plain.pipe(secure).pipe(plain);
    secure.on('error', () => undefined);
    secure.on('close', () => plain.destroy());
    plain.on('close', () => secure.destroy());
  };
  const inFrames = (plain) => {
    const framer = new StreamFramer();
    const socket = new WebSocket('${way}://${addresses.edgeAccess}:${far}/', 'sip', { rejectUnauthorized: false });
    socket.on('error', () => undefined);
    plain.pause();
    socket.on('open', () => plain.resume());
    socket.on('message', (message) => plain.write(message));
    socket.on('close', () => plain.destroy());
    plain.on('data', (chunk) => {
      for (const { kind, text } of framer.push(chunk)) socket.send(kind === 'ping' ? '\\r\\n\\r\\n' : text);
    });
    plain.on('close', () => socket.terminate());
  };
  require('node:net').createServer((plain) => {
    plain.on('error', () => undefined);
    ${way === 'tls' ? 'overTls' : 'inFrames'}(plain);
  }).listen(${port}, '${addresses.ue}', () => console.log('listening'));
`;

/** For SIPp as a UE: what it sends to `far` leaves over TLS or WebSocket, a connection each. */
export class UeTunnel {
  readonly far: string;
  readonly #process: NamespaceProcess;

  private constructor(process: NamespaceProcess, far: string) {
    this.#process = process;
    this.far = far;
  }

  /** @param far port of the edge */
  static async start(network: Network, way: TunnelWay, far: number): Promise<UeTunnel> {
    const port = { tls: 7061, ws: 7080, wss: 7443 }[way];
    const child = new NamespaceProcess({
      name: `${way} tunnel`,
      namespace: network.namespace('ue'),
      program: process.execPath,
      args: ['-e', tunnel(port, way, far)],
    });
    await child.line('it listened', 10_000, (line) => (line === 'listening' ? true : undefined));
    return new UeTunnel(child, `${addresses.ue}:${port}`);
  }

  async close(): Promise<void> {
    await this.#process.close();
  }
}

const pinging = (transport: 'tcp' | 'tls', port: number) => `
  const socket = require('node:${transport === 'tls' ? 'tls' : 'net'}').connect(
    { host: '${addresses.edgeAccess}', port: ${port}, rejectUnauthorized: false });
  let received = '';
  const finish = () => { process.stdout.write(JSON.stringify(received)); process.exit(0); };
  socket.on('${transport === 'tls' ? 'secureConnect' : 'connect'}', () => socket.write('\\r\\n\\r\\n'));
  socket.on('data', (chunk) => { received += chunk; if (received.length >= 2) finish(); });
  socket.on('close', finish);
  setTimeout(finish, 5000);
`;

/** What a UE gets for a keep-alive (RFC 5626 §4.4.1), its first bytes on a new connection. */
export async function pong(network: Network, transport: 'tcp' | 'tls', port: number): Promise<string> {
  const node = [process.execPath, '-e', pinging(transport, port)];
  return JSON.parse(await runTool('ip', ['netns', 'exec', network.namespace('ue'), ...node])) as string;
}
