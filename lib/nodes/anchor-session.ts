import { EdgeError } from '../errors';
import type { CallMedia, MediaAnchor } from '../media/media-anchor';
import { eventNames, type RequestName, type Requests, requests } from './protocol';
import type { z } from 'zod';
import type { Rpc } from './rpc';

/** Events that wait while there is no connection: what a call's end has to tell is kept by the call itself. */
const mostWaiting = 1000;

type Asked<N extends RequestName> = z.infer<Requests[N]>;

type Served = { [N in RequestName]: (asked: Asked<N>) => unknown };

/** The calls of one P-CSCF at this node: they outlast its connection. */
export class AnchorSession {
  readonly #anchor: MediaAnchor;
  readonly #mayOpen: () => string | undefined;
  readonly #calls = new Map<string, CallMedia>();
  readonly #lost = new Set<string>();
  #rpc: Rpc | undefined;
  #waiting: object[] = [];

  /** `mayOpen` says why no call can be opened now. */
  constructor(anchor: MediaAnchor, mayOpen: () => string | undefined) {
    this.#anchor = anchor;
    this.#mayOpen = mayOpen;
  }

  get size(): number {
    return this.#calls.size;
  }

  /** The P-CSCF is there, or there again. */
  attach(rpc: Rpc): void {
    this.#rpc = rpc;
    for (const [name, serve] of Object.entries(this.#served)) rpc.addMethod(name, (asked) => serve(asked as never));
    for (const told of this.#waiting.splice(0)) rpc.notify('event', told);
  }

  /** False: there is another connection already. */
  detach(rpc: Rpc): boolean {
    if (this.#rpc !== rpc) return false;
    this.#rpc = undefined;
    return true;
  }

  /** Never rejects. */
  async close(): Promise<void> {
    await Promise.all([...this.#calls.keys()].map((call) => this.#release(call)));
  }

  readonly #served = servedBy({
    calls: () => [...this.#calls.keys()].filter((call) => !this.#lost.has(call)),
    open: ({ call, ends }) => this.#open(call, ends),
    offer: ({ call, from, sdp }) => this.#media(call).offer(from, sdp),
    answer: ({ call, from, sdp }) => this.#media(call).answer(from, sdp),
    rollback: ({ call }) => this.#media(call).rollback(),
    restartIce: ({ call }) => this.#media(call).restartIce(),
    look: ({ call }) => this.#media(call).look(),
    release: ({ call }) => this.#release(call),
  });

  #media(call: string): CallMedia {
    const media = this.#calls.get(call);
    if (media) return media;
    throw new EdgeError('anchor-call-unknown', `The media node has no call ${call}.`);
  }

  #open(call: string, ends: Asked<'open'>['ends']): void {
    const refusal = this.#calls.has(call) ? 'it has a call of that name' : this.#mayOpen();
    if (refusal !== undefined) throw new EdgeError('anchor-unavailable', `The media node takes no call: ${refusal}.`);
    const media = this.#anchor.open(call, ends);
    this.#calls.set(call, media);
    for (const event of eventNames) media.on(event, (...told: unknown[]) => this.#tell({ call, event, told }));
    media.on('lost', () => this.#lost.add(call));
  }

  async #release(call: string): Promise<unknown> {
    const media = this.#calls.get(call);
    this.#calls.delete(call);
    this.#lost.delete(call);
    return (await media?.release()) ?? [];
  }

  #tell(told: object): void {
    if (this.#rpc) this.#rpc.notify('event', told);
    else if (this.#waiting.push(told) > mostWaiting) this.#waiting.shift();
  }
}

/** What is asked wrongly is refused before it is served. */
function servedBy(served: Served): Record<RequestName, (asked: unknown) => unknown> {
  const checked = <N extends RequestName>(name: N) => [
    name,
    (asked: unknown) => {
      const read = requests[name].safeParse(asked);
      if (!read.success) throw new EdgeError('node-request-invalid', `The request ${name} is not as it has to be.`);
      return served[name](read.data as Asked<N>);
    },
  ];
  return Object.fromEntries((Object.keys(requests) as RequestName[]).map(checked)) as never;
}
