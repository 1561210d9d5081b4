import { spawnSync } from 'node:child_process';
import { addresses, type Network } from '../../../app/demo/network';
import { NamespaceProcess, runTool } from '../../../app/demo/processes';
import { until } from './until';

/** rtpengine's ng control port in the edge's namespace. */
const ngPort = 2223;

/**
 * Asks rtpengine over ng (a bencoded command on a TCP connection) and prints its answer; for Bash inside the namespace,
 * which starts in a tenth of Node's time: each test ends with a question.
 */
const question = (command: string) => `
  exec 2>/dev/null 3<>/dev/tcp/127.0.0.1/${ngPort} || exit 0
  printf %s '${process.pid}_${Date.now()} ${command}' >&3
  answer=
  while [[ ! $answer =~ 6:result(2:ok|4:pong|5:error) ]]; do
    IFS= read -r -t 1 -N 1 byte <&3 || break
    answer+=$byte
  done
  printf %s "$answer"
`;

/** The rtpengine to test with: RTPENGINE_BIN, or the one that is installed. */
export function rtpengineProgram(): string {
  const given = process.env['RTPENGINE_BIN'];
  return given === undefined || given === '' ? 'rtpengine' : given;
}

/** Whether it is of a release that bundles (RFC 9143): mr14.0 or newer. */
export function rtpengineBundles(): boolean {
  const { stdout, stderr } = spawnSync(rtpengineProgram(), ['--version'], { encoding: 'utf8' });
  const [, major = '0'] = /Version: (\d+)\./.exec(`${stdout}${stderr}`) ?? [];
  return Number(major) >= 14;
}

/** A real rtpengine in the edge's namespace, that the tests can ask and stop. */
export class Rtpengine {
  static readonly url = `tcp://127.0.0.1:${ngPort}`;
  readonly #network: Network;
  readonly #access: readonly string[];
  #process: NamespaceProcess;

  private constructor(network: Network, access: readonly string[]) {
    this.#network = network;
    this.#access = access;
    this.#process = this.#spawn();
  }

  /** @param access its addresses toward UEs */
  static async start(network: Network, access: readonly string[] = [addresses.edgeAccess]): Promise<Rtpengine> {
    const rtpengine = new Rtpengine(network, access);
    await rtpengine.#answers();
    return rtpengine;
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.signal(signal);
  }

  /** Takes all calls from it; resolves when it answers again. */
  async killAndStart(): Promise<void> {
    this.#process.signal('SIGKILL');
    await this.#process.ended;
    this.#process = this.#spawn();
    await this.#answers();
  }

  /** Call-IDs that rtpengine holds, as its raw answer lists them; empty when there are none. */
  async calls(): Promise<string> {
    const answer = await this.#ask('d7:command4:list5:limiti32ee');
    const list = /5:callsl(.*)e6:result2:ok/s.exec(answer);
    if (list === null) throw new Error(`rtpengine gave no list: ${answer}`);
    return list[1] ?? '';
  }

  async close(): Promise<void> {
    await this.#process.close();
  }

  #spawn(): NamespaceProcess {
    return new NamespaceProcess({
      name: 'rtpengine',
      namespace: this.#network.namespace('edge'),
      program: rtpengineProgram(),
      args: [
        ...['--config-file=none', '--foreground', '--log-stderr', '--log-level=5', '--table=-1'],
        ...this.#access.map((address) => `--interface=access/${address}`),
        `--interface=core/${addresses.edgeCore}`,
        ...[`--listen-tcp-ng=127.0.0.1:${ngPort}`, '--timeout=86400', '--silent-timeout=86400'],
      ],
    });
  }

  async #answers(): Promise<void> {
    await until('rtpengine answers a ping', 10_000, async () => {
      if (!this.#process.running) throw new Error(`rtpengine ended:\n${this.#process.recentOutput}`);
      return (await this.#ask('d7:command4:pinge')).includes('4:pong') ? true : undefined;
    });
  }

  async #ask(command: string): Promise<string> {
    const bash = ['bash', '-c', question(command)];
    return runTool('ip', ['netns', 'exec', this.#network.namespace('edge'), ...bash]);
  }
}
