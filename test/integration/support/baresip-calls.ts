import { addresses, type Network } from '../../../app/demo/network';
import type { BaresipFunctions } from '../clients/baresip-worker';
import { NamespaceWorker } from './namespace-worker';
import { PlainCore, tones } from './plain-core';
import type { Direction } from './sip-pair';

/** Calls between baresip, whose SIP and media are its own, and a core with plain RTP; one after the other. */
export class BaresipCalls {
  readonly core: PlainCore;
  readonly #baresip: NamespaceWorker<BaresipFunctions>;

  private constructor(network: Network, core: PlainCore) {
    this.core = core;
    this.#baresip = new NamespaceWorker<BaresipFunctions>(network, 'ue', 'baresip-worker');
  }

  static async start(network: Network): Promise<BaresipCalls> {
    return new BaresipCalls(network, await PlainCore.start(network));
  }

  /** Starts baresip anew; resolves once it has registered. */
  async register({ ice }: { ice: boolean }): Promise<void> {
    await this.#baresip.call('start', `${addresses.edgeAccess}:80`, tones.ofUe, ice);
  }

  /** Resolves once the call is answered. */
  async call(direction: Direction): Promise<void> {
    if (direction === 'originating')
      await Promise.all([this.core.take(), this.#baresip.call('command', 'dial', 'sip:core@example.net')]);
    else await Promise.all([this.#takes(), this.core.call('audio')]);
    await this.#baresip.call('event', 'CALL_ESTABLISHED');
  }

  /** Resolves once the core has heard the tone of baresip, and its own that baresip plays and sends back. */
  async tonesPass(): Promise<void> {
    await this.core.hears();
    await this.#baresip.call('send', 'echo');
    await this.core.hears(tones.ofCore);
    await this.#baresip.call('send', 'tone');
  }

  /** baresip puts the core on hold or takes it back. */
  async hold(holding: boolean): Promise<void> {
    await this.#baresip.call('command', holding ? 'hold' : 'resume');
  }

  /** Ends the call, takes the registration back, and ends baresip. */
  async hangUp(): Promise<void> {
    await this.#baresip.call('stop');
    await this.core.hangUp();
  }

  async close(): Promise<void> {
    await Promise.all([this.#baresip.close(), this.core.close()]);
  }

  async #takes(): Promise<void> {
    await this.#baresip.call('event', 'CALL_INCOMING');
    await this.#baresip.call('command', 'accept');
  }
}
