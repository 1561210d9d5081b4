/** The object that a line of output is in JSON; undefined for any other line. */
export function parseObject(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    // A line that only looks like JSON is output like any other.
    return undefined;
  }
}
