import { parseObject } from '../../app/demo/json-line';
import { addresses } from '../../app/demo/network';
import type { NamespaceProcess } from '../../app/demo/processes';
import type { CoreCallReport } from './core-call';
import type { Distribution } from './distribution';
import type { HolderReport } from './holder';
import type { HostileLab } from './lab';
import type { NewcomerResult } from './newcomer';
import { holderPrefix } from './users';

/** What one end saw of the held calls; how long the other's media was on its way, and how late it came itself, in ms. */
interface EndReport<Call> {
  calls: Call[];
  delays: Distribution;
  lateness: Distribution;
}

export interface GoodReport {
  ue: EndReport<HolderReport>;
  core: EndReport<CoreCallReport>;
}

export interface GoodOptions {
  /** Held all the time. */
  calls: number;
  /** New UEs, while it is measured, and how long each waits for an answer, ms. */
  perSecond: number;
  patience: number;
}

/** ms */
const startMs = 60_000;
const endMs = 60_000;

/** Who waits longer than this for an answer was not served, ms. */
export const patience = 5000;

/** The good UEs and their core: held calls with media, and newcomers while it is measured. */
export class GoodSide {
  /** How often a held call was refused before it was set up. */
  refusals = 0;
  /** Of the newcomers so far. */
  readonly newcomers: NewcomerResult[] = [];
  readonly #core: NamespaceProcess;
  readonly #ues: NamespaceProcess;
  readonly #coreCalls: CoreCallReport[] = [];

  private constructor(core: NamespaceProcess, ues: NamespaceProcess) {
    this.#core = core;
    this.#ues = ues;
    core.onLine((line) => {
      const call = eventIn(line, 'call') as CoreCallReport | undefined;
      if (call?.user.startsWith(holderPrefix) === true) this.#coreCalls.push(call);
    });
    ues.onLine((line) => {
      const result = eventIn(line, 'newcomer') as NewcomerResult | undefined;
      if (result !== undefined) this.newcomers.push(result);
    });
  }

  /** Resolves when the calls have media both ways. */
  static async start(lab: HostileLab, { calls, perSecond, patience }: GoodOptions): Promise<GoodSide> {
    const core = lab.child('core', 'core.js', [addresses.core]);
    await core.line('it was ready', startMs, (line) => (line === 'ready' ? true : undefined));
    const ues = lab.child('ue', 'ues.js', [
      addresses.edgeAccess,
      addresses.ue,
      ...[calls, perSecond, patience].map(String),
    ]);
    const good = new GoodSide(core, ues);
    try {
      const up = await ues.line('its calls had media', startMs, (line) => eventIn(line, 'up'));
      good.refusals = Number(up['refusals']);
    } catch (error) {
      await good.close();
      throw error;
    }
    return good;
  }

  /** New UEs come from now on, and what media is late counts. */
  measure(): void {
    this.#ues.signal('SIGUSR2');
  }

  /** Resolves when the last newcomer is through. */
  async pause(): Promise<void> {
    const paused = this.#ues.line('the last newcomer was through', endMs, (line) => eventIn(line, 'paused'));
    this.#ues.signal('SIGUSR2');
    await paused;
  }

  /** Ends the calls. */
  async end(): Promise<GoodReport> {
    const report = async (of: NamespaceProcess) => {
      const line = of.line('its report', endMs, (text) => eventIn(text, 'report'));
      of.signal('SIGTERM');
      return line;
    };
    const ue = (await report(this.#ues)) as unknown as GoodReport['ue'];
    const core = (await report(this.#core)) as unknown as Omit<GoodReport['core'], 'calls'>;
    return { ue, core: { ...core, calls: this.#coreCalls } };
  }

  /** May be called twice. */
  async close(): Promise<void> {
    await this.#ues.close();
    await this.#core.close();
  }
}

function eventIn(line: string, event: string): Record<string, unknown> | undefined {
  const found = parseObject(line);
  return found?.['event'] === event ? found : undefined;
}
