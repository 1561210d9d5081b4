import type { Report } from '../../lib/ue/report';
import type { UeEvent } from '../../lib/ue/ue-event';
import { builtProgram } from './edge-process';
import { parseObject } from './json-line';
import type { Network, Place } from './network';
import { NamespaceProcess } from './processes';

/** An event of the UE tool (see app/ue.ts), `t` ms after its start. */
export type ToolEvent = UeEvent & { t: number };

/** One run of the UE tool in a namespace. */
export class UeTool {
  /** All that it told so far. */
  readonly events: readonly ToolEvent[];
  readonly #process: NamespaceProcess;

  /** `args` without `--events`. `program`: another that speaks as the tool does. */
  constructor(
    network: Network,
    place: Place,
    args: readonly string[],
    name = `the UE tool in ${place}`,
    program = 'ue.js',
  ) {
    this.#process = new NamespaceProcess({
      name,
      namespace: network.namespace(place),
      program: process.execPath,
      args: [builtProgram(program), ...args, '--events'],
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
  async event<Name extends UeEvent['event']>(name: Name, limit: number): Promise<Extract<ToolEvent, { event: Name }>> {
    const isIt = (event: ToolEvent | undefined): event is Extract<ToolEvent, { event: Name }> => event?.event === name;
    const past = this.events.find(isIt);
    if (past !== undefined) return past;
    return this.#process.line(`it told "${name}"`, limit, (line) => [toolEvent(line)].find(isIt));
  }

  /** Resolves with its last word; rejects as `event` does. */
  async report(limit: number): Promise<Report> {
    return this.event('report', limit);
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
  return typeof value?.['event'] === 'string' ? (value as unknown as ToolEvent) : undefined;
}
