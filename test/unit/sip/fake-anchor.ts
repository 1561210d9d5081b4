import { EventEmitter } from 'node:events';
import { EdgeError } from '../../../lib/errors';
import type { AddressFamily } from '../../../lib/ip-address';
import type {
  CallMedia,
  CallMediaEvents,
  MediaAnchor,
  Side,
  StreamReport,
  SipEnds,
} from '../../../lib/media/media-anchor';

/** An anchor that marks each SDP with the way it took, and counts what it holds. */
export class FakeAnchor implements MediaAnchor {
  readonly asked: string[] = [];
  readonly holding = new Set<string>();
  /** All that were ever opened. */
  readonly calls = new Map<string, FakeCallMedia>();
  /** Of the last call. */
  ueAddress: string | undefined;
  owner: string | undefined;
  users: readonly string[] | undefined;
  coreFamily: AddressFamily | undefined;
  readonly releases = new Map<string, number>();
  /** What restarting ICE gives; undefined: there is nothing to restart. */
  restart: string | undefined;
  /** Thrown at the next offer or answer from this side. */
  #failures: { kind: string; from: Side; error: EdgeError }[] = [];
  #gate: Promise<void> = Promise.resolve();

  /** Holds offers and answers back until the returned function is called. */
  pause(): () => void {
    let resume: () => void = () => undefined;
    this.#gate = new Promise((resolve) => (resume = resolve));
    return resume;
  }

  failNext(kind: 'offer' | 'answer', from: Side, error: EdgeError): void {
    this.#failures.push({ kind, from, error });
  }

  open(call: string, ends?: SipEnds): FakeCallMedia {
    this.ueAddress = ends?.address;
    this.owner = ends?.owner;
    this.users = ends?.users;
    this.coreFamily = ends?.coreFamily;
    const media = new FakeCallMedia(this, call);
    this.calls.set(call, media);
    return media;
  }

  /** So many rollbacks fail. */
  failingRollbacks = 0;

  takeBack(): Promise<void> {
    this.asked.push('rollback');
    if (this.failingRollbacks === 0) return Promise.resolve();
    this.failingRollbacks -= 1;
    return Promise.reject(new EdgeError('anchor-unavailable', 'rtpengine does not answer.'));
  }

  async take(kind: string, call: string, from: Side, sdp: string): Promise<string> {
    this.asked.push(`${kind} ${from} ${sessionName(sdp)}`);
    await this.#gate;
    const index = this.#failures.findIndex((failure) => failure.kind === kind && failure.from === from);
    const [failure] = index < 0 ? [] : this.#failures.splice(index, 1);
    if (failure) throw failure.error;
    this.holding.add(call);
    return sdp.replace(/^s=.*$/m, `s=${sessionName(sdp)} anchored`);
  }
}

/** One call of it, whose commands run one after the other. */
export class FakeCallMedia extends EventEmitter<CallMediaEvents> implements CallMedia {
  readonly #anchor: FakeAnchor;
  readonly #name: string;
  #tail: Promise<unknown> = Promise.resolve();
  #isReleased = false;

  constructor(anchor: FakeAnchor, name: string) {
    super();
    this.#anchor = anchor;
    this.#name = name;
  }

  offer(from: Side, sdp: string): Promise<string> {
    return this.#run(() => this.#anchor.take('offer', this.#name, from, sdp));
  }

  answer(from: Side, sdp: string): Promise<string> {
    return this.#run(() => this.#anchor.take('answer', this.#name, from, sdp));
  }

  async rollback(): Promise<void> {
    if (this.#isReleased) return;
    await this.#run(() => this.#anchor.takeBack());
  }

  restartIce(): Promise<string | undefined> {
    return this.#run(() => {
      this.#anchor.asked.push('restart');
      return Promise.resolve(this.#anchor.restart);
    });
  }

  look(): Promise<StreamReport[]> {
    return Promise.resolve([]);
  }

  async release(): Promise<StreamReport[]> {
    this.#isReleased = true;
    await this.#tail;
    const { holding, releases } = this.#anchor;
    holding.delete(this.#name);
    releases.set(this.#name, (releases.get(this.#name) ?? 0) + 1);
    return [];
  }

  async #run<T>(command: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(() => {
      this.#mustBeHeld();
      return command();
    });
    this.#tail = result.catch(() => undefined);
    const outcome = await result;
    this.#mustBeHeld();
    return outcome;
  }

  #mustBeHeld(): void {
    if (this.#isReleased) throw new EdgeError('call-ended', 'The call has ended.');
  }
}

/** An SDP that is told by its session name. */
export function sdp(name: string): string {
  const lines = [
    'v=0',
    'o=- 1 1 IN IP4 192.0.2.9',
    `s=${name}`,
    'c=IN IP4 192.0.2.9',
    't=0 0',
    'm=audio 4000 RTP/AVP 0',
  ];
  return `${lines.join('\r\n')}\r\n`;
}

export function sessionName(text: string): string {
  return /^s=(.*?)\r?$/m.exec(text)?.[1] ?? '';
}
