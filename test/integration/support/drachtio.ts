import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addresses, type Network } from '../../../app/demo/network';
import { NamespaceProcess } from '../../../app/demo/processes';

const secret = 'integration';
const port = 9022;

/** The server reads a file even where the command line says everything. */
const configuration = `<drachtio>
  <admin port="${port}" secret="${secret}">127.0.0.1</admin>
  <sip><contacts></contacts></sip>
  <cdrs>false</cdrs>
  <logging><console/><sofia-loglevel>1</sofia-loglevel><loglevel>info</loglevel></logging>
</drachtio>
`;

/** A real drachtio-server in the edge's namespace, with an access and a core contact. */
export class Drachtio {
  /** Settings that lead the edge to it. */
  static readonly environment = { DRACHTIO_HOST: '127.0.0.1', DRACHTIO_PORT: String(port), DRACHTIO_SECRET: secret };
  readonly #process: NamespaceProcess;
  readonly #directory: string;

  private constructor(process: NamespaceProcess, directory: string) {
    this.#process = process;
    this.#directory = directory;
  }

  static async start(network: Network, program: string): Promise<Drachtio> {
    const directory = mkdtempSync(join(tmpdir(), 'e80-drachtio-'));
    const file = join(directory, 'drachtio.conf.xml');
    writeFileSync(file, configuration);
    const contact = (address: string) => {
      const network = address.replace(/\d+$/, '0/24');
      return ['--contact', `sip:${address}:5060;transport=udp,tcp`, '--local-net', network];
    };
    const child = new NamespaceProcess({
      name: 'drachtio-server',
      namespace: network.namespace('edge'),
      program,
      args: ['-f', file, '--stdout', ...contact(addresses.edgeAccess), ...contact(addresses.edgeCore)],
    });
    const drachtio = new Drachtio(child, directory);
    try {
      // The admin port opens before the SIP transports exist: this line comes after both.
      await child.line('it was ready', 10_000, (line) =>
        line.includes('Starting sofia event loop') ? true : undefined,
      );
    } catch (error) {
      await drachtio.close();
      throw error;
    }
    return drachtio;
  }

  async close(): Promise<void> {
    await this.#process.close();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
