/** What is wrong with a part of the edge. */
export interface Trouble {
  /** `drachtio`, `rtpengine`, `load`, … */
  readonly part: string;
  /** In words, for who runs the edge. */
  readonly reason: string;
  /** New calls and registrations are refused because of it. */
  readonly isBlocking: boolean;
}

/** Whether an edge should get new calls (I7), and what is wrong even where it should. */
export interface Readiness {
  readonly ready: boolean;
  readonly troubles: readonly Trouble[];
}

export function readinessOf(troubles: readonly Trouble[]): Readiness {
  return { ready: !troubles.some(({ isBlocking }) => isBlocking), troubles };
}
