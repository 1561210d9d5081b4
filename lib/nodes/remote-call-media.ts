import { EventEmitter } from 'node:events';
import { EdgeError } from '../errors';
import type { CallMedia, CallMediaEvents, Side, SipEnds, StreamReport } from '../media/media-anchor';
import type { CarriedCall, MediaNode } from './media-node';

/** Chooses a node for a call, beside those that it has tried. Throws `anchor-unavailable` where there is none. */
type Pick = (tried: readonly MediaNode[]) => MediaNode;

/** The media of a call at a media node: it stays with the one that took its first offer. */
export class RemoteCallMedia extends EventEmitter<CallMediaEvents> implements CallMedia, CarriedCall {
  readonly name: string;
  readonly #ends: SipEnds | undefined;
  readonly #pick: Pick;
  readonly #gone: () => void;
  #node: MediaNode | undefined;
  #placing: Promise<string> | undefined;
  #released: Promise<readonly StreamReport[]> | undefined;

  /** `gone` is called once, when it is released. */
  constructor(name: string, ends: SipEnds | undefined, pick: Pick, gone: () => void) {
    super();
    this.name = name;
    this.#ends = ends;
    this.#pick = pick;
    this.#gone = gone;
  }

  /** Where its media is; undefined before the first offer. */
  get at(): string | undefined {
    return this.#node?.at;
  }

  async offer(from: Side, sdp: string): Promise<string> {
    await this.#placing?.catch(() => undefined);
    if (this.#node) return (await this.#ask('offer', { from, sdp })) as string;
    this.#placing = this.#place(from, sdp);
    return await this.#placing;
  }

  async answer(from: Side, sdp: string): Promise<string> {
    return (await this.#ask('answer', { from, sdp })) as string;
  }

  async rollback(): Promise<void> {
    if (this.#node && !this.#released) await this.#ask('rollback', {});
  }

  async restartIce(): Promise<string | undefined> {
    return ((await this.#ask('restartIce', {})) ?? undefined) as string | undefined;
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
    if (!this.#released) this.emit('lost');
  }

  /** A node that cannot take it, or is gone meanwhile, has no call of it: another one is asked. */
  async #place(from: Side, sdp: string): Promise<string> {
    const tried: MediaNode[] = [];
    for (;;) {
      this.#refuseIfReleased();
      const node = this.#pick(tried);
      node.add(this);
      try {
        await node.request('open', {
          call: this.name,
          ends: this.#ends && { ...this.#ends, users: [...(this.#ends.users ?? [])] },
        });
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
    this.#gone();
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
