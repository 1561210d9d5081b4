import { setTimeout as delay } from 'node:timers/promises';
import type { PhoneCall } from '../../lib/ue/phone-call';
import { UserAgent, type UserAgentOptions } from '../../lib/ue/user-agent';
import { marks, StampedSound, type Mark } from './stamped-sound';
import { answeringUser } from './users';

/** What the UE of a held call saw, in RTP packets. */
export interface HolderReport {
  path: string | null;
  sent: number;
  received: number;
  /** Whether the call was there until the UE ended it. */
  held: boolean;
}

/** ms */
const patience = 10_000;
const lastPackets = 200;
const drain = 300;

/** A good UE in a call with media, which lasts as long as it is held. */
export class Holder {
  readonly #agent: UserAgent;
  readonly #call: PhoneCall;
  readonly #sound: StampedSound;
  #held = true;

  private constructor(agent: UserAgent, call: PhoneCall, sound: StampedSound) {
    this.#agent = agent;
    this.#call = call;
    this.#sound = sound;
    void call.ended.then(() => (this.#held = false));
  }

  /**
   * Registers and calls; rejects as a {@link UserAgent} does.
   *
   * @param delays takes how long the core's media was on its way, in ms, within the measured time
   */
  static async open(options: UserAgentOptions, delays: number[]): Promise<Holder> {
    const sound: StampedSound = new StampedSound((delayed) => {
      if (sound.mark === marks.measured) delays.push(delayed);
    });
    const agent = await UserAgent.open({ ...options, sound });
    try {
      await agent.register();
      const call = await agent.call(`sip:${answeringUser}@${options.domain}`, { patience });
      await call.media.path;
      return new Holder(agent, call, sound);
    } catch (error) {
      await agent.close();
      throw error;
    }
  }

  /** Of what is sent from now on; its delays count while the mark is `measured`. */
  mark(mark: Mark): void {
    this.#sound.mark = mark;
  }

  /** Resolves once media came. Rejects if it does not come. */
  async heard(): Promise<void> {
    const end = performance.now() + patience;
    while (this.#call.media.audio.silentFor === undefined) {
      if (performance.now() > end) throw new Error('The core is not heard.');
      await delay(20);
    }
  }

  /** Ends the call so that no packet is under way any more, and tells of it. */
  async end(): Promise<HolderReport> {
    const { media } = this.#call;
    const held = this.#held;
    this.#sound.mark = marks.last;
    await delay(lastPackets);
    media.audio.stopSending();
    await delay(drain);
    const [stream] = media.audio.reports();
    const { path = null, sent = 0, received = 0 } = stream ?? {};
    await this.#call.hangUp();
    await this.#agent.close();
    return { path, sent, received, held };
  }
}
