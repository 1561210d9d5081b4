import { EdgeError } from '../../lib/errors';
import { clientParts } from './clients';
import { edgeEnvironment, startEdge } from './edge-process';
import { Ends, type End, type EndReports } from './ends';
import type { Firewall } from './firewall';
import type { Flags } from './flags';
import type { Narration } from './narration';
import type { Network } from './network';
import type { NamespaceProcess } from './processes';
import type { RandomFile } from './random-file';
import type { UeEvent } from '../../lib/ue/ue-event';
import { wayOf } from './ways';
import type { WorkFolder } from './work-folder';

/** How often the firewall's counters are read, in ms. */
const countEveryMs = 250;

/** One call between the UE and the core, with an edge of its own. */
export class DemoCall {
  readonly #network: Network;
  readonly #firewall: Firewall;
  readonly #folder: WorkFolder;
  readonly #narration: Narration;
  #edge: NamespaceProcess | undefined;
  #ends: Ends | undefined;
  #counting: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(network: Network, firewall: Firewall, folder: WorkFolder, narration: Narration) {
    this.#network = network;
    this.#firewall = firewall;
    this.#folder = folder;
    this.#narration = narration;
  }

  /** @param file goes by MSRP. @throws EdgeError `process-failed`: a part did not start, or ended without its report. */
  async run(flags: Flags, file?: RandomFile): Promise<EndReports> {
    const { direction, seconds, media } = flags;
    const { publicPorts, sipPort } = wayOf(flags);
    const certificate = this.#folder.file('self-signed.pem');
    const { settings, program, ueOptions, coreOptions } = clientParts(flags, this.#folder, certificate);
    const environment = { ...edgeEnvironment(publicPorts), TLS_SELF_SIGNED_FILE: certificate };
    const edge = await startEdge(this.#network, { ...environment, ...settings });
    this.#edge = edge;
    this.#narration.edgeReady();
    this.#count();
    const onEvent = (end: End, event: UeEvent) => this.#narration.event(end, event);
    const callerOptions = ['--media', media, ...(file?.callerOptions ?? [])];
    const calleeOptions = file?.calleeOptions ?? [];
    const options = { callerOptions, calleeOptions, ueOptions, coreOptions, ueProgram: program, sipPort, onEvent };
    this.#ends = new Ends(this.#network, { direction, seconds, ...options });
    const edgeEnded = edge.ended.then((how) => {
      throw new EdgeError(
        'process-failed',
        `the edge ended (${how}) during the call. Its output:\n${edge.recentOutput}`,
      );
    });
    return Promise.race([this.#ends.run(), edgeEnded]);
  }

  /** Ends all processes of the call; may be called twice. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#counting);
    await this.#ends?.close();
    await this.#edge?.close();
  }

  #count(): void {
    const seen = new Set<string>();
    const again = async () => {
      const { fromUe } = await this.#firewall.counts();
      if (this.#closed) return;
      const fresh = Object.keys(fromUe.dropped).filter((port) => !seen.has(port));
      for (const port of fresh) this.#narration.dropped(port);
      fresh.forEach((port) => seen.add(port));
      this.#counting = setTimeout(() => void again().catch(() => undefined), countEveryMs);
    };
    // A count that fails only leaves a line of the narration out; the final count is read by itself.
    void again().catch(() => undefined);
  }
}
