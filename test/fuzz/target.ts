import type fc from 'fast-check';

/** One of the places where bytes of strangers are read. */
export interface FuzzTarget {
  name: string;
  /** What is fed to it: random, cut off, and mutated from genuine ones. */
  inputs: fc.Arbitrary<Buffer>;
  /** Inputs between two lines of progress; default 1000. */
  batch?: number;
  start(): Promise<FuzzRun>;
}

export interface FuzzRun {
  /** What became of the input, in a word or two; throws if it is none of what may become of it. */
  feed(input: Buffer): string | Promise<string>;
  /** Closes all that was opened; throws if something is left, or no longer does its work. */
  end(): Promise<void>;
}

/** Throws what a run reports. */
export function must(condition: boolean, broken: string): asserts condition {
  if (!condition) throw new Error(broken);
}
