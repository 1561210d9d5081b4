import type { Evidence } from './evidence';

/** How a call is with its media, in a sentence for who runs the edge. */
export interface Verdict {
  id: string;
  /** `good`: media flowed both ways; `waiting`: it is too early to say; `bad`: what is said keeps media away. */
  is: 'good' | 'waiting' | 'bad';
  text: string;
  /** What helps; empty: nothing is wrong, or nothing helps here. */
  help: string;
}

/** One row: the first whose `when` is true for a call is its verdict. */
export interface VerdictRow extends Pick<Verdict, 'id' | 'is' | 'help'> {
  /** In words, what it takes; for the documentation. */
  evidence: string;
  when: (evidence: Evidence) => boolean;
  text: (evidence: Evidence) => string;
}
