import type { Logger } from '../ops/logger';
import { NodeLink } from './node-link';
import type { NodeStatus, RequestName, Requests } from './protocol';
import type { z } from 'zod';

/** What a media node tells a call that it carries. */
export interface CarriedCall {
  readonly name: string;
  /** The node told this of it. */
  told(event: string, told: readonly unknown[]): void;
  /** The node has it no more, or has been gone for too long. */
  lost(): void;
}

export interface MediaNodeOptions {
  /** `ws://host:port` */
  readonly at: string;
  /** How many calls it gets, to those of other nodes. */
  readonly weight: number;
  readonly session: string;
  /** A node that is gone for so long has lost its calls, ms. */
  readonly lostAfter: number;
  readonly logger: Logger;
}

/** A media node as a P-CSCF sees it: whether it is there, how loaded it is, and the calls that it carries. */
export class MediaNode {
  readonly at: string;
  readonly #options: MediaNodeOptions;
  readonly #link: NodeLink;
  readonly #calls = new Map<string, CarriedCall>();
  /** Calls that were given to it since it told how many it has. */
  #given = 0;
  #told: NodeStatus | undefined;
  #gone: NodeJS.Timeout | undefined;

  constructor(options: MediaNodeOptions) {
    this.at = options.at;
    this.#options = options;
    this.#link = new NodeLink(options.at, options.session);
    this.#link.on('event', ({ call, event, told }) => this.#calls.get(call)?.told(event, told));
    this.#link.on('up', () => void this.#isBack());
    this.#link.on('down', () => this.#isGone());
  }

  /** How it is, as it told last; undefined: it does not answer. */
  get status(): NodeStatus | undefined {
    return this.#link.status;
  }

  /** Calls of this P-CSCF. */
  get size(): number {
    return this.#calls.size;
  }

  get takesCalls(): boolean {
    return this.status !== undefined && this.status.refusal === undefined;
  }

  /** Calls that it has by weight, those that it has not counted yet among them. */
  get load(): number {
    if (this.status !== this.#told) this.#given = 0;
    this.#told = this.status;
    return ((this.status?.calls ?? 0) + this.#given) / this.#options.weight;
  }

  add(call: CarriedCall): void {
    this.#given += 1;
    this.#calls.set(call.name, call);
  }

  /** Frees what the node holds of it, now or when it is there again; what became of its streams, as it tells. */
  async remove(call: CarriedCall): Promise<unknown> {
    if (this.#calls.get(call.name) === call) this.#calls.delete(call.name);
    return await this.#link.request('release', { call: call.name });
  }

  /** As NodeLink.request. */
  async request<N extends RequestName>(name: N, asked: z.infer<Requests[N]>): Promise<unknown> {
    return await this.#link.request(name, asked);
  }

  close(): void {
    clearTimeout(this.#gone);
    this.#link.close();
  }

  /** It may have been started anew, and what was asked while it was silent may have been done. */
  async #isBack(): Promise<void> {
    const { logger, at } = this.#options;
    clearTimeout(this.#gone);
    const ours = [...this.#calls.values()];
    try {
      const there = new Set((await this.#link.request('calls', {})) as string[]);
      for (const call of ours) if (!there.has(call.name)) this.#loses(call);
      for (const name of there) if (!this.#calls.has(name)) await this.#link.request('release', { call: name });
      logger.info({ node: at, calls: this.size }, 'a media node is there');
    } catch {
      // It is gone again.
    }
  }

  #isGone(): void {
    const { logger, at, lostAfter } = this.#options;
    logger.warn({ node: at, calls: this.size }, 'a media node does not answer: new calls go to others');
    clearTimeout(this.#gone);
    this.#gone = setTimeout(() => {
      for (const call of [...this.#calls.values()]) this.#loses(call);
    }, lostAfter);
  }

  #loses(call: CarriedCall): void {
    if (this.#calls.get(call.name) !== call) return;
    this.#calls.delete(call.name);
    call.lost();
  }
}
