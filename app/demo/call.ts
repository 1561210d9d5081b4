import { EdgeError } from '../../lib/errors';
import { builtProgram, edgeEnvironment, startEdge } from './edge-process';
import type { Firewall } from './firewall';
import type { Flags } from './flags';
import { parseObject } from './json-line';
import { addresses, type Network } from './network';
import { NamespaceProcess } from './processes';

/** An event of the UE tool, as it writes them with --events (see app/ue.ts). */
export interface ToolEvent {
  event: string;
  [field: string]: unknown;
}

/** What the demo uses of the report that ends the UE tool's events; a number not measured is null. */
export interface EndReport {
  ok: boolean;
  path: 'tcp80' | 'udp' | null;
  setupMs: number | null;
  mediaMs: number | null;
  sent: number;
  received: number;
  rtcpReceived: number;
  error: { code: string; message: string } | null;
}

export interface CallListeners {
  /** The edge takes calls. */
  edgeReady(): void;
  /** An event of one end, as it happens. */
  event(end: 'ue' | 'core', event: ToolEvent): void;
  /** The firewall has dropped this many packets since the call began; told when it changes. */
  dropped(packets: number): void;
}

export interface CallReports {
  ue: EndReport;
  core: EndReport;
}

/** How long the parts may take to start, in ms. */
const startMs = 20_000;
/** How long a call may take beside its media, in ms: the tool's own limits end it before. */
const callMs = 90_000;
/** How often the firewall's counters are read, in ms. */
const countEveryMs = 250;

/** One call between the UE and the core through the edge, and the processes that it takes. */
export class Call {
  readonly #network: Network;
  readonly #firewall: Firewall;
  readonly #listeners: CallListeners;
  readonly #processes: NamespaceProcess[] = [];
  #counting: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(network: Network, firewall: Firewall, listeners: CallListeners) {
    this.#network = network;
    this.#firewall = firewall;
    this.#listeners = listeners;
  }

  /** @throws EdgeError `process-failed`: a part did not start, or ended without its report. */
  async run(flags: Flags): Promise<CallReports> {
    const edge = await startEdge(this.#network, edgeEnvironment());
    this.#processes.push(edge);
    this.#listeners.edgeReady();
    this.#count();

    const seconds = ['--seconds', String(flags.seconds), '--events'];
    const uesPart = flags.direction === 'originating' ? ['--call', 'sip:core@example.net'] : ['--wait-call'];
    const coresPart = flags.direction === 'originating' ? ['--answer'] : ['--call-registered', 'ue'];

    const core = this.#startEnd('core', ['--core', '--listen', `${addresses.core}:5060`, ...coresPart, ...seconds]);
    const coreReport = this.#report('core', core, flags.seconds);
    await Promise.race([core.line('it was ready', startMs, isEvent('ready')), coreReport]);
    const ue = this.#startEnd('ue', ['--edge', `${addresses.edgeAccess}:5060`, '--register', ...uesPart, ...seconds]);
    const edgeEnded = edge.ended.then((how) => {
      throw new EdgeError(
        'process-failed',
        `the edge ended (${how}) during the call. Its output:\n${edge.recentOutput}`,
      );
    });
    const reports = Promise.all([this.#report('ue', ue, flags.seconds), coreReport]);
    const [ueReport, theCoreReport] = await Promise.race([reports, edgeEnded]);
    return { ue: ueReport, core: theCoreReport };
  }

  /** Ends all processes of the call; may be called twice. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#counting);
    await Promise.all(this.#processes.reverse().map((process) => process.close()));
  }

  #startEnd(end: 'ue' | 'core', args: string[]): NamespaceProcess {
    const process = new NamespaceProcess({
      name: end === 'ue' ? 'the UE' : 'the core',
      namespace: this.#network.namespace(end),
      program: globalThis.process.execPath,
      args: [builtProgram('ue.js'), ...args],
    });
    this.#processes.push(process);
    process.onLine((line, stream) => {
      const event = stream === 'stdout' ? toolEvent(line) : undefined;
      if (event !== undefined) this.#listeners.event(end, event);
    });
    return process;
  }

  async #report(end: 'ue' | 'core', process: NamespaceProcess, seconds: number): Promise<EndReport> {
    const event = await process.line('it reported', callMs + seconds * 1000, isEvent('report'));
    return event as unknown as EndReport;
  }

  #count(): void {
    let seen = 0;
    const again = async () => {
      const { fromUe, toUe } = await this.#firewall.dropped();
      if (this.#closed) return;
      if (fromUe + toUe !== seen) this.#listeners.dropped((seen = fromUe + toUe));
      this.#counting = setTimeout(() => void again().catch(() => undefined), countEveryMs);
    };
    // A count that fails only leaves a line of the narration out; the final count is read by itself.
    void again().catch(() => undefined);
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
