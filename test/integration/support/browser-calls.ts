import { addresses, type Network } from '../../../app/demo/network';
import type { SelectedPair } from '../clients/client-media';
import type { CoreFunctions } from '../clients/core-worker';
import { toneShare } from '../clients/tone-share';
import type { NegotiatorFunctions, UeFunctions } from '../clients/ue-worker';
import type { Browser, BrowserPage } from './browser';
import { NamespaceWorker } from './namespace-worker';
import type { Direction } from './sip-pair';
import { until } from './until';

/** Hz */
const tones = { ofCore: 400, ofBrowser: 700 } as const;

/** How much of what is heard has to be the tone of the far end. */
const enough = 0.9;

/** How long media may take to come, or to come back, in ms. */
const mediaMs = 20_000;

export interface BrowserCallOptions {
  direction: Direction;
  bundlePolicy?: 'balanced' | 'max-bundle';
  /** Beside audio. */
  video?: boolean;
}

/** Calls between a browser whose SIP is the test's own, and a core with plain RTP; one after the other. */
export class BrowserCalls {
  readonly #browser: Browser;
  readonly #ue: NamespaceWorker<UeFunctions>;
  readonly #core: NamespaceWorker<CoreFunctions>;
  #page: BrowserPage | undefined;
  #nextOffer: object = {};

  private constructor(network: Network, browser: Browser) {
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
    this.#core = new NamespaceWorker<CoreFunctions>(network, 'core', 'core-worker');
  }

  /** Registers the UE. */
  static async start(network: Network, browser: Browser): Promise<BrowserCalls> {
    const calls = new BrowserCalls(network, browser);
    await calls.#core.call('open', addresses.core, tones.ofCore);
    await calls.#ue.call('register', `${addresses.edgeAccess}:5060`, addresses.ue);
    return calls;
  }

  /** Resolves once the call is answered. */
  async call({ direction, bundlePolicy = 'balanced', video = false }: BrowserCallOptions): Promise<void> {
    this.#page = await this.#browser.open();
    await this.#run('open', { bundlePolicy, frequency: tones.ofBrowser, video });
    if (direction === 'originating')
      await Promise.all([this.#core.call('take'), this.#ue.call('call', 'sip:core@example.net')]);
    else await Promise.all([this.#ue.call('take'), this.#core.call('call', video ? ['audio', 'video'] : ['audio'])]);
  }

  /** Resolves once each end hears the tone of the other. */
  async tonesPass(): Promise<void> {
    await Promise.all([this.browserHears(true), this.coreHears()]);
  }

  /** Resolves once the browser hears the tone of the core, or hears it no more. */
  async browserHears(tone: boolean): Promise<void> {
    await until(`the browser hears ${tone ? 'the core' : 'nothing'}`, mediaMs, async () => {
      const { samples, sampleRate } = (await this.#run('heard')) as { samples: number[]; sampleRate: number };
      const share = toneShare(Int16Array.from(samples), tones.ofCore, sampleRate);
      return (tone ? share > enough : share < 1 - enough) ? true : undefined;
    });
  }

  async coreHears(): Promise<void> {
    await until('the core hears the browser', mediaMs, async () =>
      (await this.#core.call('hear', tones.ofBrowser)) > enough ? true : undefined,
    );
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

  /** The core puts the browser on hold or takes it back. */
  async coreHolds(holding: boolean): Promise<void> {
    await this.#core.call('hold', holding);
  }

  /** Every SDP that the core got in this call. */
  async sdpsOfCore(): Promise<string[]> {
    return await this.#core.call('sdps');
  }

  /** Ends the call, if there is one; the ends may be at any point of it. */
  async hangUp(): Promise<void> {
    await this.#ue.call('hangUp');
    await this.#core.call('hangUp');
    await this.#page?.close();
    this.#page = undefined;
  }

  async close(): Promise<void> {
    await Promise.all([this.#ue.close(), this.#core.close()]);
  }

  async #run(name: string, ...args: unknown[]): Promise<unknown> {
    if (this.#page === undefined) throw new Error('There is no call');
    return await this.#page.run(name, ...args);
  }
}
