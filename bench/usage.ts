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
