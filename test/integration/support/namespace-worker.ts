import { join } from 'node:path';
import { builtProgram } from '../../../app/demo/edge-process';
import type { Network, Place } from '../../../app/demo/network';
import { NamespaceProcess } from '../../../app/demo/processes';
import { RemoteCalls, type Functions } from '../clients/remote-calls';

/** A program of test/integration/clients in a network namespace; its functions are called from here, and ours from there. */
export class NamespaceWorker<Theirs extends Functions> {
  readonly #process: NamespaceProcess;
  readonly #calls: RemoteCalls<Theirs>;

  constructor(network: Network, place: Place, program: string, ours: Functions = {}) {
    this.#calls = new RemoteCalls<Theirs>(ours, (message) => this.#process.send(message));
    this.#process = new NamespaceProcess({
      name: program,
      namespace: network.namespace(place),
      program: process.execPath,
      args: [builtProgram(join('..', 'test', 'integration', 'clients', `${program}.js`))],
      environment: { HOME: process.env['HOME'] ?? '/root' },
      onMessage: (message) => this.#calls.receive(message),
    });
    void this.#process.ended.then((how) =>
      this.#calls.end(`${program} ended (${how}). Its output:\n${this.#process.recentOutput}`),
    );
  }

  async call<Name extends keyof Theirs & string>(
    name: Name,
    ...args: Parameters<Theirs[Name]>
  ): Promise<Awaited<ReturnType<Theirs[Name]>>> {
    return await this.#calls.call(name, ...args);
  }

  async close(): Promise<void> {
    await this.#process.close();
  }
}
