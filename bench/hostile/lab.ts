import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtProgram } from '../../app/demo/edge-process';
import { Firewall } from '../../app/demo/firewall';
import { addresses, Network, type Place } from '../../app/demo/network';
import { NamespaceProcess, runTool } from '../../app/demo/processes';
import { Lab } from '../../test/integration/support/lab';
import { ports } from './attacks/attack';
import { turnSecret } from './users';

/** A compiled program of this bench, whether this code runs compiled or from its source. */
export function program(name: string): string {
  return builtProgram(join('..', 'bench', 'hostile', name));
}

/** The good UEs behind a firewall that passes TCP 80 and SIP alone, strangers before none, the edge and the core. */
export class HostileLab {
  readonly lab: Lab;
  readonly #directory: string;

  private constructor(lab: Lab, directory: string) {
    this.lab = lab;
    this.#directory = directory;
  }

  /** @throws EdgeError what {@link Lab.start} throws */
  static async start(settings: Record<string, string> = {}): Promise<HostileLab> {
    const directory = mkdtempSync(join(tmpdir(), 'e80-hostile-'));
    try {
      const [cert, key] = [join(directory, 'cert.pem'), join(directory, 'key.pem')];
      const subject = ['-subj', `/CN=${addresses.edgeAccess}`, '-days', '1', '-nodes'];
      await runTool('openssl', ['req', '-x509', '-newkey', 'rsa:2048', ...subject, '-keyout', key, '-out', cert]);
      const at = `sip:${addresses.edgeAccess}`;
      const wanted = {
        ACCESS_LISTEN: `${at}:${ports.sip};transport=tcp ${at}:${ports.tls};transport=tls`,
        ...{ TLS_CERT_FILE: cert, TLS_KEY_FILE: key },
        TURN_SECRET: turnSecret,
        ...{ LOG_LEVEL: 'info', NODE_OPTIONS: `--require=${program('probe.js')}` },
      };
      const lab = await Lab.start({ ...wanted, ...settings }, new Network(['ue', 'strangers']));
      await Firewall.raise(lab.network, 'tcp80');
      return new HostileLab(lab, directory);
    } catch (error) {
      rmSync(directory, { recursive: true, force: true });
      throw error;
    }
  }

  /** A program of this bench in a place. */
  child(place: Place, script: string, args: readonly string[]): NamespaceProcess {
    return new NamespaceProcess({
      name: `${script} in ${place}`,
      namespace: this.lab.network.namespace(place),
      program: process.execPath,
      args: [program(script), ...args],
    });
  }

  async close(): Promise<void> {
    await this.lab.close();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
