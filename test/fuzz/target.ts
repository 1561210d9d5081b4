import type fc from 'fast-check';

/** One of the places where bytes of strangers are read. */
export interface FuzzTarget {
  name: string;
  /** What is fed to it: random, cut off, and mutated from genuine ones. */
  inputs: fc.Arbitrary<Buffer>;
  /** Inputs between two lines of progress; default 1000. */
  batch?: number;
  /** What an input brings about may show with a later one: no shorter one is looked for. */
  isLate?: boolean;
  /** Bytes that tables with a bound keep of each input until they are full; default 0. */
  kept?: number;
  start(): Promise<FuzzRun>;
}

export interface FuzzRun {
  /** What became of the input, in a word or two; throws if it is none of what may become of it. */
  feed(input: Buffer): string | Promise<string>;
  /** Waits for what inputs bring about only after a while; throws as `feed` does. Unset: there is no such thing. */
  aftermath?(): Promise<void>;
  /** Closes all that was opened; throws if something is left, or no longer does its work. */
  end(): Promise<void>;
}

/** Throws what a run reports. */
export function must(condition: boolean, broken: string): asserts condition {
  if (!condition) throw new Error(broken);
}
