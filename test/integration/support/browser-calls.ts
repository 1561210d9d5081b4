import { addresses, type Network } from '../../../app/demo/network';
import type { SelectedPair } from '../clients/client-media';
import type { NegotiatorFunctions, UeFunctions } from '../clients/ue-worker';
import type { Browser, BrowserPage } from './browser';
import { NamespaceWorker } from './namespace-worker';
import { pageHears } from './page-sound';
import { mediaMs, PlainCore, tones } from './plain-core';
import type { Direction } from './sip-pair';
import { until } from './until';

export interface BrowserCallOptions {
  direction: Direction;
  bundlePolicy?: 'balanced' | 'max-bundle';
  /** Beside audio. */
  video?: boolean;
  /** By this TURN server alone. */
  turn?: RTCIceServer;
}

/** Calls between a browser whose SIP is the test's own, and a core with plain RTP; one after the other. */
export class BrowserCalls {
  readonly core: PlainCore;
  readonly #browser: Browser;
  readonly #ue: NamespaceWorker<UeFunctions>;
  #page: BrowserPage | undefined;
  #nextOffer: object = {};

  private constructor(network: Network, core: PlainCore, browser: Browser) {
    this.core = core;
    this.#browser = browser;
    const negotiator: NegotiatorFunctions = {
      offer: () => {
        const options = this.#nextOffer;
        this.#nextOffer = {};
        return this.#run('offer', options) as Promise<string>;
      },
      answer: (offer) => this.#run('answer', offer) as Promise<string>,
      accept: (answer) => this.#run('accept', answer) as Promise<void>,
    };
    this.#ue = new NamespaceWorker<UeFunctions>(network, 'ue', 'ue-worker', negotiator);
  }

  static async start(network: Network, browser: Browser): Promise<BrowserCalls> {
    const calls = new BrowserCalls(network, await PlainCore.start(network), browser);
    await calls.register();
    return calls;
  }

  /** Registers the UE, or registers it anew over another connection. */
  async register(port = 80): Promise<void> {
    await this.#ue.call('register', `${addresses.edgeAccess}:${port}`, addresses.ue);
  }

  /** Resolves once the call is answered. */
  async call({ direction, bundlePolicy = 'balanced', video = false, turn }: BrowserCallOptions): Promise<void> {
    this.#page = await this.#browser.open();
    const relayed = turn && { iceServers: [turn], iceTransportPolicy: 'relay' };
    await this.#run('open', { bundlePolicy, frequency: tones.ofUe, video, ...relayed });
    if (direction === 'originating')
      await Promise.all([this.core.take(), this.#ue.call('call', 'sip:core@example.net')]);
    else await Promise.all([this.#ue.call('take'), this.core.call('audio', ...(video ? ['video' as const] : []))]);
  }

  /** Resolves once each end hears the tone of the other. */
  async tonesPass(): Promise<void> {
    await Promise.all([this.browserHears(true), this.core.hears()]);
  }

  /** Resolves once the browser hears the tone of the core, or hears it no more. */
  async browserHears(tone: boolean): Promise<void> {
    await pageHears(this.#open, tone);
  }

  /** Resolves once the browser has read a picture that it had sent and the core sent back. */
  async picturesPass(): Promise<void> {
    await until('pictures come back', mediaMs, async () =>
      Number(await this.#run('pictures')) > 0 ? true : undefined,
    );
  }

  /** One for each transport. */
  async pairs(): Promise<SelectedPair[]> {
    return (await this.#run('pairs')) as SelectedPair[];
  }

  /** Of the lines, as the browser has them. */
  async directions(): Promise<string[]> {
    return (await this.#run('directions')) as string[];
  }

  /** The browser offers anew: with other directions, new ICE, or video beside what there is. */
  async offerAnew(options: { iceRestart?: boolean; direction?: 'sendrecv' | 'sendonly'; video?: true }): Promise<void> {
    this.#nextOffer = options;
    await this.#ue.call('offerAnew');
  }

  /** Ends the call, if there is one; the ends may be at any point of it. */
  async hangUp(): Promise<void> {
    await this.#ue.call('hangUp');
    await this.core.hangUp();
    await this.#page?.close();
    this.#page = undefined;
  }

  async close(): Promise<void> {
    await Promise.all([this.#ue.close(), this.core.close()]);
  }

  get #open(): BrowserPage {
    if (this.#page === undefined) throw new Error('There is no call');
    return this.#page;
  }

  async #run(name: string, ...args: unknown[]): Promise<unknown> {
    return await this.#open.run(name, ...args);
  }
}
