import { builtProgram } from './edge-process';
import type { Direction } from './flags';
import { parseObject } from './json-line';
import { addresses, type Network } from './network';
import { NamespaceProcess } from './processes';

export type End = 'ue' | 'core';

/** An event of the UE tool, as it writes them with --events (see app/ue.ts). */
export interface ToolEvent {
  event: string;
  [field: string]: unknown;
}

/** What is used of the report that ends the UE tool's events; a number not measured is null. */
export interface EndReport {
  ok: boolean;
  path: 'tcp80' | 'udp' | null;
  /** Times in ms: from INVITE to 200, and from there to the first RTP packet received. */
  setupMs: number | null;
  mediaMs: number | null;
  /** RTP packets. */
  sent: number;
  received: number;
  rtcpReceived: number;
  error: { code: string; message: string } | null;
}

export type EndReports = Record<End, EndReport>;

export interface EndsOptions {
  direction: Direction;
  /** Seconds of media, each way. */
  seconds: number;
  /** Further options of the UE tool for the end that calls, such as --hold. */
  callerOptions?: readonly string[];
  /** Called for each event of either end, as it happens. */
  onEvent?: (end: End, event: ToolEvent) => void;
}

/** How long an end may take to start, and to come to its report beside its media, in ms. */
const startMs = 20_000;
const reportMs = 90_000;

/** The two ends of a call through a running edge: the UE tool as UE, and as core. */
export class Ends {
  readonly #network: Network;
  readonly #options: EndsOptions;
  readonly #processes: NamespaceProcess[] = [];

  constructor(network: Network, options: EndsOptions) {
    this.#network = network;
    this.#options = options;
  }

  /**
   * Makes the call and resolves when both ends have reported.
   * @throws EdgeError `process-failed`: an end did not start, or ended without its report.
   */
  async run(): Promise<EndReports> {
    const { direction, callerOptions = [] } = this.#options;
    const [corePart, uePart] =
      direction === 'originating'
        ? [['--answer'], ['--call', 'sip:core@example.net', ...callerOptions]]
        : [['--call-registered', 'ue', ...callerOptions], ['--wait-call']];
    const core = this.#start('core', ['--core', '--listen', `${addresses.core}:5060`, ...corePart]);
    const coreReport = this.#report(core);
    await Promise.race([core.line('it was ready', startMs, isEvent('ready')), coreReport]);
    const ue = this.#start('ue', ['--edge', `${addresses.edgeAccess}:5060`, '--register', ...uePart]);
    const [ofUe, ofCore] = await Promise.all([this.#report(ue), coreReport]);
    return { ue: ofUe, core: ofCore };
  }

  /** Ends both; may be called twice. */
  async close(): Promise<void> {
    await Promise.all(this.#processes.map((process) => process.close()));
  }

  #start(end: End, args: readonly string[]): NamespaceProcess {
    const process = new NamespaceProcess({
      name: end === 'ue' ? 'the UE' : 'the core',
      namespace: this.#network.namespace(end),
      program: globalThis.process.execPath,
      args: [builtProgram('ue.js'), ...args, '--seconds', String(this.#options.seconds), '--events'],
    });
    this.#processes.push(process);
    process.onLine((line, stream) => {
      const event = stream === 'stdout' ? toolEvent(line) : undefined;
      if (event !== undefined) this.#options.onEvent?.(end, event);
    });
    return process;
  }

  async #report(process: NamespaceProcess): Promise<EndReport> {
    const limit = reportMs + this.#options.seconds * 1000;
    const report = (await process.line('it reported', limit, isEvent('report'))) as unknown as EndReport;
    // The other end would wait for a call that does not come: asked to end, it reports as well.
    if (!report.ok) for (const other of this.#processes) other.signal('SIGTERM');
    return report;
  }
}

function isEvent(name: string): (line: string) => ToolEvent | undefined {
  return (line) => {
    const event = toolEvent(line);
    return event?.event === name ? event : undefined;
  };
}

function toolEvent(line: string): ToolEvent | undefined {
  const value = parseObject(line);
  return typeof value?.['event'] === 'string' ? (value as ToolEvent) : undefined;
}
