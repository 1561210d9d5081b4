import { splitOutsideQuotes } from '../wire/sip-uri';

/** The values of a list header such as Path or P-Associated-URI, as written. */
export function listOf(header: string | undefined): string[] {
  return splitOutsideQuotes(header ?? '', ',');
}
