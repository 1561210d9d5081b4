import { join } from 'node:path';
import type { Network } from '../../../app/demo/network';
import type { WebrtcbinFunctions } from '../clients/webrtcbin-worker';
import type { Browser, BrowserPage } from './browser';
import { NamespaceWorker } from './namespace-worker';

const program = join(__dirname, '..', 'clients', 'webrtcbin-agent.py');

/** GStreamer's webrtcbin, which passes for a browser that has audio alone. */
export class Webrtcbin implements Browser {
  readonly #worker: NamespaceWorker<WebrtcbinFunctions>;

  private constructor(worker: NamespaceWorker<WebrtcbinFunctions>) {
    this.#worker = worker;
  }

  static start(network: Network): Promise<Webrtcbin> {
    return Promise.resolve(new Webrtcbin(new NamespaceWorker(network, 'ue', 'webrtcbin-worker')));
  }

  open(): Promise<BrowserPage> {
    const call = (name: string, ...args: unknown[]) =>
      this.#worker.call(name as keyof WebrtcbinFunctions, ...(args as never));
    return Promise.resolve({
      run: (name, ...args) => (name === 'open' ? call(name, program, ...args) : call(name, ...args)),
      close: async () => {
        await call('close');
      },
    });
  }

  async close(): Promise<void> {
    await this.#worker.close();
  }
}
