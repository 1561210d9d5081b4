import { EventEmitter } from 'node:events';
import type { EdgeError } from '../../../lib/errors';
import type { AddressFamily } from '../../../lib/ip-address';
import type { MediaAnchor, MediaAnchorEvents, Side, StreamReport, SipEnds } from '../../../lib/media/media-anchor';

/** An anchor that marks each SDP with the way it took, and counts what it holds. */
export class FakeAnchor extends EventEmitter<MediaAnchorEvents> implements MediaAnchor {
  readonly asked: string[] = [];
  readonly holding = new Set<string>();
  /** Of the last offer. */
  ueAddress: string | undefined;
  owner: string | undefined;
  coreFamily: AddressFamily | undefined;
  readonly releases = new Map<string, number>();
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

  offer(call: string, from: Side, sdp: string, ends?: SipEnds): Promise<string> {
    this.ueAddress = ends?.address;
    this.owner = ends?.owner;
    this.coreFamily = ends?.coreFamily;
    return this.#take('offer', call, from, sdp);
  }

  answer(call: string, from: Side, sdp: string): Promise<string> {
    return this.#take('answer', call, from, sdp);
  }

  rollback(): Promise<void> {
    this.asked.push('rollback');
    return Promise.resolve();
  }

  /** Undefined: there is nothing to restart. */
  restart: string | undefined;

  restartIce(): Promise<string | undefined> {
    this.asked.push('restart');
    return Promise.resolve(this.restart);
  }

  release(call: string): Promise<StreamReport[]> {
    this.holding.delete(call);
    this.releases.set(call, (this.releases.get(call) ?? 0) + 1);
    return Promise.resolve([]);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #take(kind: string, call: string, from: Side, sdp: string): Promise<string> {
    this.asked.push(`${kind} ${from} ${sessionName(sdp)}`);
    await this.#gate;
    const index = this.#failures.findIndex((failure) => failure.kind === kind && failure.from === from);
    const [failure] = index < 0 ? [] : this.#failures.splice(index, 1);
    if (failure) throw failure.error;
    this.holding.add(call);
    return sdp.replace(/^s=.*$/m, `s=${sessionName(sdp)} anchored`);
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
