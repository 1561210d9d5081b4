import { resolve } from 'node:path';
import type { Network } from '../../../app/demo/network';
import { NamespaceProcess } from '../../../app/demo/processes';

/** The one that the project ships: its addresses, port and secret are those of the edge in these tests. */
const configuration = resolve(__dirname, '../../../drachtio.conf.xml');

/** A real drachtio-server in the edge's namespace, with an access and a core contact. */
export class Drachtio {
  /** Settings that lead the edge to it. */
  static readonly environment = { DRACHTIO_HOST: '127.0.0.1' };
  readonly #process: NamespaceProcess;

  private constructor(process: NamespaceProcess) {
    this.#process = process;
  }

  static async start(network: Network, program: string): Promise<Drachtio> {
    const child = new NamespaceProcess({
      name: 'drachtio-server',
      namespace: network.namespace('edge'),
      program,
      args: ['-f', configuration, '--stdout'],
    });
    const drachtio = new Drachtio(child);
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

  signal(signal: NodeJS.Signals): void {
    this.#process.signal(signal);
  }

  async close(): Promise<void> {
    await this.#process.close();
  }
}
