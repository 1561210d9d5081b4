import fc from 'fast-check';
import type { FuzzRun, FuzzTarget } from './target';

/** How often each outcome came. */
export type Tally = Map<string, number>;

/** The shortest input that was found to fail, and why. */
export class FuzzFailure extends Error {
  constructor(
    readonly target: string,
    readonly input: Buffer,
    readonly seed: number,
    cause: unknown,
  ) {
    super(`${target}, seed ${seed}: --input ${input.toString('base64')}`, { cause });
  }
}

/**
 * Feeds this many inputs, always the same for a seed, and counts the outcomes.
 * @throws FuzzFailure on the first that fails
 */
export async function feedMany(
  { name, inputs, isLate = false }: FuzzTarget,
  run: FuzzRun,
  { cases, seed, tally }: { cases: number; seed: number; tally: Tally },
): Promise<void> {
  const property = fc.asyncProperty(inputs, async (input) => {
    const outcome = await run.feed(input);
    tally.set(outcome, (tally.get(outcome) ?? 0) + 1);
  });
  const { failed, counterexample, errorInstance } = await fc.check(property, {
    numRuns: cases,
    seed,
    endOnFailure: isLate,
  });
  if (failed) throw new FuzzFailure(name, counterexample?.[0] ?? Buffer.alloc(0), seed, errorInstance);
}
