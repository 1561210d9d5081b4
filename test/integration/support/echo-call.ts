import type { TurnServer } from '../clients/nice-media';
import type { Lab } from './lab';
import { ClientUe, type Client, type ClientReport } from './client-ue';
import type { Direction } from './sip-pair';
import { SipPairs } from './sip-pair';

/** Hz; the core sends back what it gets, so that a UE hears its own tone, and no other one. */
export const tones = { sent: 400, never: 700 } as const;

/** SIPp echoes what comes to the second port after that of its audio too. */
const videoLine = '\nm=video 50002 RTP/AVP 96\na=rtpmap:96 VP8/90000';

export interface EchoOptions {
  video?: boolean;
  reinvites?: boolean;
  bundlePolicy?: 'balanced' | 'max-bundle';
  turn?: TurnServer;
}

export interface EchoReport extends ClientReport {
  /** What the core got in SDP. */
  sdps: string[];
}

/** Calls between a client and a core with plain RTP in PCMU, which echoes it: audio has to pass both ways to be heard. */
export class EchoCalls {
  readonly #lab: Lab;
  readonly #core: SipPairs;
  #ue: ClientUe | undefined;

  constructor(lab: Lab) {
    this.#lab = lab;
    this.#core = new SipPairs(lab);
  }

  /** Makes a call, to its end at both ends; with `video`, of audio and video; with `reinvites`, both offer anew (originating alone). */
  async run(client: Client, direction: Direction, options: EchoOptions = {}): Promise<EchoReport> {
    const { video = false, reinvites = false, bundlePolicy = 'balanced', turn } = options;
    const calls = direction === 'originating';
    const role = calls ? 'callee' : 'caller';
    // A callee has the registration as a call of its own.
    const core = await this.#core.core({
      ...{ scenario: `media/${reinvites ? 're-invites' : 'echo'}.${role}`, role, echo: true, calls: calls ? 2 : 1 },
      keywords: { video: video ? videoLine : '' },
    });
    const listensFor = Object.values(tones);
    this.#ue = new ClientUe(this.#lab.network, {
      client,
      calls,
      video,
      reinvites,
      bundlePolicy,
      turn,
      sends: tones.sent,
      listensFor,
    });
    const report = await this.#ue.report();
    await core.succeeded();
    const sdps = core.received().flatMap(({ body }) => (body.length > 0 ? [body] : []));
    return { ...report, sdps };
  }

  async close(): Promise<void> {
    await this.#ue?.close();
    await this.#core.close();
  }
}
