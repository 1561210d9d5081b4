import { readFileSync } from 'node:fs';

/**
 * Prints how a bench is used and says true, where --help or -h is among the arguments. The comment at the head of the
 * program is that text, so that it is written once.
 */
export function toldUsage(program: string, given: readonly string[] = process.argv.slice(2)): boolean {
  if (!given.some((argument) => argument === '--help' || argument === '-h')) return false;
  const comment = /\/\*\*\n(.*?)\n \*\//s.exec(readFileSync(program, 'utf8'))?.[1] ?? '';
  process.stdout.write(`${comment.replace(/^ \*(?: |$)/gm, '')}\n`);
  return true;
}

/**
 * Runs a bench. It ends with 2 where the options are wrong, 1 where it could not be measured, and what it opened is
 * closed when it is interrupted.
 */
export function runBench(program: string, main: () => Promise<void>): void {
  if (toldUsage(program)) return;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  main().catch((error: unknown) => {
    const isUsage = error instanceof RangeError || (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS');
    process.stderr.write(`${isUsage ? (error as Error).message : String((error as Error).stack)}\n`);
    process.exitCode = isUsage ? 2 : 1;
  });
}

/** Of an option. Throws a RangeError. */
export function wholeNumber(name: string, text: string, least = 1): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least) return value;
  throw new RangeError(`--${name} is a whole number, ${least} or more.`);
}

/** Progress, for those who wait. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** What came of it: for people, and where it is wanted as one object in the last line. */
export function tellResult(report: string, result: object, json: boolean): void {
  process.stdout.write(`${report}\n`);
  if (json) process.stdout.write(`${JSON.stringify(result)}\n`);
}
