import type { TransportAddress } from '../ice/transport-address';
import { formatCandidate, type Candidate } from '../sdp/candidate';
import { hostPort } from '../wire/sip-uri';
import type { CandidatePair } from './candidate-pair';
import type { Check, PairOutcome } from './check-list';
import type { Observer } from './ue-event';

/** What an observer is told of one stream's ICE. */
export class IceEvents {
  readonly #line: number;
  readonly #observer: Observer;
  #isClosed = false;

  constructor(line: number, observer: Observer) {
    this.#line = line;
    this.#observer = observer;
  }

  candidates(local: readonly Candidate[], remote: readonly Candidate[]): void {
    const texts = (all: readonly Candidate[]) => all.map((one) => formatCandidate(one).replace(/^a=/, ''));
    this.#tell({ event: 'candidates', line: this.#line, local: texts(local), remote: texts(remote) });
  }

  sent({ pair, attempt, nominating }: Check): void {
    this.#tell({ event: 'check-sent', ...this.#at(pair), attempt, nominating });
  }

  succeeded(pair: CandidatePair, rttMs: number): void {
    this.#tell({ event: 'check-succeeded', ...this.#at(pair), rttMs: Math.round(rttMs * 10) / 10 });
  }

  failed(pair: CandidatePair, reason: string): void {
    this.#tell({ event: 'check-failed', ...this.#at(pair), reason });
  }

  connected(pair: CandidatePair): void {
    this.#tell({ event: 'tcp-connected', ...this.#at(pair) });
  }

  lost(pair: CandidatePair): void {
    this.#tell({ event: 'connection-lost', ...this.#at(pair) });
  }

  /** @param udp what became of the UDP pairs */
  selected(pair: CandidatePair, udp: readonly PairOutcome[]): void {
    for (const { pair: tried, unanswered } of udp) {
      if (unanswered === 0) continue;
      this.#tell({ event: 'udp-unanswered', line: this.#line, remote: textOf(tried.remote), checks: unanswered });
    }
    this.#tell({ event: 'pair-selected', ...this.#at(pair), local: textOf(pair.local) });
  }

  /** Nothing is told any more. */
  close(): void {
    this.#isClosed = true;
  }

  #at(pair: CandidatePair) {
    return { line: this.#line, path: pair.path, remote: textOf(pair.remote) };
  }

  #tell(event: Parameters<Observer>[0]): void {
    if (!this.#isClosed) this.#observer(event);
  }
}

/** What became of a pair, as a part of a sentence. */
export function attemptText({ pair, state, reason, unanswered }: PairOutcome): string {
  const silence = unanswered > 0 ? `${unanswered} checks unanswered` : 'no answer';
  const outcome = { waiting: 'not tried', 'in-progress': silence, succeeded: 'valid', failed: reason ?? silence };
  return `${pair.path} to ${textOf(pair.remote)}: ${state === 'failed' && unanswered > 0 ? silence : outcome[state]}`;
}

function textOf({ address, port }: TransportAddress): string {
  return hostPort(address, port);
}
