import { join } from 'node:path';
import { addresses, type Network } from '../../../app/demo/network';
import { runTool } from '../../../app/demo/processes';
import type { FirefoxFunctions } from '../clients/firefox-worker';
import type { Browser, BrowserPage } from './browser';
import { NamespaceWorker } from './namespace-worker';

const pageScript = join(__dirname, '..', 'clients', 'browser-page.js');

/** Debian's Firefox, which has one page at a time. */
export class Firefox implements Browser {
  readonly #worker: NamespaceWorker<FirefoxFunctions>;

  private constructor(worker: NamespaceWorker<FirefoxFunctions>) {
    this.#worker = worker;
  }

  static async start(network: Network): Promise<Firefox> {
    // Without a default route it gathers no candidates.
    await runTool('ip', ['-n', network.namespace('ue'), 'route', 'add', 'default', 'via', addresses.edgeAccess]);
    const worker = new NamespaceWorker<FirefoxFunctions>(network, 'ue', 'firefox-worker');
    await worker.call('start');
    return new Firefox(worker);
  }

  async open({ script = pageScript } = {}): Promise<BrowserPage> {
    const worker = this.#worker;
    await worker.call('open', script);
    return {
      run: (name, ...args) => worker.call('run', name, args),
      close: () => worker.call('leave'),
    };
  }

  async close(): Promise<void> {
    await this.#worker.call('stop');
    await this.#worker.close();
  }
}
