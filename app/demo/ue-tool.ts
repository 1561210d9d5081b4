import type { MsrpTransfer } from '../../lib/ue/report';
import { builtProgram } from './edge-process';
import { parseObject } from './json-line';
import type { Network, Place } from './network';
import { NamespaceProcess } from './processes';

/** An event of the UE tool, as it writes them with --events (see app/ue.ts). */
export interface ToolEvent {
  event: string;
  [field: string]: unknown;
}

/** What is used of the report that ends the UE tool's events; a number not measured is null. */
export interface ToolReport {
  ok: boolean;
  path: 'tcp80' | 'udp' | null;
  /** Times in ms: from INVITE to 200, and from there to the first RTP packet received. */
  setupMs: number | null;
  mediaMs: number | null;
  /** RTP packets. */
  sent: number;
  received: number;
  lost: number;
  rtcpReceived: number;
  /** The RTP streams, dropped ones too. */
  streams: { line: number; sent: number; received: number }[];
  /** What went whole by MSRP, each way; null if the call had none. */
  msrp: { path: ToolReport['path']; sent: MsrpTransfer[]; received: MsrpTransfer[] } | null;
  error: { code: string; message: string } | null;
}

/** One run of the UE tool in a namespace. */
export class UeTool {
  /** All that it told so far. */
  readonly events: readonly ToolEvent[];
  readonly #process: NamespaceProcess;

  /** `args` without `--events`. */
  constructor(network: Network, place: Place, args: readonly string[], name = `the UE tool in ${place}`) {
    this.#process = new NamespaceProcess({
      name,
      namespace: network.namespace(place),
      program: process.execPath,
      args: [builtProgram('ue.js'), ...args, '--events'],
    });
    const events: ToolEvent[] = [];
    this.events = events;
    this.onEvent((event) => events.push(event));
  }

  onEvent(listener: (event: ToolEvent) => void): void {
    this.#process.onLine((line, stream) => {
      const event = stream === 'stdout' ? toolEvent(line) : undefined;
      if (event !== undefined) listener(event);
    });
  }

  /**
   * Resolves with the first event of this name, past or to come; `limit` in ms.
   * @throws EdgeError `process-failed`: the tool ended first, or took too long.
   */
  async event(name: string, limit: number): Promise<ToolEvent> {
    const past = this.events.find(({ event }) => event === name);
    if (past !== undefined) return past;
    return this.#process.line(`it told "${name}"`, limit, (line) => {
      const event = toolEvent(line);
      return event?.event === name ? event : undefined;
    });
  }

  /** Resolves with its last word; rejects as `event` does. */
  async report(limit: number): Promise<ToolReport> {
    return (await this.event('report', limit)) as unknown as ToolReport;
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.signal(signal);
  }

  /** Ends it; may be called twice. */
  async close(): Promise<void> {
    await this.#process.close();
  }
}

function toolEvent(line: string): ToolEvent | undefined {
  const value = parseObject(line);
  return typeof value?.['event'] === 'string' ? (value as ToolEvent) : undefined;
}
