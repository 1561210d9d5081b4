import { addresses, type Network } from '../../../app/demo/network';
import { NamespaceProcess, runTool } from '../../../app/demo/processes';

/** Takes TCP connections at the UE's place and passes them on over TLS: SIPp itself may be built without TLS. */
const tunnel = (port: number, tlsPort: number) => `
  require('node:net').createServer((plain) => {
    const secure = require('node:tls').connect({ host: '${addresses.edgeAccess}', port: ${tlsPort}, rejectUnauthorized: false });
    plain.pipe(secure).pipe(plain);
    for (const [one, other] of [[plain, secure], [secure, plain]]) {
      one.on('error', () => undefined);
      one.on('close', () => other.destroy());
    }
  }).listen(${port}, '${addresses.ue}', () => console.log('listening'));
`;

/** For SIPp as a UE on TLS: what it sends to `far` leaves over TLS, a connection each. */
export class TlsTunnel {
  readonly far: string;
  readonly #process: NamespaceProcess;

  private constructor(process: NamespaceProcess, far: string) {
    this.#process = process;
    this.far = far;
  }

  static async start(network: Network, tlsPort: number): Promise<TlsTunnel> {
    const port = 7061;
    const child = new NamespaceProcess({
      name: 'TLS tunnel',
      namespace: network.namespace('ue'),
      program: process.execPath,
      args: ['-e', tunnel(port, tlsPort)],
    });
    await child.line('it listened', 10_000, (line) => (line === 'listening' ? true : undefined));
    return new TlsTunnel(child, `${addresses.ue}:${port}`);
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
