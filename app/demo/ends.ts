import type { Report } from '../../lib/ue/report';
import { hostPort } from '../../lib/wire/sip-uri';
import type { Direction } from './flags';
import { addresses, type Network } from './network';
import { UeTool, type ToolEvent } from './ue-tool';

export type End = 'ue' | 'core';

export type EndReports = Record<End, Report>;

export interface EndsOptions {
  direction: Direction;
  /** Seconds of media, each way. */
  seconds: number;
  /** Where the UE finds the edge; its IPv4 address and port 80 unless given. */
  edgeAddress?: string;
  sipPort?: number;
  /** Further options of the UE tool for the end that calls, such as --hold. */
  callerOptions?: readonly string[];
  /** The same for the end that is called, and for either end by its place. */
  calleeOptions?: readonly string[];
  ueOptions?: readonly string[];
  coreOptions?: readonly string[];
  /** What stands in the place of the UE tool as UE, of the built programs. */
  ueProgram?: string | undefined;
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
  readonly #tools: UeTool[] = [];

  constructor(network: Network, options: EndsOptions) {
    this.#network = network;
    this.#options = options;
  }

  /**
   * Makes the call and resolves when both ends have reported.
   * @throws EdgeError `process-failed`: an end did not start, or ended without its report.
   */
  async run(): Promise<EndReports> {
    const { direction, callerOptions = [], calleeOptions = [], edgeAddress = addresses.edgeAccess } = this.#options;
    const { sipPort = 80, ueOptions = [], coreOptions = [] } = this.#options;
    const [corePart, uePart] =
      direction === 'originating'
        ? [
            ['--answer', ...calleeOptions],
            ['--call', 'sip:core@example.net', ...callerOptions],
          ]
        : [
            ['--call-registered', 'ue', ...callerOptions],
            ['--wait-call', ...calleeOptions],
          ];
    const core = this.#start('core', ['--core', '--listen', `${addresses.core}:5060`, ...corePart, ...coreOptions]);
    const coreReport = this.#report(core);
    await Promise.race([core.event('ready', startMs), coreReport]);
    const ue = this.#start('ue', ['--edge', hostPort(edgeAddress, sipPort), '--register', ...uePart, ...ueOptions]);
    const [ofUe, ofCore] = await Promise.all([this.#report(ue), coreReport]);
    return { ue: ofUe, core: ofCore };
  }

  /** Ends both; may be called twice. */
  async close(): Promise<void> {
    await Promise.all(this.#tools.map((tool) => tool.close()));
  }

  #start(end: End, args: readonly string[]): UeTool {
    const name = end === 'ue' ? 'the UE' : 'the core';
    const { seconds, ueProgram } = this.#options;
    const program = end === 'ue' ? ueProgram : undefined;
    const tool = new UeTool(this.#network, end, [...args, '--seconds', String(seconds)], name, program);
    this.#tools.push(tool);
    tool.onEvent((event) => this.#options.onEvent?.(end, event));
    return tool;
  }

  async #report(tool: UeTool): Promise<Report> {
    const report = await tool.report(reportMs + this.#options.seconds * 1000);
    // The other end would wait for a call that does not come: asked to end, it reports as well.
    if (!report.ok) for (const other of this.#tools) other.signal('SIGTERM');
    return report;
  }
}
