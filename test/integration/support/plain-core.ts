import { addresses, type Network } from '../../../app/demo/network';
import type { CoreFunctions } from '../clients/core-worker';
import type { Kind } from '../clients/plain-media';
import { NamespaceWorker } from './namespace-worker';
import { until } from './until';

/** Hz of the tones that the ends of a call send. */
export const tones = { ofCore: 400, ofUe: 700 } as const;

/** How much of what is heard has to be the tone. */
export const enough = 0.9;

/** How long media may take to come, or to come back, in ms. */
export const mediaMs = 20_000;

/** A core with a registrar and a phone with plain RTP, which sends a tone. One call at a time. */
export class PlainCore {
  readonly #worker: NamespaceWorker<CoreFunctions>;

  private constructor(worker: NamespaceWorker<CoreFunctions>) {
    this.#worker = worker;
  }

  static async start(network: Network): Promise<PlainCore> {
    const core = new PlainCore(new NamespaceWorker<CoreFunctions>(network, 'core', 'core-worker'));
    await core.#worker.call('open', addresses.core, tones.ofCore);
    return core;
  }

  /** Answers the call that comes in, or has come in. */
  async take(): Promise<void> {
    await this.#worker.call('take');
  }

  /** Calls the UE that registered last; resolves once it has answered. */
  async call(...kinds: Kind[]): Promise<void> {
    await this.#worker.call('call', kinds);
  }

  /** Resolves once it hears the tone of the UE, or its own that comes back. */
  async hears(frequency: number = tones.ofUe): Promise<void> {
    await until(`the core hears ${frequency} Hz`, mediaMs, async () =>
      (await this.#worker.call('hear', frequency)) > enough ? true : undefined,
    );
  }

  /** Resolves once nothing comes from the UE any more. */
  async hearsNothing(): Promise<void> {
    await until('the core hears nothing', mediaMs, async () =>
      (await this.#worker.call('hear', tones.ofUe)) === 0 ? true : undefined,
    );
  }

  /** Puts the UE on hold or takes it back. */
  async hold(holding: boolean): Promise<void> {
    await this.#worker.call('hold', holding);
  }

  /** Every SDP of the UE in this call, oldest first. */
  async sdps(): Promise<string[]> {
    return await this.#worker.call('sdps');
  }

  /** What was pressed at the UE in this call. */
  async digits(): Promise<string> {
    return await this.#worker.call('digits');
  }

  /** Sends a text to the UE; resolves once it was taken. */
  async write(text: string): Promise<void> {
    await this.#worker.call('write', text);
  }

  /** Texts of the UE, oldest first. */
  async messages(): Promise<readonly string[]> {
    return await this.#worker.call('messages');
  }

  /** Ends the call, if there is one; the UE may have ended it. */
  async hangUp(): Promise<void> {
    await this.#worker.call('hangUp');
  }

  async close(): Promise<void> {
    await this.#worker.close();
  }
}
