/** What an attacker has, and whom it attacks. */
export interface Target {
  /** The edge's address toward UEs. */
  edge: string;
  /** Addresses that the attacker may come from. */
  sources: readonly string[];
  /** Aborted when the attack is over. */
  stop: AbortSignal;
  /** Is told of each thing that is tried. */
  tried: () => void;
  /** Counts what became of one thing that was tried. */
  count: (what: string) => void;
}

export interface Attack {
  /** Where it comes from: many addresses of its own, or that of the good UEs, as behind one NAT. */
  from: 'strangers' | 'ue';
  /** Attacks until it is told to stop. */
  run(target: Target): Promise<void>;
}

export const ports = { media: 80, sip: 5060, tls: 5061 } as const;

/** The sources in turn, each as often as any other. */
export function inTurn(sources: readonly string[]): () => string {
  let next = 0;
  return () => sources[next++ % sources.length] ?? '';
}
