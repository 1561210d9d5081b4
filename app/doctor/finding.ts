/** What one look found. */
export interface Finding {
  /** What was looked at. */
  what: string;
  /** `doubtful`: it works, and may not be what is wanted. */
  state: 'good' | 'doubtful' | 'bad';
  found: string;
  /** What it means for calls, and what to do; empty: nothing. */
  help: string;
}

export function good(what: string, found: string): Finding {
  return { what, state: 'good', found, help: '' };
}

export function doubtful(what: string, found: string, help: string): Finding {
  return { what, state: 'doubtful', found, help };
}

export function bad(what: string, found: string, help: string): Finding {
  return { what, state: 'bad', found, help };
}
