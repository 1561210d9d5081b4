import { EventEmitter } from 'node:events';
import { EdgeError } from '../errors';
import {
  otherSide,
  type CallMedia,
  type CallMediaEvents,
  type Side,
  type SipEnds,
  type StreamReport,
} from '../media/media-anchor';
import { ContinuedOrigin } from './continued-origin';
import type { CarriedCall, MediaNode } from './media-node';

/** Chooses a node for a call, beside those that it has tried. Throws `anchor-unavailable` where there is none. */
type Pick = (tried: readonly MediaNode[]) => MediaNode;

export interface RemoteCallOptions {
  readonly name: string;
  readonly ends: SipEnds | undefined;
  readonly pick: Pick;
  /** A call whose node is gone goes on at another one, if its ends take that. */
  readonly moves: boolean;
  /** Called once, when it is released. */
  readonly gone: () => void;
}

/** The media of a call at a media node: it stays with the one that took its first offer, as long as that is there. */
export class RemoteCallMedia extends EventEmitter<CallMediaEvents> implements CallMedia, CarriedCall {
  readonly name: string;
  readonly #options: RemoteCallOptions;
  readonly #told = { access: new ContinuedOrigin(), core: new ContinuedOrigin() };
  /** What each side said last that was answered, or answers. */
  readonly #said: Partial<Record<Side, string>> = {};
  #offered: { from: Side; sdp: string } | undefined;
  #node: MediaNode | undefined;
  #placing: Promise<string> | undefined;
  #released: Promise<readonly StreamReport[]> | undefined;

  constructor(options: RemoteCallOptions) {
    super();
    this.name = options.name;
    this.#options = options;
  }

  async offer(from: Side, sdp: string): Promise<string> {
    await this.#placing?.catch(() => undefined);
    const offer = this.#node ? await this.#ask('offer', { from, sdp }) : await this.#place(from, sdp);
    this.#offered = { from, sdp };
    return this.#told[otherSide(from)].told(offer as string);
  }

  async answer(from: Side, sdp: string): Promise<string> {
    const answer = (await this.#ask('answer', { from, sdp })) as string;
    if (this.#offered) this.#said[this.#offered.from] = this.#offered.sdp;
    this.#said[from] = sdp;
    this.#offered = undefined;
    return this.#told[otherSide(from)].told(answer);
  }

  async rollback(): Promise<void> {
    this.#offered = undefined;
    if (this.#node && !this.#released) await this.#ask('rollback', {});
  }

  async restartIce(): Promise<string | undefined> {
    const { core } = this.#said;
    if (!this.#node && core !== undefined) return await this.offer('core', core);
    const offer = (await this.#ask('restartIce', {})) as string | null;
    return offer === null ? undefined : this.#told.access.told(offer);
  }

  async look(): Promise<readonly StreamReport[]> {
    return await this.#ask('look', {}).then(
      (reports) => reports as StreamReport[],
      () => [],
    );
  }

  release(): Promise<readonly StreamReport[]> {
    this.#released ??= this.#release();
    return this.#released;
  }

  told(event: string, told: readonly unknown[]): void {
    if (!this.#released) this.emit(event as 'lost', ...(told as []));
  }

  lost(): void {
    if (this.#released) return;
    const canMove = this.#options.moves && this.#said.access !== undefined && this.#said.core !== undefined;
    this.#node = undefined;
    this.emit(canMove ? 'moved' : 'lost');
  }

  async #place(from: Side, sdp: string): Promise<string> {
    this.#placing = this.#placed(from, sdp);
    return await this.#placing;
  }

  /** A node that cannot take it, or is gone meanwhile, has no call of it: another one is asked. */
  async #placed(from: Side, sdp: string): Promise<string> {
    const { ends, pick } = this.#options;
    const tried: MediaNode[] = [];
    for (;;) {
      this.#refuseIfReleased();
      const node = pick(tried);
      node.add(this);
      try {
        await node.request('open', { call: this.name, ends: ends && { ...ends, users: [...(ends.users ?? [])] } });
        const offer = (await node.request('offer', { call: this.name, from, sdp })) as string;
        this.#node = node;
        return offer;
      } catch (error) {
        void node.remove(this).catch(() => undefined);
        if (!(error instanceof EdgeError) || error.code !== 'anchor-unavailable') throw error;
        tried.push(node);
      }
    }
  }

  async #ask(name: 'offer' | 'answer' | 'rollback' | 'restartIce' | 'look', asked: object): Promise<unknown> {
    this.#refuseIfReleased();
    if (!this.#node) throw new EdgeError('answer-unexpected', 'The call has no media yet.');
    return await this.#node.request(name, { ...asked, call: this.name });
  }

  async #release(): Promise<readonly StreamReport[]> {
    this.#options.gone();
    await this.#placing?.catch(() => undefined);
    try {
      return ((await this.#node?.remove(this)) ?? []) as StreamReport[];
    } catch {
      return [];
    }
  }

  #refuseIfReleased(): void {
    if (this.#released) throw new EdgeError('call-ended', 'The call has ended.');
  }
}
