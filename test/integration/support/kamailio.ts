import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { addresses, type Network } from '../../../app/demo/network';
import { NamespaceProcess } from '../../../app/demo/processes';

const configuration = resolve(__dirname, '../../kamailio/kamailio.cfg');

/** A real Kamailio as core (see test/kamailio/kamailio.cfg). */
export class Kamailio {
  /** Users of the core, with their passwords and the second of their public identities. */
  static readonly users = {
    alice: { password: 'wonderland', uri: 'sip:alice@example.net', number: 'sip:+12025550101@example.net' },
    bob: { password: 'builder', uri: 'sip:bob@example.net', number: 'sip:+12025550102@example.net' },
  } as const;

  readonly #process: NamespaceProcess;
  readonly #directory: string;
  readonly #requests: string[] = [];

  private constructor(process: NamespaceProcess, directory: string) {
    this.#process = process;
    this.#directory = directory;
    process.onLine((line) => {
      const request = /<script>: ([A-Z]+ .*)/.exec(line)?.[1];
      if (request !== undefined) this.#requests.push(request);
    });
  }

  /** @param extra a switch of the configuration, if any. */
  static async start(network: Network, extra: string): Promise<Kamailio> {
    const directory = mkdtempSync(join(tmpdir(), 'e80-kamailio-'));
    const child = new NamespaceProcess({
      name: 'Kamailio',
      namespace: network.namespace('core'),
      program: 'kamailio',
      args: [
        ...['-f', configuration, '-DD', '-E', '-m', '32', '-M', '4', '-w', directory, '-Y', directory],
        ...['udp', 'tcp'].flatMap((transport) => ['-l', `${transport}:${addresses.core}:5060`]),
        ...(extra === '' ? [] : ['-A', extra]),
      ],
    });
    const kamailio = new Kamailio(child, directory);
    try {
      await child.line('it was ready', 10_000, (line) => (line.endsWith('<script>: ready') ? true : undefined));
    } catch (error) {
      await kamailio.close();
      throw error;
    }
    return kamailio;
  }

  /** What came in so far: `INVITE sip:bob@example.net from sip:alice@example.net over udp`. */
  get requests(): readonly string[] {
    return this.#requests;
  }

  async close(): Promise<void> {
    await this.#process.close();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
