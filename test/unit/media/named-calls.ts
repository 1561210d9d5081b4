import { EventEmitter } from 'node:events';
import type { LocalMediaAnchor } from '../../../lib/media/local-media-anchor';
import type {
  CallMedia,
  RestartCause,
  SelectedPath,
  Side,
  SipEnds,
  StreamReport,
} from '../../../lib/media/media-anchor';

interface NamedEvents {
  selected: [SelectedPath];
  'connection-lost': [SelectedPath];
  'media-lost': [SelectedPath];
  'restart-due': [call: string, cause: RestartCause];
  'call-lost': [call: string];
}

/**
 * The calls of an anchor by their names: each is opened by its first offer, released if that is refused, and what all of
 * them tell is told here.
 */
export class NamedCalls extends EventEmitter<NamedEvents> {
  readonly #anchor: LocalMediaAnchor;
  readonly #open = new Map<string, CallMedia>();

  constructor(anchor: LocalMediaAnchor) {
    super();
    this.#anchor = anchor;
  }

  get calls(): number {
    return this.#anchor.calls;
  }

  async offer(name: string, from: Side, sdp: string, ends?: SipEnds): Promise<string> {
    const known = this.#open.get(name);
    if (known !== undefined) return known.offer(from, sdp);
    const call = this.#anchor.open(name, ends);
    this.#follow(name, call);
    this.#open.set(name, call);
    try {
      return await call.offer(from, sdp);
    } catch (error) {
      await this.release(name);
      throw error;
    }
  }

  answer(name: string, from: Side, sdp: string): Promise<string> {
    return this.#call(name).answer(from, sdp);
  }

  async rollback(name: string): Promise<void> {
    await this.#open.get(name)?.rollback();
  }

  restartIce(name: string): Promise<string | undefined> {
    return this.#call(name).restartIce();
  }

  async release(name: string): Promise<readonly StreamReport[]> {
    const call = this.#open.get(name);
    const reports = await call?.release();
    if (this.#open.get(name) === call) this.#open.delete(name);
    return reports ?? [];
  }

  async close(): Promise<void> {
    await this.#anchor.close();
  }

  #call(name: string): CallMedia {
    const call = this.#open.get(name);
    if (call === undefined) throw new Error(`The call ${name} is not open.`);
    return call;
  }

  #follow(name: string, call: CallMedia): void {
    for (const event of ['selected', 'connection-lost', 'media-lost'] as const)
      call.on(event, (path) => this.emit(event, path));
    call.on('restart-due', (cause) => this.emit('restart-due', name, cause));
    call.on('lost', () => this.emit('call-lost', name));
  }
}
