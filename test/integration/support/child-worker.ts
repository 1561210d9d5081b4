import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { builtProgram } from '../../../app/demo/edge-process';
import { RemoteCalls, type Functions } from '../clients/remote-calls';

/** A program of test/integration/clients as a child process, whose functions are called from here. */
export class ChildWorker<Theirs extends Functions> {
  readonly #child: ChildProcess;
  readonly #calls: RemoteCalls<Theirs>;

  constructor(program: string) {
    this.#child = fork(builtProgram(join('..', 'test', 'integration', 'clients', `${program}.js`)));
    this.#calls = new RemoteCalls<Theirs>({}, (message) => void this.#child.send(message));
    this.#child.on('message', (message) => this.#calls.receive(message));
    this.#child.once('exit', (code, signal) => this.#calls.end(`${program} ended (${signal ?? code ?? '?'})`));
  }

  async call<Name extends keyof Theirs & string>(
    name: Name,
    ...args: Parameters<Theirs[Name]>
  ): Promise<Awaited<ReturnType<Theirs[Name]>>> {
    return await this.#calls.call(name, ...args);
  }

  /** Ends it at once: it may crash when it exits by itself. */
  async close(): Promise<void> {
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }
}
